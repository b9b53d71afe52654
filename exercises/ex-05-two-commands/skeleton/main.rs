//! Exercise 5: two commands joined by a pipe. The task is in README.md.

#![allow(unsafe_code)]

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let bar = words.iter().position(|word| word == "|");
    match bar.map(|bar| (&words[..bar], &words[bar + 1..])) {
        Some((first @ [_, ..], second @ [_, ..])) => run(first, second),
        _ => {
            writeln!(io::stderr(), "usage: COMMAND [ARGS…] '|' COMMAND [ARGS…]")?;
            Ok(ExitCode::from(2))
        }
    }
}

/// Runs both commands, prints what came of them, and returns the second one's status.
fn run(first: &[OsString], second: &[OsString]) -> anyhow::Result<ExitCode> {
    let _ = (first, second);
    todo!("make the pipe, start both commands, read all they say, wait for both")
}
