//! `check`: starts the program that runs the exercises' tests; it is built when it is first used.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use course::Course;

use crate::args::Check;
use crate::status::Status;

pub fn check(args: &Check) -> anyhow::Result<Status> {
    let root = Course::root_here()?;
    let mut command = match crate::helper::known(&root, "checker")? {
        // It reads the course itself, at once.
        Some(command) => command,
        None => {
            // A wrong ID is told before anything is built.
            Course::read(root.clone())?.exercises_named(&args.ids)?;
            crate::helper::program(&root, "checker")?
        }
    };
    if args.solutions {
        command.arg("--solutions");
    }
    if args.gate {
        command.arg("--gate");
    }
    if args.accept {
        command.arg("--accept");
    }
    if args.times {
        command.arg("--times");
    }
    // What the gate records is told of one input.
    let seed = args.seed.unwrap_or_else(|| if args.gate { GATE_SEED } else { fresh_seed() });
    command.args(["--seed", &seed.to_string(), "--"]).args(&args.ids);
    start(command)
}

const GATE_SEED: u64 = 1;

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
