//! `check`: starts the program that runs the exercises' tests; it is built when it is first used.

#[cfg(feature = "author")]
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
#[cfg(feature = "author")]
use anyhow::ensure;
use course::Course;

use crate::args::Check;
use crate::helper;
#[cfg(feature = "author")]
use crate::output;
use crate::status::Status;
#[cfg(feature = "author")]
use crate::tidy::{Tree, unfinished};

pub fn check(args: &Check) -> anyhow::Result<Status> {
    if cfg!(not(feature = "author")) && (args.solutions || args.gate || args.accept) {
        return Ok(crate::output::for_authors("our programs and those that test the tests"));
    }
    let root = Course::root_here()?;
    #[cfg(feature = "author")]
    if args.gate {
        return gate(&Course::read(root)?, args);
    }
    let mut command = match helper::known(&root, "checker")? {
        // It reads the course itself, at once.
        Some(command) => command,
        None => {
            // A wrong ID is told before anything is built.
            Course::read(root.clone())?.exercises_named(&args.ids)?;
            helper::program(&root, "checker")?
        }
    };
    if args.solutions {
        command.arg("--solutions");
    }
    if args.times {
        command.arg("--times");
    }
    let seed = args.seed.unwrap_or_else(fresh_seed);
    command.args(["--seed", &seed.to_string(), "--"]).args(&args.ids);
    start(command)
}

/// What the gate records is told of one input.
#[cfg(feature = "author")]
const GATE_SEED: u64 = 1;

/// Tells what drafts lack, and has all others checked.
#[cfg(feature = "author")]
fn gate(course: &Course, args: &Check) -> anyhow::Result<Status> {
    let tree = Tree::read(&course.root)?;
    let mut out = output::stdout();
    let (mut whole, mut lacking) = (Vec::new(), 0);
    for entry in course.exercises_named(&args.ids)? {
        let findings = unfinished(&tree, entry);
        if findings.is_empty() {
            whole.push(&entry.id);
        }
        for finding in &findings {
            writeln!(out, "{} FAILED: {finding}", entry.id)?;
        }
        lacking += findings.len();
    }
    if lacking > 0 {
        writeln!(out, "0 passed, {lacking} failed, 0 skipped")?;
    }
    out.flush()?;
    if whole.is_empty() {
        return Ok(if lacking > 0 { Status::Failed } else { Status::Holds });
    }
    let mut command = helper::program(&course.root, "checker")?;
    command.arg("--gate");
    if args.accept {
        command.arg("--accept");
    }
    let seed = args.seed.unwrap_or(GATE_SEED);
    command.args(["--seed", &seed.to_string(), "--"]).args(whole);
    if lacking == 0 {
        return start(command);
    }
    let status = command.status().context("start the program that checks exercises")?;
    ensure!(matches!(status.code(), Some(0 | 1)), "the gate of the others ended with {status}");
    Ok(Status::Failed)
}

/// Becomes the program: its exit status is the verb's.
fn start(mut command: Command) -> anyhow::Result<Status> {
    // exec returns only when it failed.
    Err(command.exec()).context("start the program that checks exercises")
}

/// Another at each call, and small enough to be typed.
pub fn fresh_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos());
    u64::try_from(now / 1000 % 1_000_000).unwrap_or(0)
}
