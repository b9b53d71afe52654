//! Writes the students' copy of the course. Started by the runner's verb `handout`:
//!
//! ```text
//! handout FOLDER|FILE.zip|FILE.tar.gz
//! ```

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use course::Course;
use handout::{Refused, write};

fn main() -> ExitCode {
    let error = match run() {
        Ok(()) => return ExitCode::SUCCESS,
        Err(error) => error,
    };
    let _ = writeln!(anstream::stderr(), "error: {error:#}");
    ExitCode::from(if error.is::<Refused>() { 2 } else { 125 })
}

fn run() -> anyhow::Result<()> {
    let out = std::env::args_os().nth(1).map(PathBuf::from);
    let out = out.context("this program is started by `cargo xtask handout`")?;
    let written = write(&Course::here()?, &out)?;
    writeln!(
        anstream::stdout(),
        "{}: {} lessons, {} exercises, {} files; no solutions, hidden tests or grader in it",
        out.display(),
        written.lessons,
        written.exercises,
        written.files
    )?;
    Ok(())
}
