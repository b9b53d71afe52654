//! The grader itself fails: nobody gets a zero for that, or full marks.

use crate::kit::{Class, Counting, exercise, has_sandbox, own_course, prints, run};
use crate::reports::check_format;
use crate::stops::temporary;

#[test]
fn a_sandbox_that_breaks_in_the_middle_leaves_the_rest_ungraded() {
    if !has_sandbox() {
        return;
    }
    let class = Class::of(3);
    // The sandbox itself, and the first exercise of the first student: a compiler and three tests.
    let breaks = Counting::new("[ $n -lt 5 ] || { echo no more >&2; exit 1; }");
    let mut command = class.command("out");
    breaks.before(&mut command).args(["--jobs", "1"]);
    let graded = run(command).ends(1);
    let results = class.results("out");
    check_format(&results);
    assert_eq!(exercise(&results, "student-001", "ex-01")["verdict"], "pass");
    for (student, id) in
        [("student-001", "ex-02"), ("student-002", "ex-01"), ("student-003", "ex-02")]
    {
        let exercise = exercise(&results, student, id);
        assert_eq!(exercise["verdict"], "ungraded");
        assert!(exercise["points"].is_null() && exercise["tests"] == serde_json::json!([]));
        assert!(exercise["message"].as_str().is_some_and(|why| why.contains("no more")));
    }
    let csv = std::fs::read_to_string(class.out("out/grades.csv")).expect("read it");
    assert!(csv.contains("student-001,,8,3.5,\n") && csv.contains("student-002,,8,,\n"), "{csv}");
    assert!(graded.stdout.contains("1 of 2 pass, 1 ungraded\n"), "{}", graded.stdout);
    // Each of five exercises was tried twice, and came no further than its compiler.
    assert_eq!(breaks.count(), 5 + 5 * 2);

    // The same command tries it again.
    class.grade("out").ends(0);
    let results = class.results("out");
    assert!(results["submissions"].as_array().expect("all").iter().all(|of| of["score"] == 8.0));
}

#[test]
fn what_fails_once_is_tried_again() {
    if !has_sandbox() {
        return;
    }
    let class = Class::new();
    class.hand_in("ann", "01", &prints("one two three"));
    // The second test of the only exercise.
    let breaks = Counting::new("[ $n -ne 3 ] || exit 1;");
    let mut command = class.command("out");
    breaks.before(&mut command).args(["--jobs", "1"]);
    run(command).ends(0);
    assert_eq!(exercise(&class.results("out"), "ann", "ex-01")["points"], 3.5);
    // The sandbox; compiler, one, two; and all of it again.
    assert_eq!(breaks.count(), 1 + 3 + 4);
}

#[test]
fn tests_that_do_not_compile_are_said_before_anything_is_graded() {
    if !has_sandbox() {
        return;
    }
    let course = own_course();
    course.write("exercises/ex-02-words/tests/main.rs", "fn main() { let x: u32 = \"\"; }");
    let class = Class::of(1);
    let mut command = class.command_in(course.root(), "out");
    command.env("TMPDIR", temporary(&class));
    let said = run(command).ends(125).stderr;
    assert!(said.contains("no program ex-02-tests") && said.contains("mismatched types"), "{said}");
    let left = std::fs::read_dir(temporary(&class)).expect("list").count();
    assert_eq!(left, 0, "nothing is left of the sandbox");
}

#[test]
fn a_test_that_is_itself_wrong_is_nobodys_zero() {
    if !has_sandbox() {
        return;
    }
    let class = Class::new();
    class.hand_in("visible", "02", &prints("one break-two"));
    class.hand_in("hidden", "02", &prints("one two three break-four"));
    class.grade("out").ends(1);
    let results = class.results("out");
    for student in ["visible", "hidden"] {
        let exercise = exercise(&results, student, "ex-02");
        assert_eq!(exercise["verdict"], "ungraded", "{exercise:#}");
    }
    let why = exercise(&results, "visible", "ex-02")["message"].as_str().expect("a reason");
    assert!(why.contains("`two`") && why.contains("the test is broken"), "{why}");
    let why = exercise(&results, "hidden", "ex-02")["message"].as_str().expect("a reason");
    assert!(why.contains("`four`") && !why.contains("the test is broken"), "{why}");
}
