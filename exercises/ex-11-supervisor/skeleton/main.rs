//! Exercise 11: a supervisor with a health check. The task is in README.md.

#![allow(unsafe_code)]

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};

const USAGE: &str = "usage: [--check COMMAND] [--interval MS] [--deadline MS] [--grace MS] \
    [--restarts N] [--backoff MS] PROGRAM [ARGS…]";
/// The exit code when no restart is left.
const GAVE_UP: u8 = 3;

struct Options {
    /// For `sh -c`.
    check: Option<OsString>,
    interval: Duration,
    deadline: Duration,
    grace: Duration,
    restarts: u32,
    backoff: Duration,
    /// The program and its arguments.
    program: Vec<OsString>,
}

fn main() -> anyhow::Result<ExitCode> {
    match parse(std::env::args_os().skip(1)) {
        Ok(options) => supervise(&options),
        Err(error) => {
            writeln!(io::stderr(), "{error:#}\n{USAGE}")?;
            Ok(ExitCode::from(2))
        }
    }
}

fn parse(words: impl Iterator<Item = OsString>) -> anyhow::Result<Options> {
    let [wait, second] = [5000, 1000].map(Duration::from_millis);
    let (interval, deadline, grace, backoff) = (wait, wait, wait, second);
    let program = Vec::new();
    let mut options =
        Options { check: None, interval, deadline, grace, restarts: 3, backoff, program };
    let mut words = words.peekable();
    while let Some(name) = words.next_if(|word| word.as_encoded_bytes().starts_with(b"--")) {
        let value = words.next().with_context(|| format!("{} takes a value", name.display()))?;
        let number = || {
            let number = value.to_str().and_then(|value| value.parse::<u32>().ok());
            number.with_context(|| format!("{} takes a number", name.display()))
        };
        let millis = || number().map(|number| Duration::from_millis(number.into()));
        match name.to_str() {
            Some("--check") => options.check = Some(value),
            Some("--interval") => options.interval = millis()?,
            Some("--deadline") => options.deadline = millis()?,
            Some("--grace") => options.grace = millis()?,
            Some("--restarts") => options.restarts = number()?,
            Some("--backoff") => options.backoff = millis()?,
            _ => bail!("there is no option {}", name.display()),
        }
    }
    options.program.extend(words);
    if options.program.is_empty() {
        bail!("no program was named");
    }
    Ok(options)
}

/// Runs the program, again and again, until it is told to stop or no restart is left.
fn supervise(options: &Options) -> anyhow::Result<ExitCode> {
    let Options { check, interval, deadline, grace, restarts, backoff, program } = options;
    let _ = (check, interval, deadline, grace, restarts, backoff, program);
    todo!("start the program, have it checked, stop it, start it again; GAVE_UP is {GAVE_UP}")
}
