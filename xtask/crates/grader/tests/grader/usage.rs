//! What is asked for wrongly is said, before anything is done.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use fixture::skip::skipped;

use crate::kit::{Class, course, grader, run, we_are_root};

/// It ends with this status and says these words, and what to do is among them.
#[track_caller]
fn refused(command: std::process::Command, status: i32, words: &[&str]) {
    let said = run(command).ends(status).stderr;
    for word in words {
        assert!(said.contains(word), "no `{word}` in: {said}");
    }
}

#[test]
fn a_folder_that_is_not_there() {
    let class = Class::new();
    fs::remove_dir(class.submissions()).expect("remove it");
    refused(class.command("out"), 2, &["class", "No such file", "for each student"]);
    assert!(!class.out("out").exists(), "nothing is made");
}

#[test]
fn a_folder_without_submissions_and_a_file_that_is_none() {
    let class = Class::new();
    refused(class.command("out"), 2, &["no submission in", "a folder, a .zip or a .tar.gz"]);
    let file = class.out("file.txt");
    fs::write(&file, "").expect("write a file");
    let mut command = grader(course());
    command.args(["class", "--submissions"]).arg(&file).arg("--out").arg(class.out("out"));
    refused(command, 2, &["is no .zip and no .tar.gz"]);
}

#[test]
fn a_report_among_the_submissions() {
    let class = Class::of(1);
    symlink(class.submissions(), class.out("link")).expect("make a link");
    for out in ["class", "class/report", "class/new/report", "link/report", "x/../class/report"] {
        refused(class.command(out), 2, &["is among the submissions", "beside"]);
    }
    assert!(!class.out("class/report").exists());
}

#[test]
fn a_report_where_other_things_are() {
    let class = Class::of(1);
    fs::create_dir(class.out("out")).expect("make a folder");
    fs::write(class.out("out/thesis.txt"), "years of work").expect("write a file");
    refused(class.command("out"), 2, &["holds other things", "an empty folder"]);
    refused(class.command("out/thesis.txt"), 2, &["thesis.txt is no folder"]);
    assert_eq!(crate::kit::files(&class.out("out")).len(), 1);
}

#[test]
fn a_place_that_may_not_be_written() {
    let class = Class::of(1);
    let closed = class.out("closed");
    fs::create_dir(&closed).expect("make a folder");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o555)).expect("close it");
    if we_are_root() {
        // Root may write everywhere, but to what only the kernel writes.
        let mut command = grader(course());
        command.args(["class", "--submissions"]).arg(class.submissions());
        command.args(["--out", "/proc/sys/report"]);
        return refused(command, 125, &["make the report's folder /proc/sys/report"]);
    }
    refused(class.command("closed/out"), 125, &["make the report's folder", "Permission denied"]);
}

#[test]
fn limits_that_are_none() {
    let class = Class::of(1);
    let file = class.out("limits.toml");
    fs::write(&file, "[compile]\nwall_seconds = 0\n").expect("write a file");
    let mut command = class.command("out");
    command.arg("--limits").arg(&file);
    refused(command, 2, &["limits.toml", "[compile] wall_seconds"]);
    let mut command = class.command("out");
    command.arg("--limits").arg(class.out("none.toml"));
    refused(command, 2, &["none.toml"]);
}

#[test]
fn no_sandbox_as_root() {
    if !we_are_root() {
        return skipped("needs root");
    }
    let class = Class::of(1);
    let mut command = class.command("out");
    command.arg("--no-sandbox");
    refused(command, 2, &["as an ordinary user"]);
    assert!(!class.out("out").exists());
}

#[test]
fn no_bubblewrap() {
    let class = Class::of(1);
    let mut command = class.command("out");
    // cargo and rustc are still found, in a folder without anything else.
    let bin = class.out("bin");
    fs::create_dir(&bin).expect("make a folder");
    let path = std::env::var_os("PATH").unwrap_or_default();
    for name in ["cargo", "rustc", "cp", "cc", "ld"] {
        let mut found = std::env::split_paths(&path).map(|folder| folder.join(name));
        let file = found.find(|file| file.is_file()).expect("a program");
        symlink(file, bin.join(name)).expect("make a link");
    }
    command.env("PATH", &bin);
    refused(command, 125, &["bubblewrap is not installed", "apt-get install bubblewrap"]);
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let class = Class::of(1);
    class.write("student-001/exercises/ex-02-words/build.rs", "fn main() {}");
    class.write("bob.zip", "none");
    let mut command = grader(course());
    command.args(["class", "--dry-run", "--submissions"]).arg(class.submissions());
    let said = run(command).ends(0).stdout;
    for words in [
        "take     ex-01: src/main.rs; 3 tests\n",
        "take     ex-02: src/main.rs; 3 tests and 1 hidden\n",
        "refused  exercises/ex-02-words/build.rs: it is not a source file",
        "refuse   ex-01: bob.zip: it is no zip archive",
        "compiler 60 s, 40 s of processor time",
    ] {
        assert!(said.contains(words), "no `{words}` in: {said}");
    }
    assert_eq!(fs::read_dir(class.folder.path()).expect("list").count(), 1, "nothing is made");
}
