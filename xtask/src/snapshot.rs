//! `snapshot`: builds the crate that knows insta and becomes it.
//!
//! So insta and its differ are not compiled for `run`.

use std::os::unix::process::CommandExt;

use anyhow::Context;
use course::Course;

use crate::args::Snapshot;
use crate::helper;
use crate::status::Status;

pub fn snapshot(args: &Snapshot) -> anyhow::Result<Status> {
    let course = Course::here()?;
    // A wrong ID is told before anything is built.
    course.lessons_named(&args.ids)?;
    let mut command = helper::program(&course.root, "snapshots")?;
    if args.accept {
        command.arg("--accept");
    }
    command.arg("--").args(&args.ids);
    // exec returns only when it failed.
    Err(command.exec()).context("start the program that compares snapshots")
}

/// Stores what one lesson prints; tells whether it could.
#[cfg(feature = "author")]
pub fn store(course: &Course, id: &str) -> anyhow::Result<bool> {
    let mut command = helper::program(&course.root, "snapshots")?;
    let status = command.args(["--accept", "--", id]).status();
    Ok(status.context("start the program that compares snapshots")?.success())
}
