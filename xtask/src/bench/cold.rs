//! From nothing to the first output: a fresh clone of this course against rustlings.
//!
//! Downloads do not count on either side: everything is fetched before the clock starts.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use course::Course;

use crate::output;

use super::{time, verdict};

const RUSTLINGS: &str = "6.5.0";
/// The most that our time may be of theirs.
const TARGET: f64 = 0.6;

/// Measures both once, prints them, and tells whether the target is met.
pub fn cold(course: &Course) -> anyhow::Result<bool> {
    let place = files::TempDir::new().context("make a temporary directory")?;
    // What is installed must not find the settings or the target directory of this workspace.
    let ours = our_first_output(course, place.path())?;
    let theirs = their_first_exercise(place.path())?;
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    let mut out = output::stdout();
    writeln!(out, "\nfrom nothing, downloads excluded")?;
    writeln!(out, "{:<60} {:>7.1} s", "a fresh clone to lesson-01's output", ours.as_secs_f64())?;
    let what = format!("installing rustlings {RUSTLINGS} and showing its first exercise");
    writeln!(out, "{what:<60} {:>7.1} s", theirs.as_secs_f64())?;
    let met = ratio <= TARGET;
    writeln!(out, "ratio {ratio:.2}, at most {TARGET}: {}", verdict(met))?;
    out.flush()?;
    Ok(met)
}

/// Cargo in `folder`, with nothing of this process's own build.
fn cargo(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(build::cargo());
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command.env_remove("CARGO_TARGET_DIR").env_remove("RUSTFLAGS");
    command
}

fn our_first_output(course: &Course, place: &Path) -> anyhow::Result<Duration> {
    let clone = place.join("clone");
    let mut git = Command::new("git");
    git.args(["clone", "--quiet"]).arg(&course.root).arg(&clone);
    time(&mut git)?;
    time(&mut cargo(&clone, &["fetch", "--locked"]))?;
    time(&mut cargo(&clone, &["xtask", "run", "lesson-01"]))
}

fn their_first_exercise(place: &Path) -> anyhow::Result<Duration> {
    let version = format!("rustlings@{RUSTLINGS}");
    let install = |root: &Path, more: &[&str]| {
        let mut command = cargo(place, &["install", &version, "--locked", "--root"]);
        command.arg(root).args(more);
        command
    };
    // cargo has no other way to fetch what a program from the registry is made of.
    time(&mut install(&place.join("fetched"), &[]))?;
    let root = place.join("rustlings");
    let mut total = time(&mut install(&root, &["--offline"]))?;

    let rustlings = root.join("bin/rustlings");
    let empty = place.join("empty");
    fs::create_dir(&empty).context("make an empty folder")?;
    // `init` waits for Enter.
    let mut init = Command::new("sh");
    init.args(["-c", "echo | \"$0\" init"]).arg(&rustlings).current_dir(&empty);
    total += time(&mut init)?;
    // Their first exercise passes as it stands, so it ends with success.
    let mut first = Command::new(&rustlings);
    first.args(["run", "intro1"]).current_dir(empty.join("rustlings"));
    total += time(&mut first)?;
    Ok(total)
}
