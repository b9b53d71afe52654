//! `new`: a lesson's folder runs and passes tidy as it is; an exercise's passes tidy, and the gate
//! says what it lacks.

use std::fs;
use std::path::{Path, PathBuf};

use fixture::{Fixture, GOOD};

use super::{run, stderr, stdout, xtask};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Copies the repository's files, without what cargo and git made, below `to`.
fn copy_of_the_repository(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("list a folder") {
        let entry = entry.expect("list a folder");
        let name = entry.file_name();
        if [".git", ".pipeworks", "target"].iter().any(|made| name == *made) {
            continue;
        }
        let (from, to): (PathBuf, PathBuf) = (entry.path(), to.join(&name));
        if from.is_dir() {
            fs::create_dir(&to).expect("make a folder");
            copy_of_the_repository(&from, &to);
        } else {
            fs::copy(&from, &to).expect("copy a file");
        }
    }
}

#[test]
fn a_new_lesson_runs_and_is_tidy() {
    let copy = tempfile::TempDir::new().expect("make a directory");
    copy_of_the_repository(Path::new(ROOT), copy.path());
    // The copies' builds share one target directory from test to test.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new-lesson");
    let copied = |words: &[&str]| {
        let mut command = xtask(copy.path());
        command.args(words).env("CARGO_TARGET_DIR", &target).assert()
    };
    let before = stdout(&copied(&["tidy"]));
    let said = stdout(&copied(&["new", "lesson", "shared-offset"]).success());
    let id = said.lines().last().and_then(|line| line.split('`').nth(1)).expect("how to run it");
    let id = id.rsplit(' ').next().expect("an ID");
    let printed = stdout(&copied(&["run", id]).success());
    assert!(printed.contains("== first-fact: "), "{printed}");
    assert!(stdout(&copied(&["list"])).contains(&format!("{id}  done")));
    // Nothing new is to be mended, and the tables name it.
    for line in stdout(&copied(&["tidy"])).lines() {
        assert!(line.starts_with("tidy: ") || before.contains(line), "{line}");
    }
    let readme = fs::read_to_string(copy.path().join("README.md")).expect("read README.md");
    assert!(readme.contains("shared-offset"), "{readme}");
}

#[test]
fn a_new_exercise_is_tidy_and_the_gate_says_all_that_it_lacks() {
    let copy = tempfile::TempDir::new().expect("make a directory");
    copy_of_the_repository(Path::new(ROOT), copy.path());
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new-lesson");
    let copied = |words: &[&str]| {
        let mut command = xtask(copy.path());
        command.args(words).env("CARGO_TARGET_DIR", &target).assert()
    };
    let before = stdout(&copied(&["tidy"]));
    let lacking = |form: &str, name: &str, others: &[&str]| {
        let said = stdout(&copied(&["new", "exercise", name, "--form", form]).success());
        let id = said.trim_end().trim_end_matches('`').rsplit(' ').next().expect("an ID");
        for line in stdout(&copied(&["tidy"])).lines() {
            assert!(line.starts_with("tidy: ") || before.contains(line), "{line}");
        }
        let said = stdout(&copied(&["check", "--gate", id]).code(1));
        let path = format!("exercises/{id}-{name}");
        let solution = format!("solutions/{id}-{name}/src/main.rs:");
        let mut wanted: Vec<String> = ["Cargo.toml:", "README.md:", "skeleton/main.rs:"]
            .iter()
            .chain(&["hints/1.md:", "hints/2.md:", "hints/3.md:", "tests/main.rs:"])
            .chain(&["mutants: 0 wrong programs of at least 4", "told/skeleton.txt: missing"])
            .chain(others)
            .map(|file| format!("{id} FAILED: {path}/{file}"))
            .collect();
        wanted.push(format!("{id} FAILED: {solution}"));
        for wanted in &wanted {
            let count = said.lines().filter(|line| line.starts_with(wanted)).count();
            assert_eq!(count, 1, "{wanted}:\n{said}");
        }
        let failed = wanted.len();
        assert!(said.ends_with(&format!("\n0 passed, {failed} failed, 0 skipped\n")), "{said}");
        id.to_owned()
    };
    lacking("build", "other-build", &["alternatives: 0 other right programs of at least 2"]);
    let id = lacking("repair", "slow-reader", &[]);
    // It is built and run all the same.
    let said = stderr(&copied(&["run", &id]).code(101));
    assert!(said.contains("not yet implemented: do what README.md says"), "{said}");

    // Without the lines that say what is to be written it is no draft, and tidy says the rest.
    let below = copy.path().join(format!("exercises/{id}-slow-reader"));
    let solution = copy.path().join(format!("solutions/{id}-slow-reader/src/main.rs"));
    let files = ["Cargo.toml", "README.md", "hints/1.md", "hints/2.md", "hints/3.md"].into_iter();
    let files = files.chain(["skeleton/main.rs", "tests/main.rs"]).map(|file| below.join(file));
    for file in files.chain([solution]) {
        let text = fs::read_to_string(&file).expect("read a file");
        fs::write(&file, text.replace("To be written: ", "Written: ")).expect("write it");
    }
    let said = stdout(&copied(&["tidy"]).code(1));
    for wanted in ["mutants: 0 wrong programs of at least 4", "told/skeleton.txt: missing"] {
        let line = format!("exercises/{id}-slow-reader/{wanted}");
        assert!(said.lines().any(|said| said.starts_with(&line)), "{line}:\n{said}");
    }
}

#[test]
fn a_wrong_name_makes_nothing() {
    let course = Fixture::new(GOOD);
    let said = stderr(&run(course.root(), ["new", "lesson", "../escape"]).code(2));
    assert!(said.contains("no name for a folder"), "{said}");
    let said = stderr(&run(course.root(), ["new", "lesson", "good"]).code(125));
    assert!(said.contains("is about `good` already"), "{said}");
    run(course.root(), ["new", "exercise", "Loud"]).code(2);
    run(course.root(), ["new", "exercise", "good"]).code(125);
    run(course.root(), ["new", "exercise", "quiet", "--form", "sung"]).code(2);
    let folders = fs::read_dir(course.at("lessons")).expect("list lessons").count();
    assert_eq!(folders, 2);
    assert!(!course.at("solutions").exists());
}
