//! Exercise 10: commands that run at once, and their outputs in order. The task is in README.md.

#![allow(unsafe_code)]

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

/// Apart from every number of commands that may fail.
const OWN_ERROR: u8 = 255;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let Some((at_once, commands)) = parse(&words) else {
        let _ = writeln!(io::stderr(), "usage: [-j NUMBER] COMMAND…");
        return ExitCode::from(OWN_ERROR);
    };
    run(commands, at_once).unwrap_or_else(|error| {
        let _ = writeln!(io::stderr(), "Error: {error:#}");
        ExitCode::from(OWN_ERROR)
    })
}

/// How many may run at once, and the commands; `None` where the usage is wrong.
fn parse(words: &[OsString]) -> Option<(usize, &[OsString])> {
    let (at_once, commands) = match words {
        [option, number, commands @ ..] if option == "-j" => {
            (number.to_str()?.parse().ok()?, commands)
        }
        commands => (commands.len(), commands),
    };
    let is_option = commands.first()?.as_encoded_bytes().starts_with(b"-");
    (at_once > 0 && !is_option).then_some((at_once, commands))
}

/// Runs the commands, at most so many at once, prints their outputs in order, and returns how many
/// failed, as status.
fn run(commands: &[OsString], at_once: usize) -> anyhow::Result<ExitCode> {
    let _ = (commands, at_once);
    todo!("start the commands, read whichever has something, print in order, wait for all")
}
