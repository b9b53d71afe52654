//! The checker in a small course; see [`fixture::checked`] for what its exercises test.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use fixture::Fixture;

pub use fixture::checked::{course, exercise, patch, prints};

/// No command of these tests takes this long, a build of a small program included.
const DEADLINE: Duration = Duration::from_secs(300);

/// What the student has written for exercise 1.
pub fn write(course: &Fixture, source: &str) {
    course.write(fixture::checked::SOURCE, source);
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
