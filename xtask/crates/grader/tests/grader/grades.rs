//! Verdicts and points.

use serde_json::{Value, json};

use crate::kit::{Class, exercise, has_sandbox, prints};

/// Names, whether they passed, and points.
fn tests(exercise: &Value) -> Vec<(String, bool, f64)> {
    let of = |test: &Value| {
        let name = test["name"].as_str().expect("a name").to_owned();
        let passed = test["passed"].as_bool().expect("passed");
        (name, passed, test["points"].as_f64().expect("points"))
    };
    exercise["tests"].as_array().expect("tests").iter().map(of).collect()
}

fn message<'a>(exercise: &'a Value, test: &str) -> &'a str {
    let all = exercise["tests"].as_array().expect("tests");
    let test = all.iter().find(|of| of["name"] == test).expect("the test");
    test["message"].as_str().expect("a message")
}

#[test]
fn each_way_to_fail_has_its_verdict_and_its_points() {
    if !has_sandbox() {
        return;
    }
    let all = "one two three four";
    let main = |body: &str| format!("use std::io::Write;\nfn main() {{ {body} }}\n");
    let at_two = |body: &str| {
        main(&format!(
            "if std::env::args().nth(1).unwrap() == \"two\" {{ {body} }} print!(\"{all}\"); \
             std::io::stdout().flush().unwrap();"
        ))
    };
    let commands = "compile_error!(\"\\u{9b}31m \\x1b[2J\\r\"); fn main() {}";
    let programs = [
        ("right", prints(all), "pass", 3.5),
        ("half", prints("one three"), "fail", 1.5),
        ("none", prints(""), "fail", 0.0),
        ("compiles-not", "fn main() { let x: u32 = \"\"; }".to_owned(), "compile-error", 0.0),
        ("commands", commands.to_owned(), "compile-error", 0.0),
        ("no-main", "fn other() {}".to_owned(), "compile-error", 0.0),
        (
            "sleeps",
            at_two("std::thread::sleep(std::time::Duration::from_secs(60))"),
            "time-limit",
            1.5,
        ),
        ("spins", at_two("loop { std::hint::spin_loop() }"), "time-limit", 1.5),
        ("panics", at_two("panic!()"), "crashed", 1.5),
        ("aborts", at_two("std::process::abort()"), "crashed", 1.5),
        ("floods", at_two("loop { println!(\"{:1000}\", 1) }"), "output-limit", 1.5),
        (
            "grows",
            at_two("let mut v = Vec::new(); loop { v.push(vec![1u8; 1 << 20]) }"),
            "memory-limit",
            1.5,
        ),
        (
            "waits",
            at_two(
                "let (r, w) = std::io::pipe().unwrap(); std::io::Read::read(&mut &r, &mut [0]).unwrap(); drop(w)",
            ),
            "deadlock",
            1.5,
        ),
    ];
    let class = Class::new();
    for (student, source, ..) in &programs {
        class.hand_in(student, "01", source);
    }
    class.grade("out").ends(0);
    let results = class.results("out");
    for (student, _, verdict, points) in &programs {
        let exercise = exercise(&results, student, "ex-01");
        assert_eq!(exercise["verdict"], *verdict, "{student}: {exercise:#}");
        assert_eq!(exercise["points"], *points, "{student}: {exercise:#}");
        assert_eq!(exercise["max_points"], 3.5);
    }
    for student in results["submissions"].as_array().expect("submissions") {
        let id = student["student"].as_str().expect("a name");
        assert_eq!(exercise(&results, id, "ex-02")["verdict"], "missing");
        assert_eq!(student["max_score"], 8.0);
    }
    its_words(&results);
}

/// What students are told: no time, and nothing for a terminal to obey.
fn its_words(results: &Value) {
    let half = exercise(results, "half", "ex-01");
    let expected = [("one", true, 1.0), ("two", false, 0.0), ("three", true, 0.5)];
    assert_eq!(tests(half), expected.map(|(name, passed, points)| (name.into(), passed, points)));
    let expected = "expected: the word two\ncame: onethree\\u{1b}[2J moved\n    - two\n    + other\n\
                    means: its meaning\nby hand: by hand";
    assert_eq!(message(half, "two"), expected, "no time, and nothing for a terminal to obey");
    let none = exercise(results, "none", "ex-01");
    assert_eq!(message(none, "two"), "not tried: it says nothing before `one` passes");
    // The words of the macro are the student's.
    let said = exercise(results, "commands", "ex-01")["message"].as_str().expect("words");
    assert!(said.contains("31m") && !said.contains(['\x1b', '\u{9b}', '\r']), "{said:?}");
    let said = exercise(results, "compiles-not", "ex-01")["message"].as_str().expect("words");
    assert!(said.contains("mismatched types") && said.contains("src/main.rs:1"), "{said}");
}

#[test]
fn a_slow_test_costs_no_other_and_three_end_it() {
    if !has_sandbox() {
        return;
    }
    let class = Class::new();
    let spins = "fn main() { loop { std::hint::spin_loop() } }";
    class.hand_in("spins", "01", spins);
    // `two` and `four` need `one`, so the fourth test would be the third that is slow.
    let but_one = "fn main() { if std::env::args().nth(1).unwrap() == \"one\" { print!(\"one\") } \
                   else { loop { std::hint::spin_loop() } } }";
    class.hand_in("spins", "02", but_one);
    class.grade("out").ends(0);
    let results = class.results("out");
    let first = exercise(&results, "spins", "ex-01");
    assert!(message(first, "three").contains("expected: the word three"), "{first:#}");
    assert_eq!(first["verdict"], "time-limit");
    let second = exercise(&results, "spins", "ex-02");
    assert_eq!(second["points"], 1.0, "{second:#}");
}

#[test]
fn a_hidden_test_counts_and_says_nothing_of_itself() {
    if !has_sandbox() {
        return;
    }
    let class = Class::new();
    class.hand_in("knows", "02", &prints("one two three four"));
    class.hand_in("guesses", "02", &prints("one two three"));
    class.hand_in("fails", "02", &prints("two three four"));
    class.grade("out").ends(0);
    let results = class.results("out");
    let hidden = |student: &str| {
        let exercise = exercise(&results, student, "ex-02");
        exercise["tests"].as_array().expect("tests").last().expect("a test").clone()
    };
    let words = "a hidden test: what it tries is not told";
    let expected = |passed: bool, points: f64, message: &str| {
        json!({"name": "four", "passed": passed, "points": points, "max_points": 1.0,
               "message": message, "hidden": true})
    };
    assert_eq!(hidden("knows"), expected(true, 1.0, words));
    assert_eq!(hidden("guesses"), expected(false, 0.0, words));
    let why = "not tried: it says nothing before `one` passes";
    assert_eq!(hidden("fails"), expected(false, 0.0, why));
    assert_eq!(exercise(&results, "knows", "ex-02")["points"], 4.5);
    assert_eq!(exercise(&results, "guesses", "ex-02")["verdict"], "fail");
    for (path, text) in crate::kit::files(&class.out("out")) {
        let text = String::from_utf8_lossy(&text);
        assert!(!text.contains("the word four"), "{}", path.display());
    }
}

#[test]
fn what_is_refused_is_zero_and_what_nobody_knows_is_not() {
    if !has_sandbox() {
        return;
    }
    let class = Class::of(1);
    class.write("broken.zip", "no archive");
    class.right("twice", 2);
    class.write("twice.zip", "");
    std::fs::create_dir(class.submissions().join("x".repeat(250))).expect("make a folder");
    let graded = class.grade("out").ends(1);
    let results = class.results("out");
    let of = |student: &str| {
        let exercise = exercise(&results, student, "ex-01");
        (exercise["verdict"].as_str().expect("a verdict").to_owned(), exercise["points"].clone())
    };
    assert_eq!(of("student-001"), ("pass".to_owned(), json!(3.5)));
    assert_eq!(of("broken"), ("refused".to_owned(), json!(0.0)));
    assert_eq!(of("twice"), ("ungraded".to_owned(), Value::Null));
    assert_eq!(of(&"x".repeat(250)), ("missing".to_owned(), json!(0.0)));
    assert!(graded.stdout.contains("1 not graded"), "{}", graded.stdout);
    assert!(graded.stdout.lines().all(|line| line.chars().count() <= 80 || line.contains('/')));
}
