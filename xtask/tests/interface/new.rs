//! `new lesson`: the folder that it makes runs and passes tidy as it is.

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
fn a_wrong_name_makes_nothing() {
    let course = Fixture::new(GOOD);
    let said = stderr(&run(course.root(), ["new", "lesson", "../escape"]).code(2));
    assert!(said.contains("no name for a lesson"), "{said}");
    let said = stderr(&run(course.root(), ["new", "lesson", "good"]).code(125));
    assert!(said.contains("is about `good` already"), "{said}");
    let folders = fs::read_dir(course.at("lessons")).expect("list lessons").count();
    assert_eq!(folders, 2);
}
