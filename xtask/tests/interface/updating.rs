//! What README.md says of getting a newer course: the commands it names, with git itself.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const SOURCE: &str = "exercises/ex-01-x/src/main.rs";
const LESSON: &str = "lessons/lesson-01-x/src/main.rs";

fn git(folder: &Path, words: &[&str]) -> Output {
    let mut git = Command::new("git");
    git.args(words).current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null");
    git.env("GIT_CONFIG_SYSTEM", "/dev/null").env("GIT_EDITOR", "true");
    for role in ["AUTHOR", "COMMITTER"] {
        git.env(format!("GIT_{role}_NAME"), "student");
        git.env(format!("GIT_{role}_EMAIL"), "student@localhost");
    }
    git.output().expect("start git")
}

#[track_caller]
fn works(folder: &Path, words: &[&str]) {
    let output = git(folder, words);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {}: {said}", words.join(" "));
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("make a folder");
    fs::write(path, text).expect("write a file");
}

fn read(folder: &Path, path: &str) -> String {
    fs::read_to_string(folder.join(path)).expect("read a file")
}

/// The course and a student's clone of it, in one folder; `None` without git.
fn course_and_clone() -> Option<TempDir> {
    if Command::new("git").arg("--version").output().is_err() {
        println!("SKIPPED: git is not installed: apt-get install git");
        return None;
    }
    let place = TempDir::new().expect("make a directory");
    let course = place.path().join("course");
    fs::create_dir(&course).expect("make the course");
    works(&course, &["init", "--quiet"]);
    let attributes = concat!(env!("CARGO_MANIFEST_DIR"), "/../.gitattributes");
    let attributes = fs::read_to_string(attributes).expect("read .gitattributes");
    write(&course, ".gitattributes", &attributes);
    write(&course, SOURCE, "the skeleton\n");
    write(&course, LESSON, "old\n");
    works(&course, &["add", "."]);
    works(&course, &["commit", "--quiet", "-m", "the course"]);
    works(place.path(), &["clone", "--quiet", "course", "clone"]);

    // A newer course: the same line of the skeleton is another, and so is a lesson.
    write(&course, SOURCE, "a newer skeleton\n");
    write(&course, LESSON, "new\n");
    works(&course, &["commit", "--quiet", "-a", "-m", "a newer course"]);
    Some(place)
}

#[test]
fn a_newer_course_takes_no_line_from_a_student() {
    let Some(place) = course_and_clone() else { return };
    let clone = place.path().join("clone");
    write(&clone, SOURCE, "solved\n");
    // The commands of README.md.
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let readme = fs::read_to_string(readme).expect("read README.md");
    for words in [
        &["config", "merge.ours.driver", "true"][..],
        &["commit", "-am", "my exercises"],
        &["pull", "--no-rebase", "--no-edit"],
    ] {
        let line = format!("git {}", words.join(" ")).replace("my exercises", "'my exercises'");
        assert!(readme.contains(&line), "README.md does not say `{line}`");
        works(&clone, words);
    }
    assert_eq!(read(&clone, SOURCE), "solved\n");
    assert_eq!(read(&clone, LESSON), "new\n");
}

#[test]
fn who_has_not_committed_is_asked_to() {
    let Some(place) = course_and_clone() else { return };
    let clone = place.path().join("clone");
    write(&clone, SOURCE, "half solved\n");
    works(&clone, &["config", "merge.ours.driver", "true"]);
    assert!(!git(&clone, &["pull", "--no-rebase"]).status.success());
    assert_eq!(read(&clone, SOURCE), "half solved\n");
}
