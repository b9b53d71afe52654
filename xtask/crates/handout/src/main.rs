//! Writes copies of the course. Started by the runner's verb `handout`:
//!
//! ```text
//! handout FOLDER|FILE.zip|FILE.tar.gz [gradescope]
//! ```

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use course::Course;
use handout::{For, Refused, write};

fn main() -> ExitCode {
    let error = match run() {
        Ok(()) => return ExitCode::SUCCESS,
        Err(error) => error,
    };
    let _ = writeln!(anstream::stderr(), "error: {error:#}");
    ExitCode::from(if error.is::<Refused>() { 2 } else { 125 })
}

fn run() -> anyhow::Result<()> {
    let mut words = std::env::args_os().skip(1);
    let out = words.next().map(PathBuf::from);
    let out = out.context("this program is started by `cargo xtask handout`")?;
    let is_gradescopes = words.next().is_some_and(|word| word == "gradescope");
    let whom = if is_gradescopes { For::Gradescope } else { For::Students };
    let written = write(&Course::here()?, whom, &out)?;
    let not_in_it = match whom {
        For::Students => "no solutions, hidden tests or grader in it",
        For::Gradescope => "solutions and hidden tests are in it: it is for Gradescope alone",
    };
    writeln!(
        anstream::stdout(),
        "{}: {} lessons, {} exercises, {} files; {not_in_it}",
        out.display(),
        written.lessons,
        written.exercises,
        written.files
    )?;
    Ok(())
}
