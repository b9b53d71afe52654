//! What a student does with their copy, from the first lesson to a solved exercise.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crate::kit::{copy, course, run};

pub const EXERCISE: &str = "exercises/ex-01-forgotten-close";

pub fn target() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("students-target")
}

/// The copy, built, for one test at a time, as somebody gets it who has not begun yet.
#[track_caller]
pub fn fresh() -> MutexGuard<'static, ()> {
    static IN_USE: Mutex<()> = Mutex::new(());
    static BUILT: OnceLock<()> = OnceLock::new();
    // Where another test has failed, what it has left behind goes now.
    let alone = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
    BUILT.get_or_init(|| {
        let output = run(cargo(&["build", "--locked", "--offline", "--workspace"]));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        assert!(!said.contains("warning"), "{said}");
    });
    let folder = copy().join(EXERCISE);
    fs::copy(folder.join("skeleton/main.rs"), folder.join("src/main.rs")).expect("begin again");
    let memory = copy().join(".pipeworks");
    for of_whom in [memory.join("progress"), memory.join("lessons")] {
        // One is a file, the other a folder, and at first there is neither.
        let _ = fs::remove_file(&of_whom);
        let _ = fs::remove_dir_all(&of_whom);
    }
    alone
}

/// The program that solves it, which is not in the copy.
pub fn solution() -> PathBuf {
    course().join(EXERCISE.replace("exercises", "solutions")).join("src/main.rs")
}

/// A command in the copy, with a target directory of its own.
fn cargo(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.args(words).current_dir(copy()).env("CARGO_TARGET_DIR", target());
    for name in ["CI", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "RUSTC", "PIPEWORKS_XTASK"] {
        command.env_remove(name);
    }
    command
}

/// What it said, on both outputs.
#[track_caller]
fn xtask(words: &[&str], status: i32) -> String {
    let all: Vec<&str> = ["xtask"].iter().chain(words).copied().collect();
    let output = run(cargo(&all));
    let said = [&output.stdout[..], &output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert_eq!(output.status.code(), Some(status), "{words:?}: {said}");
    said
}

/// `watch` goes to this exercise. It would never end: `timeout` ends it with itself.
#[track_caller]
fn watches(exercise: &str) {
    let mut command = Command::new("timeout");
    let xtask = target().join("debug/xtask");
    command.arg("300").arg(xtask).arg("watch").current_dir(copy());
    command.env("CARGO_TARGET_DIR", target()).env_remove("PIPEWORKS_XTASK");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("start timeout");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let found = lines.any(|line| line.is_ok_and(|line| line.contains(exercise)));
    let ended = Command::new("kill").arg(child.id().to_string()).status();
    assert!(ended.expect("start kill").success());
    child.wait().expect("wait for it");
    assert!(found, "it never names {exercise}");
}

#[test]
fn from_the_first_lesson_to_a_solved_exercise() {
    let lock = fs::read(copy().join("Cargo.lock")).expect("read it");
    let _alone = fresh();

    let lesson = xtask(&["run", "lesson-01"], 0);
    assert!(lesson.contains("== "), "{lesson}");
    let told = xtask(&["check", "ex-01"], 1);
    assert!(told.contains("FAILED"), "{told}");
    assert!(xtask(&["hint", "ex-01"], 0).contains("hint 1 of 3"));
    let last = xtask(&["hint", "ex-01", "--level", "3"], 0);
    assert!(!last.contains("xtask solution"), "{last}");
    for words in [&["solution", "ex-01"][..], &["solution", "ex-01", "--anyway"]] {
        let said = xtask(words, 1);
        assert!(said.contains("are not in this edition of the course"), "{said}");
    }
    for words in [&["check", "--solutions"][..], &["check", "--gate"], &["test", "--soak"]] {
        let said = xtask(words, 2);
        assert!(said.contains("not in this edition of the course"), "{said}");
    }
    for verb in ["grade", "handout", "new", "tidy", "bench"] {
        assert!(xtask(&[verb], 2).contains("unrecognized subcommand"));
    }
    for words in [&["--help"][..], &["check", "--help"], &["test", "--help"]] {
        let said = xtask(words, 0);
        let not_theirs = ["grade", "tidy", "bench", "gate", "soak", "solutions"];
        let found = not_theirs.iter().find(|word| said.contains(**word));
        assert_eq!(found, None, "{said}");
    }

    let own = copy().join(EXERCISE).join("src/main.rs");
    fs::copy(solution(), &own).expect("solve it");
    let told = xtask(&["check", "ex-01"], 0);
    assert!(told.contains("It passes.") && !told.contains("xtask solution"), "{told}");
    watches("ex-02");
    assert!(xtask(&["reset", "ex-01"], 0).contains("backup"));
    let skeleton = copy().join(EXERCISE).join("skeleton/main.rs");
    assert_eq!(fs::read(&own).expect("read it"), fs::read(skeleton).expect("read it"));

    let all = xtask(&["test"], 0);
    assert!(all.contains(" 0 failed"), "{all}");
    assert_eq!(fs::read(copy().join("Cargo.lock")).expect("read it"), lock, "it fits as it is");
}
