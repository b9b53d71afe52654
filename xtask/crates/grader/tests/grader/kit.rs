//! A small course, classes, and ways to grade them.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use fixture::skip::{missing, skipped};
use serde_json::Value;
use tempfile::TempDir;

pub use crate::small::{course, own_course, prints, read_course, right};

/// Of whatever a test waits for. It is only reached when the test fails.
pub const DEADLINE: Duration = Duration::from_secs(300);

/// Whether a sandbox can be made. CI has to have it.
#[track_caller]
pub fn has_sandbox() -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).any(|folder| folder.join("bwrap").is_file());
    if !found {
        missing("bwrap is not installed: apt-get install bubblewrap");
    }
    found
}

pub fn we_are_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Whether this is root's run; another user cannot be asked to become root.
pub fn needs_root() -> bool {
    if !we_are_root() {
        skipped("needs root");
    }
    we_are_root()
}

/// A folder of submissions, and a place for reports beside it.
pub struct Class {
    pub folder: TempDir,
}

impl Class {
    pub fn new() -> Class {
        let folder = tempfile::tempdir().expect("make a folder");
        fs::create_dir(folder.path().join("class")).expect("make a folder");
        Class { folder }
    }

    /// Students who have handed in right programs, no two the same.
    pub fn of(students: usize) -> Class {
        let class = Class::new();
        for number in 1..=students {
            class.right(&format!("student-{number:03}"), number);
        }
        class
    }

    pub fn right(&self, student: &str, number: usize) {
        self.hand_in(student, "01", &right(number));
        self.hand_in(student, "02", &right(number));
    }

    /// A program for an exercise.
    pub fn hand_in(&self, student: &str, exercise: &str, source: &str) {
        self.write(&format!("{student}/exercises/ex-{exercise}-words/src/main.rs"), source);
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.submissions().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("make a folder");
        fs::write(path, text).expect("write a file");
    }

    pub fn submissions(&self) -> PathBuf {
        self.folder.path().join("class")
    }

    /// A report's folder.
    pub fn out(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The grader's command line for all of it, with a seed of its own.
    pub fn command(&self, out: &str) -> Command {
        self.command_in(course(), out)
    }

    pub fn command_in(&self, course: &Path, out: &str) -> Command {
        let mut command = grader(course);
        command.args(["class", "--seed", "7", "--submissions"]).arg(self.submissions());
        command.arg("--out").arg(self.out(out));
        command
    }

    /// Grades all of it, to its end.
    #[track_caller]
    pub fn grade(&self, out: &str) -> Graded {
        run(self.command(out))
    }

    #[track_caller]
    pub fn results(&self, out: &str) -> Value {
        let text = fs::read(self.out(out).join("results.json")).expect("read the results");
        serde_json::from_slice(&text).expect("understand the results")
    }
}

/// The grader in this course, in an environment without settings for colours.
pub fn grader(course: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grader"));
    command.current_dir(course);
    for name in ["CI", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CARGO_TARGET_DIR", "RUSTC"] {
        command.env_remove(name);
    }
    command
}

pub struct Graded {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

#[track_caller]
pub fn run(command: Command) -> Graded {
    let mut command = assert_cmd::Command::from_std(command);
    let output: Output = command.timeout(DEADLINE).output().expect("run the grader");
    Graded {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

impl Graded {
    /// It ended so.
    #[track_caller]
    pub fn ends(self, status: i32) -> Graded {
        let Graded { status: ended, stdout, stderr } = &self;
        assert_eq!(*ended, status, "{stdout}\n{stderr}");
        self
    }
}

/// One exercise of one student.
#[track_caller]
pub fn exercise<'a>(results: &'a Value, student: &str, id: &str) -> &'a Value {
    let all = results["submissions"].as_array().expect("submissions");
    let of = all.iter().find(|grade| grade["student"] == student);
    let of = of.unwrap_or_else(|| panic!("no {student} in {results:#}"));
    let all = of["exercises"].as_array().expect("exercises");
    all.iter().find(|exercise| exercise["id"] == id).expect("the exercise")
}

/// All files below a folder.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(path) = waiting.pop() {
        for entry in fs::read_dir(&path).expect("list a folder") {
            let path = entry.expect("list a folder").path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below").to_owned();
                found.insert(name, fs::read(&path).expect("read a file"));
            }
        }
    }
    found
}

/// Both folders have the same files with the same bytes.
#[track_caller]
pub fn same_files(one: &Path, other: &Path) {
    let (one, other) = (files(one), files(other));
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (name, text) in &one {
        let other = &other[name];
        let (text, other) = (String::from_utf8_lossy(text), String::from_utf8_lossy(other));
        assert_eq!(text, other, "{}", name.display());
    }
}

/// A bwrap in front of the real one that counts how often it is started, outside of a box, and then
/// does what this script says; `$n` is the number of starts before.
pub struct Counting {
    pub folder: TempDir,
}

impl Counting {
    pub fn new(then: &str) -> Counting {
        let counted = "if [ -e $l ]; then n=$(wc -l < $l); echo >> $l;";
        Counting::with(&format!("{counted} {then}\nfi"))
    }

    /// One that does what this script says, inside a box as well.
    pub fn with(script: &str) -> Counting {
        let folder = tempfile::tempdir().expect("make a folder");
        let mode = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("set a mode");
        };
        mode(folder.path(), 0o755);
        let log = folder.path().join("log");
        fs::write(&log, "").expect("make the log");
        mode(&log, 0o666);
        let script = format!(
            "#!/bin/sh\nl={log}\n{script}\nexec {real} \"$@\"\n",
            log = log.display(),
            real = real_bwrap().display(),
        );
        let path = folder.path().join("bwrap");
        fs::write(&path, script).expect("write the script");
        mode(&path, 0o755);
        Counting { folder }
    }

    /// Puts it before the real one.
    pub fn before<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let mut path = self.folder.path().as_os_str().to_owned();
        path.push(":");
        path.push(env::var_os("PATH").unwrap_or_default());
        command.env("PATH", path)
    }

    pub fn count(&self) -> usize {
        fs::read_to_string(self.folder.path().join("log")).expect("read the log").lines().count()
    }
}

fn real_bwrap() -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut found = env::split_paths(&path).map(|folder| folder.join("bwrap"));
    found.find(|file| file.is_file()).expect("bwrap is installed")
}

/// Looks again until it holds.
#[track_caller]
pub fn wait_until(what: &str, holds: impl FnMut() -> bool) {
    wait_for(what, DEADLINE, holds);
}

/// The same, for as long as this.
#[track_caller]
pub fn wait_for(what: &str, time: Duration, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + time;
    while !holds() {
        assert!(Instant::now() < end, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
