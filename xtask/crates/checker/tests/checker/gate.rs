//! What an author sees: the gate refuses every exercise whose tests do not notice what they must.

use fixture::Fixture;

use crate::course::{course, patch, prints, run, stdout, write};

const FOLDER: &str = "exercises/ex-01-concept";

fn gate(course: &Fixture) -> (bool, String) {
    let outcome = run(course, &["--gate", "--seed", "2", "--"]);
    (outcome.get_output().status.success(), stdout(&outcome))
}

#[track_caller]
fn refused(course: &Fixture, wanted: &str) {
    let (holds, said) = gate(course);
    assert!(!holds, "{said}");
    assert!(said.contains(wanted), "`{wanted}`:\n{said}");
    assert!(said.contains(", 1 failed, 0 skipped"), "{said}");
}

#[test]
fn an_exercise_that_is_as_recorded_passes() {
    let (holds, said) = gate(&course());
    assert!(holds, "{said}");
    assert!(said.contains("ex-01 solution: passes 2 tests"), "{said}");
    assert!(said.contains("ex-01 skeleton: fails `one` (fail)"), "{said}");
    assert!(said.contains("ex-01 alternative other: passes 2 tests"), "{said}");
    assert!(said.contains("ex-01 mutant half: fails `two` (fail)"), "{said}");
    assert!(said.contains("4 passed, 0 failed, 0 skipped"), "{said}");
}

#[test]
fn another_message_than_the_recorded_is_told() {
    let course = course();
    let with_records =
        |more: &[&str]| run(&course, &[&["--gate", "--seed", "1"], more, &["--"]].concat());
    let said = stdout(&with_records(&[]).code(1));
    assert!(said.contains("told/half.txt is not what is told now"), "{said}");
    assert!(said.contains("cargo xtask check --gate --accept ex-01"), "{said}");
    with_records(&["--accept"]).success();
    with_records(&[]).success();
    let record = course.read(&format!("{FOLDER}/told/half.txt"));
    assert!(record.contains("means: what it means"), "{record}");
    course.write(&format!("{FOLDER}/told/half.txt"), &record.replace("means", "meant"));
    let said = stdout(&with_records(&[]).code(1));
    assert!(said.contains("+ means: what it means"), "{said}");
}

#[test]
fn what_a_student_has_written_does_not_matter() {
    let course = course();
    course.write(&format!("{FOLDER}/src/main.rs"), "this is no Rust\n");
    let (holds, said) = gate(&course);
    assert!(holds, "{said}");
}

#[test]
fn a_mutant_that_passes_is_told() {
    let course = course();
    course.write(&format!("{FOLDER}/mutants/half.patch"), &patch("two one"));
    refused(&course, "it passes `two`, which it must fail");
}

#[test]
fn a_mutant_that_fails_another_test_first_is_told() {
    let course = course();
    course.write(&format!("{FOLDER}/mutants/half.patch"), &patch("two"));
    refused(&course, "recorded: `two`, fail, `no two`; it fails `one` (fail): no one");
}

#[test]
fn other_words_than_the_recorded_are_told() {
    let course = course();
    let manifest = course.read(&format!("{FOLDER}/Cargo.toml"));
    for (from, to) in [
        ("came = \"no two\"", "came = \"nothing\""),
        ("test = \"two\", verdict = \"fail\"", "test = \"two\", verdict = \"hang\""),
    ] {
        course.write(&format!("{FOLDER}/Cargo.toml"), &manifest.replace(from, to));
        refused(&course, "ex-01 mutant half: FAILED");
    }
}

#[test]
fn a_patch_that_does_not_fit_is_told() {
    let course = course();
    course.write(&format!("{FOLDER}/mutants/half.patch"), &patch("one").replace("fn", "gn"));
    refused(&course, "half.patch to solutions/ex-01-concept/src/main.rs: make it anew");
}

#[test]
fn a_skeleton_that_passes_is_told() {
    let course = course();
    course.write(&format!("{FOLDER}/skeleton/main.rs"), &prints("one two"));
    refused(&course, "ex-01 skeleton: FAILED");
}

#[test]
fn a_skeleton_with_a_warning_is_told() {
    let course = course();
    course.write(&format!("{FOLDER}/skeleton/main.rs"), "fn main() { let unused = 1; }\n");
    refused(&course, "unused variable");
}

#[test]
fn a_solution_and_an_alternative_that_fail_are_told() {
    let course = course();
    course.write("solutions/ex-01-concept/src/main.rs", &prints("one"));
    // The mutant's patch does not fit any more either.
    let (holds, said) = gate(&course);
    assert!(!holds && said.contains("ex-01 solution: FAILED"), "{said}");
    course.write("solutions/ex-01-concept/src/main.rs", &prints("one two"));
    course.write(&format!("{FOLDER}/alternatives/other.rs"), &prints("two"));
    refused(&course, "ex-01 alternative other: FAILED");
}

#[test]
fn tests_and_manifest_must_agree() {
    let course = course();
    let tests = course.read(&format!("{FOLDER}/tests/main.rs"));
    course.write(&format!("{FOLDER}/tests/main.rs"), &tests.replace("two\\tit", "three\\tit"));
    let (holds, said) = gate(&course);
    assert!(!holds, "{said}");
    assert!(said.contains("the tests are one, three; the manifest has one, two"), "{said}");
}

#[test]
fn a_broken_test_is_told() {
    let course = course();
    course.write(&format!("{FOLDER}/alternatives/other.rs"), &prints("one break-two"));
    refused(&course, "the test `two` broke");
}

/// A record depends on no guess; whoever has just saved does not wait.
#[test]
fn a_program_may_sleep_here_and_not_in_check() {
    let course = course();
    course.write(&format!("{FOLDER}/alternatives/other.rs"), &prints("one two sleeps"));
    let (holds, said) = gate(&course);
    assert!(holds, "{said}");
    write(&course, &prints("one two sleeps"));
    let said = stdout(&run(&course, &["--", "1"]).code(1));
    assert!(said.contains("it is ended"), "{said}");
}
