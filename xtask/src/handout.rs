//! `handout`: starts the program that writes the students' copy; it is built when it is first used.

use std::os::unix::process::CommandExt;

use anyhow::Context;
use course::Course;

use crate::args::Handout;
use crate::status::Status;

pub fn handout(args: &Handout) -> anyhow::Result<Status> {
    let course = Course::here()?;
    // The program works at the root: what was typed is relative to where it was typed.
    let out = std::env::current_dir().context("find the working directory")?.join(&args.out);
    let mut command = crate::helper::program(&course.root, "handout")?;
    command.arg(out).args(args.gradescope.then_some("gradescope"));
    // exec returns only when it failed.
    Err(command.exec()).context("start the program that writes the students' copy")
}
