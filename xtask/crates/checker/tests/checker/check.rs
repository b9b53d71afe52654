//! What a student sees.

use std::process::Stdio;

use course::progress::{self, Progress};
use course::{Course, State};
use fixture::Fixture;

use crate::course::{command, course, exercise, prints, run, stdout, write};

fn state(course: &Fixture) -> State {
    let all = Course::read(course.root().to_owned()).expect("read the course");
    let entry = all.exercise("ex-01").expect("the exercise");
    progress::state(course.root(), entry, &Progress::read(course.root()))
}

#[test]
fn what_passes_is_done_until_it_changes() {
    let course = course();
    assert_eq!(state(&course), State::NeverTried);
    run(&course, &["--", "1"]).code(1);
    assert_eq!(state(&course), State::Open);
    write(&course, &prints("one two"));
    let said = stdout(&run(&course, &["--", "1"]).success());
    assert!(said.contains("It passes"), "{said}");
    assert!(said.contains("cargo xtask solution ex-01"), "{said}");
    assert_eq!(state(&course), State::Done);
    write(&course, &prints("one two three"));
    assert_eq!(state(&course), State::Open);
}

#[test]
fn a_failure_says_everything_in_its_order() {
    let course = course();
    let said = stdout(&run(&course, &["--seed", "17", "--", "1"]).code(1));
    let mut rest = said.as_str();
    for wanted in [
        "ex-01 concept-01: Exercise 01",
        "FAILED  it prints one",
        "expected  the word one",
        "came      no one",
        "          - one",
        "          + other",
        "means     what it means",
        "by hand   by hand",
        "hint      cargo xtask hint ex-01",
        "program   exercises/ex-01-concept/src/main.rs",
        "again     cargo xtask check ex-01 --seed 17",
        "at saves  cargo xtask watch ex-01",
    ] {
        let Some((_, after)) = rest.split_once(wanted) else {
            panic!("`{wanted}` does not come in its place:\n{said}");
        };
        rest = after;
    }
}

#[test]
fn what_needs_a_failed_test_is_not_run() {
    let course = course();
    write(&course, &prints("two"));
    let said = stdout(&run(&course, &["--", "1"]).code(1));
    assert!(said.contains("FAILED  it prints one"), "{said}");
    assert!(said.contains("later   it prints two"), "{said}");
}

#[test]
fn a_broken_test_is_not_the_students_fault() {
    let course = course();
    write(&course, &prints("one break-two"));
    let said = stdout(&run(&course, &["--", "1"]).code(1));
    assert!(said.contains("ERROR   it prints two"), "{said}");
    assert!(said.contains("the test itself failed, not your program"), "{said}");
    assert!(said.contains("the test is broken"), "{said}");
    assert_eq!(state(&course), State::Open);
}

#[test]
fn the_compilers_words_come_as_they_are() {
    let course = course();
    write(&course, "fn main() { let x: u8 = \"text\"; }\n");
    let said = stdout(&run(&course, &["--", "1"]).code(1));
    assert!(said.contains("error[E0308]: mismatched types"), "{said}");
    assert!(said.contains("exercises/ex-01-concept/src/main.rs:1"), "{said}");
    let then = "ex-01 does not compile: see above.\nagain     cargo xtask check ex-01\n";
    assert!(said.contains(then), "{said}");
}

#[test]
fn a_warning_is_shown_and_not_failed() {
    let course = course();
    write(&course, "fn main() { let unused = 1; print!(\"one two\"); }\n");
    let said = stdout(&run(&course, &["--", "1"]).success());
    assert!(said.contains("warning: unused variable"), "{said}");
    assert!(said.contains("It passes"), "{said}");
}

#[test]
fn one_that_does_not_compile_keeps_no_other_from_its_check() {
    let course = course();
    exercise(&course, 2);
    write(&course, "fn main() {\n");
    course.write("exercises/ex-02-concept/src/main.rs", &prints("one two"));
    let said = stdout(&run(&course, &["--"]).code(1));
    assert!(said.contains("ex-01 concept-01 FAILED   0/2  does not compile"), "{said}");
    assert!(said.contains("ex-02 concept-02 passed   2/2"), "{said}");
    assert!(said.contains("1 of 2 exercises pass."), "{said}");
}

#[test]
fn a_missing_program_is_named_and_keeps_no_other_from_its_check() {
    let course = course();
    exercise(&course, 2);
    std::fs::remove_file(course.at("exercises/ex-01-concept/src/main.rs")).expect("remove it");
    let unused = "fn main() { let unused = 1; print!(\"one two\"); }\n";
    course.write("exercises/ex-02-concept/src/main.rs", unused);
    let said = stdout(&run(&course, &["--"]).code(1));
    assert!(said.contains("FAILED   0/2  src/main.rs is missing"), "{said}");
    assert!(said.contains("ex-02 concept-02 passed   2/2"), "{said}");
    assert!(said.contains("warning: unused variable"), "{said}");
    let said = stdout(&run(&course, &["--", "1"]).code(1));
    assert!(said.contains("cargo xtask reset ex-01"), "{said}");
}

#[test]
fn what_was_found_is_told_although_it_cannot_be_remembered() {
    let course = course();
    write(&course, &prints("one two"));
    course.write(".pipeworks", "a file where a folder should be");
    let outcome = run(&course, &["--", "1"]).success();
    assert!(stdout(&outcome).contains("It passes"), "{}", stdout(&outcome));
    let said = String::from_utf8_lossy(&outcome.get_output().stderr).into_owned();
    assert!(said.contains("warning: not remembered"), "{said}");
}

#[test]
fn solutions_pass_and_change_no_progress() {
    let course = course();
    let said = stdout(&run(&course, &["--solutions", "--repeat", "2", "--"]).success());
    assert!(said.contains("ex-01 concept-01 passed   2/2"), "{said}");
    assert_eq!(state(&course), State::NeverTried);
    course.write("solutions/ex-01-concept/src/main.rs", &prints("one"));
    let said = stdout(&run(&course, &["--solutions", "--repeat", "2", "--"]).code(1));
    assert!(said.contains("turn 1 of 2"), "{said}");
    assert!(said.contains("FAILED  it prints two"), "{said}");
}

#[test]
fn a_wrong_id_is_wrong_usage() {
    let course = course();
    let wrong = run(&course, &["--", "lesson-01"]).code(2);
    let said = String::from_utf8_lossy(&wrong.get_output().stderr).into_owned();
    assert!(said.contains("`lesson-01` is a lesson"), "{said}");
    run(&course, &["--", "ex-09"]).code(2);
}

#[test]
fn colours_come_only_where_they_are_wanted() {
    let course = course();
    assert!(!stdout(&run(&course, &["--", "1"])).contains('\x1b'));
    let forced = command(&course, &["--", "1"]).env("CLICOLOR_FORCE", "1").assert();
    assert!(stdout(&forced).contains('\x1b'));
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let course = course();
    run(&course, &["--", "1"]).code(1);
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "\"$0\" -- 1 | head -1", env!("CARGO_BIN_EXE_checker")]);
    let xtask = launcher::xtask_path().expect("build the runner");
    shell.env(launcher::XTASK_VARIABLE, xtask).current_dir(course.root()).stdin(Stdio::null());
    let output = shell.output().expect("start sh");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("error") && !said.contains("panic"), "{said}");
}
