//! The verb on small courses: what is the same, what differs, what may be written.

use std::time::Duration;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use fixture::{Fixture, GOOD};

const DEADLINE: Duration = Duration::from_secs(120);

#[track_caller]
fn snapshots(course: &Fixture, words: &[&str], variables: &[(&str, &str)]) -> Assert {
    let mut command = Command::new(env!("CARGO_BIN_EXE_snapshots"));
    command.current_dir(course.root()).args(words).timeout(DEADLINE);
    command.env_remove("CARGO_TARGET_DIR").env_remove("CI").envs(variables.iter().copied());
    command.env(launcher::XTASK_VARIABLE, launcher::xtask_path().expect("the runner is built"));
    command.assert()
}

fn stdout(assert: &Assert) -> String {
    String::from_utf8_lossy(&assert.get_output().stdout).into_owned()
}

/// A course whose two lessons are stored as they are.
fn stored() -> Fixture {
    let course = Fixture::new(GOOD);
    snapshots(&course, &["--accept"], &[]).success();
    course
}

const STORED: &str = "lessons/lesson-02-other/snapshots/stdout.snap";

#[test]
fn what_was_stored_is_the_same() {
    let course = stored();
    let said = stdout(&snapshots(&course, &[], &[]).success());
    assert!(said.contains("lesson-02  same"), "{said}");
    assert!(said.contains("2 passed, 0 failed, 0 skipped"), "{said}");
    let file = course.read(STORED);
    let (header, body) = file.split_once("---\n== one").expect("a header and a body");
    assert_eq!(header.lines().count(), 2, "{file}");
    assert_eq!(body, ": the first\n1\n\n== two: the second\n2\n");
}

#[test]
fn a_byte_more_is_a_difference_that_is_shown() {
    let course = stored();
    course.lesson(2, "other", &GOOD.replace("2\\n\"", "22\\n\""));
    let said = stdout(&snapshots(&course, &[], &[]).code(1));
    assert!(said.contains("│-2\n") && said.contains("│+22\n"), "{said}");
    assert!(said.contains("lesson-01  same") && said.contains("lesson-02  DIFFERS"), "{said}");
    assert!(said.contains("cargo xtask snapshot lesson-02 --accept"), "{said}");
}

#[test]
fn a_blank_line_at_the_end_is_a_difference() {
    let course = stored();
    course.lesson(
        2,
        "other",
        &GOOD.replace("chosen.join(\"\\n\"));", "chosen.join(\"\\n\") + \"\\n\");"),
    );
    let said = stdout(&snapshots(&course, &["2"], &[]).code(1));
    assert!(said.contains("in blank lines at its ends only"), "{said}");
    // Accepting it cannot make it right.
    let said = stdout(&snapshots(&course, &["2", "--accept"], &[]).code(1));
    assert!(said.contains("cannot be stored to the byte"), "{said}");
}

#[test]
fn another_status_is_a_difference_though_the_output_is_the_same() {
    let course = stored();
    let failing = GOOD.replace(
        "chosen.join(\"\\n\"));",
        "chosen.join(\"\\n\"));\n    if words.is_empty() { std::process::exit(3) }",
    );
    course.lesson(2, "other", &failing);
    let said = stdout(&snapshots(&course, &["2"], &[]).code(1));
    assert!(said.contains("-ended: exit code 0") && said.contains("+ended: exit code 3"), "{said}");
}

#[test]
fn a_process_or_a_file_left_behind_is_a_difference() {
    let course = stored();
    let leaving = GOOD.replace(
        "let parts",
        "if std::env::args().len() == 1 {\n        std::fs::write(std::env::temp_dir().join(\"left\"), \"\").unwrap();\n        std::process::Command::new(\"sleep\").arg(\"60\").spawn().unwrap();\n    }\n    let parts",
    );
    course.lesson(2, "other", &leaving);
    let said = stdout(&snapshots(&course, &["2"], &[]).code(1));
    assert!(said.contains("+processes left unreaped: 1"), "{said}");
    assert!(said.contains("+files left behind: 1"), "{said}");
}

#[test]
fn a_part_that_prints_something_else_alone_is_a_difference() {
    let course = stored();
    let other = GOOD.replace(
        "    print!(\"{}\", chosen",
        "    if words.len() == 1 { print!(\"alone\\n\") }\n    print!(\"{}\", chosen",
    );
    course.lesson(2, "other", &other);
    let said = stdout(&snapshots(&course, &["2"], &[]).code(1));
    assert!(said.contains("the parts alone do not print what the whole prints"), "{said}");
    assert!(said.contains("+alone"), "{said}");
}

#[test]
fn nothing_outside_can_make_a_comparison_pass_or_write() {
    let course = stored();
    course.lesson(2, "other", &GOOD.replace("2\\n\"", "22\\n\""));
    let before = course.read(STORED);
    course.write(".config/insta.yaml", "behavior:\n  force_pass: true\n  update: always\n");
    for variables in [
        &[("INSTA_FORCE_PASS", "1")][..],
        &[("INSTA_UPDATE", "always")],
        &[("INSTA_UPDATE", "force")],
        &[("INSTA_WORKSPACE_ROOT", "/nonexistent"), ("CI", "true")],
    ] {
        snapshots(&course, &["2"], variables).code(1);
        assert_eq!(course.read(STORED), before, "{variables:?}");
        assert!(!course.at(&format!("{STORED}.new")).exists(), "{variables:?}");
    }
}

#[test]
fn a_file_changed_by_hand_is_found_and_accept_mends_it() {
    let facts = STORED.replace("stdout", "facts");
    let crlf = |text: String| text.replace('\n', "\r\n");
    let cut = |text: String| text.trim_end().to_owned();
    let longer = |text: String| text + "\n\n";
    let header = |text: String| text.replacen("source", "description: x\nsource", 1);
    let changes: [fn(String) -> String; 4] = [crlf, cut, longer, header];
    let course = stored();
    for file in [STORED, facts.as_str()] {
        for (index, change) in changes.into_iter().enumerate() {
            let before = course.read(file);
            course.write(file, &change(before.clone()));
            let said = stdout(&snapshots(&course, &["2"], &[]).code(1));
            assert!(said.contains("DIFFERS"), "{file} {index}: {said}");
            snapshots(&course, &["2", "--accept"], &[]).success();
            assert_eq!(course.read(file), before, "{file} {index}");
        }
    }
}

#[test]
fn a_lesson_without_a_list_of_parts_fails_alone() {
    let course = stored();
    course.lesson(
        2,
        "other",
        &GOOD.replace("return print!(\"one\\ntwo\\n\");", "std::process::exit(2);"),
    );
    let said = stdout(&snapshots(&course, &[], &[]).code(1));
    assert!(said.contains("lesson-01  same"), "{said}");
    assert!(said.contains("--list: exit code 2"), "{said}");
}

#[test]
fn a_lesson_that_hangs_is_explained() {
    let course = stored();
    let hanging = GOOD.replace(
        "    let parts",
        "    let (mut reader, _writer) = std::io::pipe().unwrap();\n    std::io::Read::read(&mut reader, &mut [0]).unwrap();\n    let parts",
    );
    assert_ne!(hanging, GOOD);
    course.lesson(2, "other", &hanging);
    let said = stdout(&snapshots(&course, &["2"], &[]).code(1));
    for words in [
        "+ended: ended by the runner, because of a deadlock",
        "deadlock, proved after ",
        "  parent (lesson-02) is blocked in read(",
        "fix: parent (lesson-02) never closed fd ",
        "parent (lesson-02)\n",
    ] {
        assert!(said.contains(words), "{words} is not in {said}");
    }
}

#[test]
fn a_reader_that_goes_away_changes_no_verdict() {
    let course = stored();
    course.lesson(2, "other", &GOOD.replace("2\\n\"", "22\\n\""));
    let script = r#"{ "$0" 2; echo $? >&2; } | true"#;
    let mut shell = Command::new("sh");
    shell.args(["-c", script, env!("CARGO_BIN_EXE_snapshots")]).current_dir(course.root());
    shell.env_remove("CARGO_TARGET_DIR").timeout(DEADLINE);
    let said = shell.assert().get_output().stderr.clone();
    assert!(String::from_utf8_lossy(&said).ends_with("1\n"), "{}", String::from_utf8_lossy(&said));
}

#[test]
fn with_ci_nothing_is_stored() {
    let course = Fixture::new(GOOD);
    snapshots(&course, &["--accept"], &[("CI", "true")]).code(2);
    assert!(!course.at(STORED).exists());
    // A lesson without a snapshot is not one that passes.
    snapshots(&course, &[], &[("CI", "true")]).code(1);
    assert!(!course.at(STORED).exists());
}

#[test]
fn strays_are_found() {
    let course = stored();
    course.write("lessons/lesson-02-other/snapshots/old.snap", "---\n");
    let said = stdout(&snapshots(&course, &[], &[]).code(1));
    assert!(said.contains("old.snap: nothing is compared with this file; delete it"), "{said}");
}

#[test]
fn wrong_names_are_2_and_a_lesson_that_does_not_compile_125() {
    let course = stored();
    snapshots(&course, &["lesson-03"], &[]).code(2);
    course.lesson(2, "other", "fn main() { nonsense }");
    snapshots(&course, &["2"], &[]).code(125);
}
