//! What a user types, and what they get: every verb, every exit status.

mod book;
mod doctor;
mod exercises;
mod first_build;
mod listing;
mod new;
mod recipes;
mod resetting;
mod running;
mod survivors;
mod updating;
mod verbs;

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use assert_cmd::Command;
use assert_cmd::assert::Assert;

/// No command of these tests takes this long, a build of a small lesson included.
const DEADLINE: Duration = Duration::from_secs(300);

/// `xtask` in a folder, in an environment without colours' settings.
#[track_caller]
fn xtask(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.current_dir(folder).timeout(DEADLINE);
    for name in ["CI", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CARGO_TARGET_DIR"] {
        command.env_remove(name);
    }
    command
}

/// Runs `xtask` with these words.
#[track_caller]
fn run<W: AsRef<OsStr>>(folder: &Path, words: impl IntoIterator<Item = W>) -> Assert {
    xtask(folder).args(words).assert()
}

fn stdout(assert: &Assert) -> String {
    String::from_utf8_lossy(&assert.get_output().stdout).into_owned()
}

fn stderr(assert: &Assert) -> String {
    String::from_utf8_lossy(&assert.get_output().stderr).into_owned()
}
