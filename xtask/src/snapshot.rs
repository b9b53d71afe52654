//! `snapshot`: builds the crate that knows insta and becomes it.
//!
//! So insta and its differ are not compiled for `run`.

use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::Context;
use course::Course;

use crate::args::Snapshot;
use crate::status::Status;

pub fn snapshot(args: &Snapshot) -> anyhow::Result<Status> {
    let course = Course::here()?;
    let built = build::binaries(&course.root, &["snapshots"])?;
    let binary = built.get("snapshots").context("cargo named no binary")?;
    let mut command = Command::new(binary);
    command.args(&args.ids).current_dir(&course.root);
    if args.accept {
        command.arg("--accept");
    }
    command.env(launcher::XTASK_VARIABLE, launcher::xtask_path()?);
    // exec returns only when it failed.
    Err(command.exec()).with_context(|| format!("start {}", binary.display()))
}
