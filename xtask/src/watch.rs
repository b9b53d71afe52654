//! `watch`: starts the program that checks at every save; it is built when it is first used.

use std::os::unix::process::CommandExt;

use anyhow::Context;
use course::Course;

use crate::args::Watch;
use crate::helper;
use crate::status::Status;

pub fn watch(args: &Watch) -> anyhow::Result<Status> {
    let course = Course::here()?;
    if let Some(id) = &args.id {
        // A wrong ID is told before anything is built.
        course.exercise(id)?;
    }
    let checker = helper::tool(&course.root, "checker")?;
    let mut command = helper::program(&course.root, "watcher")?;
    command.arg("--checker").arg(checker);
    if let Some(poll) = args.poll {
        command.args(["--poll", &poll.as_millis().to_string()]);
    }
    if args.times {
        command.arg("--times");
    }
    command.args(&args.id);
    // exec returns only when it failed.
    Err(command.exec()).context("start the program that watches exercises")
}
