//! The verbs that check: their statuses when something fails or the command line is wrong.

use fixture::{Fixture, GOOD};

use super::{run, stderr, stdout, xtask};

#[test]
fn wrong_command_lines_are_2() {
    let course = Fixture::new(GOOD);
    for words in [
        &["nonsense"][..],
        &["list", "extra"],
        &["list", "--format", "xml"],
        &["bench", "nonsense"],
        &["watch", "nonsense"],
        &["watch", "lesson-01"],
        &["watch", "--poll=0"],
        &["watch", "--poll=soon"],
        &["snapshot", "--nonsense"],
        &["--color", "sometimes", "list"],
        &[],
    ] {
        let outcome = run(course.root(), words).code(2);
        assert!(!stderr(&outcome).contains("panicked"), "{}", stderr(&outcome));
    }
}

#[test]
fn an_unknown_step_is_2_and_the_known_ones_are_named() {
    let course = Fixture::new(GOOD);
    let said = stderr(&run(course.root(), ["test", "nonsense"]).code(2));
    assert!(said.contains("no step `nonsense`") && said.contains("snapshots"), "{said}");
}

#[test]
fn a_step_that_fails_is_1_and_says_what_it_said() {
    let course = Fixture::new(GOOD);
    // Its lessons have no snapshots, its tables no markers, its manifests nothing inherited.
    course.write("README.md", "");
    course.write("CONTRIBUTING.md", "");
    let outcome = run(course.root(), ["test", "tidy"]).code(1);
    let said = stdout(&outcome);
    assert!(said.contains("FAILED"), "{said}");
    assert!(said.contains("markers of the table `lessons` are missing"), "{said}");
    assert!(said.trim_end().ends_with("0 passed, 1 failed, 0 skipped"), "{said}");
}

#[test]
fn tidy_names_what_is_wrong() {
    let course = Fixture::new(GOOD);
    course.write("README.md", "");
    course.write("CONTRIBUTING.md", "");
    course.write("notes.txt.orig", "");
    let said = stdout(&run(course.root(), ["tidy"]).code(1));
    for expected in [
        "notes.txt.orig: a stray file",
        "lessons/lesson-01-good/Cargo.toml: `edition.workspace = true` is missing",
        "lessons/lesson-01-good/src/main.rs:1: the file does not begin by saying what it is",
        "lessons/lesson-01-good/snapshots/stdout.snap: no snapshot is stored",
    ] {
        assert!(said.contains(expected), "{expected}\n{said}");
    }
}

#[test]
fn a_reader_that_goes_away_does_not_make_a_failure_a_success() {
    let course = Fixture::new(GOOD);
    course.write("README.md", "");
    course.write("CONTRIBUTING.md", "");
    // `true` reads nothing: every write meets a closed pipe.
    let script = r#"{ "$0" tidy; echo $? >&2; } | true"#;
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", script, env!("CARGO_BIN_EXE_xtask")]).current_dir(course.root());
    let output = shell.output().expect("start sh");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "1\n");
}

#[test]
fn a_missing_tool_is_a_visible_skip_and_with_ci_a_failure() {
    let course = Fixture::new(GOOD);
    // A cargo that has no sub-commands of other packages.
    course.write("bin/cargo", "#!/bin/sh\nexit 101\n");
    let cargo = course.at("bin/cargo");
    std::fs::set_permissions(&cargo, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("make it executable");
    let skipped = xtask(course.root()).args(["test", "deny"]).env("CARGO", &cargo).assert();
    let said = stdout(&skipped.success());
    assert!(said.contains("skipped: cargo deny is not installed: cargo install"), "{said}");
    assert!(said.trim_end().ends_with("0 passed, 0 failed, 1 skipped"), "{said}");

    let mut in_ci = xtask(course.root());
    let failed = in_ci.args(["test", "deny"]).env("CARGO", &cargo).env("CI", "true").assert();
    assert!(stdout(&failed.code(1)).contains("cargo deny is not installed"));
}
