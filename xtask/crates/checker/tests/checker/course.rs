//! A course with one exercise, or two, that compile in a moment.
//!
//! Their tests look for words in what the program prints: a program that prints `one` passes the
//! test `one`. A program that prints `break-two` breaks the test `two` itself.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use fixture::Fixture;

/// No command of these tests takes this long, a build of a small program included.
const DEADLINE: Duration = Duration::from_secs(300);

/// A program that prints these words.
pub fn prints(words: &str) -> String {
    format!("fn main() {{ print!(\"{words}\"); }}\n")
}

const MANIFEST: &str = r#"
[package]
name = "ex-NN"
version = "0.0.0"
edition = "2024"
autotests = false
[package.metadata.course]
title = "Exercise NN"
concept = "concept-NN"
lesson = "lesson-01"
form = "repair"
alternatives = ["other"]
skeleton = { test = "one", verdict = "fail", came = "no one" }
mutants.half = { test = "two", verdict = "fail", came = "no two" }
[[package.metadata.course.tests]]
name = "one"
points = 1
[[package.metadata.course.tests]]
name = "two"
points = 1
needs = "one"
[[example]]
name = "ex-NN-tests"
path = "tests/main.rs"
"#;

const TESTS: &str = r##"
use std::process::Command;
fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words == ["--list"] {
        return print!("one\tit prints one\ntwo\tit prints two\n");
    }
    let after = |name: &str| words.iter().skip_while(|word| *word != name).nth(1);
    let (test, seed) = (after("--only").unwrap(), after("--seed").unwrap());
    let output = Command::new(after("--").unwrap()).output().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    assert!(!output.contains(&format!("break-{test}")), "the test is broken");
    let detail = format!(
        r#"{{"verdict": "fail", "expected": "the word {test}", "came": "no {test}",
            "difference": ["- {test}", "+ other"], "means": "what it means", "by_hand": "by hand"}}"#
    );
    let (outcome, detail) =
        if output.contains(test) { ("passed", "null") } else { ("failed", &*detail) };
    let report = format!(
        r#"[{{"name": "{test}", "claim": "it prints {test}", "seed": {seed},
            "outcome": "{outcome}", "detail": {detail}}}]"#
    );
    std::fs::write(after("--report").unwrap(), report).unwrap();
}
"##;

/// What makes the solution print these words instead.
pub fn patch(words: &str) -> String {
    let (before, after) = (prints("one two"), prints(words));
    format!("--- solution\n+++ mutant\n@@ -1 +1 @@\n-{before}+{after}")
}

/// A course with exercise 1, whose skeleton prints nothing.
pub fn course() -> Fixture {
    let course = Fixture::new(fixture::GOOD);
    let members = "members = [\"lessons/*\", \"exercises/*\", \"solutions/*\"]";
    course.write("Cargo.toml", &format!("[workspace]\nresolver = \"3\"\n{members}\n"));
    std::fs::remove_file(course.at("exercises/README.md")).expect("remove what is no exercise");
    exercise(&course, 1);
    course
}

/// Adds an exercise as a course has it.
pub fn exercise(course: &Fixture, number: u32) {
    let (folder, number) = (format!("ex-{number:02}-concept"), format!("{number:02}"));
    let at = |path: &str| format!("exercises/{folder}/{path}");
    course.write(&at("Cargo.toml"), &MANIFEST.replace("NN", &number));
    course.write(&at("tests/main.rs"), TESTS);
    for path in ["src/main.rs", "skeleton/main.rs"] {
        course.write(&at(path), &prints(""));
    }
    course.write(&at("mutants/half.patch"), &patch("one"));
    course.write(&at("alternatives/other.rs"), &prints("two and one"));
    let solution = format!("solutions/{folder}");
    let package = format!("[package]\nname = \"sol-{number}\"\nversion = \"0.0.0\"\n");
    course.write(&format!("{solution}/Cargo.toml"), &format!("{package}edition = \"2024\"\n"));
    course.write(&format!("{solution}/src/main.rs"), &prints("one two"));
}

/// What the student has written for exercise 1.
pub fn write(course: &Fixture, source: &str) {
    course.write("exercises/ex-01-concept/src/main.rs", source);
}

/// The checker in this course, in an environment without settings for colours.
pub fn command(course: &Fixture, words: &[&str]) -> Command {
    static XTASK: OnceLock<PathBuf> = OnceLock::new();
    let xtask = XTASK.get_or_init(|| launcher::xtask_path().expect("build the runner"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_checker"));
    command.args(words).current_dir(course.root()).timeout(DEADLINE);
    command.env(launcher::XTASK_VARIABLE, xtask);
    for name in ["CI", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CARGO_TARGET_DIR"] {
        command.env_remove(name);
    }
    command
}

pub fn run(course: &Fixture, words: &[&str]) -> Assert {
    command(course, words).assert()
}

pub fn stdout(assert: &Assert) -> String {
    String::from_utf8_lossy(&assert.get_output().stdout).into_owned()
}
