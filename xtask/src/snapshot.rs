//! `snapshot`: builds the crate that knows insta and becomes it.
//!
//! So insta and its differ are not compiled for `run`.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::Context;
use course::Course;

use crate::args::Snapshot;
use crate::status::Status;

pub fn snapshot(args: &Snapshot) -> anyhow::Result<Status> {
    let course = Course::here()?;
    let mut command = program(&course.root)?;
    if args.accept {
        command.arg("--accept");
    }
    command.arg("--").args(&args.ids);
    // exec returns only when it failed.
    Err(command.exec()).context("start the program that compares snapshots")
}

/// Stores what one lesson prints; tells whether it could.
pub fn store(course: &Course, id: &str) -> anyhow::Result<bool> {
    let mut command = program(&course.root)?;
    let status = command.args(["--accept", "--", id]).status();
    Ok(status.context("start the program that compares snapshots")?.success())
}

fn program(root: &Path) -> anyhow::Result<Command> {
    let built = build::binaries(root, &["snapshots"])?;
    let mut command = Command::new(built.get("snapshots").context("cargo named no binary")?);
    command.current_dir(root).env(launcher::XTASK_VARIABLE, launcher::xtask_path()?);
    // insta asks the environment, not our command line.
    match anstream::ColorChoice::global() {
        anstream::ColorChoice::Never => {
            command.env("NO_COLOR", "1").env_remove("CLICOLOR_FORCE");
        }
        anstream::ColorChoice::Always | anstream::ColorChoice::AlwaysAnsi => {
            command.env("CLICOLOR_FORCE", "1").env_remove("NO_COLOR");
        }
        anstream::ColorChoice::Auto => {}
    }
    Ok(command)
}
