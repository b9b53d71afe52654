//! What is written: results.json to the letter, the CSV, and the same bytes each time.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use serde_json::Value;

use crate::kit::{Class, Counting, exercise, has_sandbox, prints, run, same_files};

#[track_caller]
fn keys(value: &Value, expected: &[&str]) {
    let object = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
    let keys: BTreeSet<&str> = object.keys().map(String::as_str).collect();
    assert_eq!(keys, expected.iter().copied().collect(), "{value:#}");
}

const VERDICTS: [&str; 11] = [
    "pass",
    "fail",
    "compile-error",
    "deadlock",
    "time-limit",
    "memory-limit",
    "output-limit",
    "crashed",
    "missing",
    "refused",
    "ungraded",
];

/// All keys and types of the format, and that what is added up is the sum.
#[track_caller]
pub fn check_format(results: &Value) {
    keys(results, &["format", "environment", "submissions"]);
    assert_eq!(results["format"], "pipeworks-grade/1");
    let environment = &results["environment"];
    keys(environment, &["toolchain", "kernel", "seed", "sandbox"]);
    assert!(environment["toolchain"].as_str().is_some_and(|text| text.starts_with("rustc 1.")));
    assert!(environment["kernel"].as_str().is_some_and(|text| text.contains('.')));
    assert!(environment["seed"].is_u64());
    keys(&environment["sandbox"], &["level", "missing"]);
    let level = environment["sandbox"]["level"].as_str().expect("a level");
    assert!(["full", "degraded", "none"].contains(&level));
    let missing = environment["sandbox"]["missing"].as_array().expect("what is missing");
    assert_eq!(missing.is_empty(), level == "full");
    let number = |value: &Value| value.as_f64().expect("a number");
    for submission in results["submissions"].as_array().expect("submissions") {
        keys(submission, &["student", "score", "max_score", "exercises", "refused", "remarks"]);
        assert!(submission["student"].is_string());
        let mut points = Some(0.0);
        let mut max_points = 0.0;
        for exercise in submission["exercises"].as_array().expect("exercises") {
            keys(exercise, &["id", "verdict", "points", "max_points", "message", "tests"]);
            assert!(exercise["id"].is_string() && exercise["message"].is_string());
            let verdict = exercise["verdict"].as_str().expect("a verdict");
            assert!(VERDICTS.contains(&verdict), "{verdict}");
            assert_eq!(exercise["points"].is_null(), verdict == "ungraded");
            points = points.zip(exercise["points"].as_f64()).map(|(sum, more)| sum + more);
            max_points += number(&exercise["max_points"]);
            let tests = exercise["tests"].as_array().expect("tests");
            let sum: f64 = tests.iter().map(|test| number(&test["points"])).sum();
            assert_eq!(sum, exercise["points"].as_f64().unwrap_or(0.0));
            for test in tests {
                keys(test, &["name", "passed", "points", "max_points", "message", "hidden"]);
                assert!(test["name"].is_string() && test["message"].is_string());
                let passed = test["passed"].as_bool().expect("passed");
                let expected = if passed { number(&test["max_points"]) } else { 0.0 };
                assert_eq!(number(&test["points"]), expected);
            }
            let all_passed = tests.iter().all(|test| test["passed"] == true);
            assert_eq!(verdict == "pass", all_passed && !tests.is_empty());
        }
        assert_eq!(submission["score"].as_f64(), points);
        assert_eq!(number(&submission["max_score"]), max_points);
        for refused in submission["refused"].as_array().expect("what is refused") {
            keys(refused, &["path", "why"]);
            assert!(refused["path"].is_string() && refused["why"].is_string());
        }
        let remarks = submission["remarks"].as_array().expect("remarks");
        assert!(remarks.iter().all(Value::is_string));
    }
}

/// Students of all kinds.
fn mixed() -> Class {
    let class = Class::of(2);
    class.hand_in("half", "01", &prints("one three"));
    class.hand_in("half", "02", "fn main() {");
    class.hand_in("=1+1", "01", &prints("one"));
    class.hand_in("a, \"b\"", "01", &prints("one two three"));
    class.hand_in("refuses", "02", &prints("one"));
    class.write("refuses/exercises/ex-02-words/src/data.txt", "x");
    class.write("refuses/exercises/ex-01-words", "a file");
    class.write("broken.zip", "none");
    let odd = std::ffi::OsStr::from_bytes(b"odd\x1b[2J\xff");
    fs::create_dir(class.submissions().join(odd)).expect("make a folder");
    class
}

#[test]
fn what_is_written_is_the_format_and_the_same_each_time() {
    if !has_sandbox() {
        return;
    }
    let class = mixed();
    let counting = Counting::new("");
    let mut command = class.command("out");
    counting.before(&mut command);
    let graded = run(command).ends(0);
    let first = counting.count();
    check_format(&class.results("out"));
    let text = fs::read_to_string(class.out("out/results.json")).expect("read it");
    let csv = fs::read_to_string(class.out("out/grades.csv")).expect("read it");
    let all = [&graded.stdout, &graded.stderr, &text, &csv];
    assert!(all.iter().all(|text| !text.contains('\x1b')), "nothing for a terminal to obey");
    assert!(all.iter().all(|text| text.contains("odd%1B[2J%FF")));
    let expected = "student,score,max_score,ex-01,ex-02\n\
        '=1+1,1,8,1,0\n\
        \"a, \"\"b\"\"\",3.5,8,3.5,0\n\
        broken,0,8,0,0\n\
        half,1.5,8,1.5,0\n\
        odd%1B[2J%FF,0,8,0,0\n\
        refuses,1,8,0,1\n\
        student-001,8,8,3.5,4.5\n\
        student-002,8,8,3.5,4.5\n";
    assert_eq!(csv, expected);
    let table = graded.stdout.lines().find(|line| line.starts_with("refuses"));
    let expected = "refuses           1 of 8      0 of 2 pass, 2 refused";
    assert_eq!(table, Some(expected), "{}", graded.stdout);

    // Once more, elsewhere: the same bytes. Once more, in the same place: nothing is started but
    // what finds out how good the sandbox is.
    class.grade("other").ends(0);
    same_files(&class.out("out"), &class.out("other"));
    let mut command = class.command("out");
    counting.before(&mut command);
    run(command).ends(0);
    let again = counting.count() - first;
    assert_eq!(again, 1, "{again} boxes for what is known, {first} in the first run");
    assert!(first > 10, "{first}");
    same_files(&class.out("out"), &class.out("other"));
}

#[test]
fn whoever_hands_in_the_same_is_graded_once() {
    if !has_sandbox() {
        return;
    }
    let class = Class::new();
    for student in ["ann", "bob", "carl"] {
        class.hand_in(student, "01", &prints("one two three"));
    }
    let counting = Counting::new("");
    let mut command = class.command("out");
    counting.before(&mut command).args(["--jobs", "1"]);
    run(command).ends(0);
    // The sandbox itself, the compiler, three tests.
    assert_eq!(counting.count(), 5);
    let results = class.results("out");
    for student in ["ann", "bob", "carl"] {
        assert_eq!(exercise(&results, student, "ex-01")["verdict"], "pass");
    }
    // Other sources are another grade, and who is gone is not in the report any more.
    class.hand_in("bob", "01", &prints("one"));
    fs::remove_dir_all(class.submissions().join("carl")).expect("remove a submission");
    let said = class.grade("out").ends(0).stdout;
    assert!(said.contains("1 of an earlier run"), "{said}");
    let results = class.results("out");
    assert_eq!(exercise(&results, "ann", "ex-01")["verdict"], "pass");
    assert_eq!(exercise(&results, "bob", "ex-01")["points"], 1.0);
    let left = fs::read_dir(class.out("out/submissions")).expect("list").count();
    assert_eq!(left, 2);
}
