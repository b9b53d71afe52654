//! Exercise 12: a pool of workers. The task is in README.md.

#![allow(unsafe_code)]

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};

const USAGE: &str = "usage: [--backoff MS] [--grace MS] N PROGRAM [ARGS…]";

struct Options {
    backoff: Duration,
    grace: Duration,
    count: u32,
    /// The program and its arguments.
    program: Vec<OsString>,
}

fn main() -> anyhow::Result<ExitCode> {
    match parse(std::env::args_os().skip(1)) {
        Ok(options) => hold(&options),
        Err(error) => {
            writeln!(io::stderr(), "{error:#}\n{USAGE}")?;
            Ok(ExitCode::from(2))
        }
    }
}

fn parse(words: impl Iterator<Item = OsString>) -> anyhow::Result<Options> {
    let [backoff, grace] = [1000, 5000].map(Duration::from_millis);
    let mut options = Options { backoff, grace, count: 0, program: Vec::new() };
    let number = |name: &str, value: Option<OsString>| {
        let number = value.and_then(|value| value.to_str()?.parse::<u32>().ok());
        number.with_context(|| format!("{name} takes a number"))
    };
    let mut words = words.peekable();
    while let Some(name) = words.next_if(|word| word.as_encoded_bytes().starts_with(b"--")) {
        let time = match name.to_str() {
            Some("--backoff") => &mut options.backoff,
            Some("--grace") => &mut options.grace,
            _ => bail!("there is no option {}", name.display()),
        };
        let millis = number(&name.to_string_lossy(), words.next())?;
        *time = Duration::from_millis(millis.into());
    }
    options.count = number("the first word: it", words.next())?;
    options.program.extend(words);
    if options.count == 0 || options.program.is_empty() {
        bail!("no worker was asked for");
    }
    Ok(options)
}

/// Holds the workers at their number until told to stop.
fn hold(options: &Options) -> anyhow::Result<ExitCode> {
    let Options { backoff, grace, count, program } = options;
    let _ = (backoff, grace, count, program);
    todo!("start the workers, wait until one ends, start it again")
}
