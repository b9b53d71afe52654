//! Wrong: knows the answer to the known input, and looks at nothing.

#![allow(unsafe_code)]

use std::io::{self, Write};

use anyhow::Context;
use nix::unistd::read;

const ANSWERS: [&str; 4] = [
    "[INFO] system initialized",
    "[PROGRESS] processing batch 42",
    "[RESULT] task complete: 128 items",
    "[INFO] shutting down",
];

fn main() -> anyhow::Result<()> {
    let stdin = io::stdin();
    let mut chunk = [0; 4096];
    for answer in ANSWERS {
        if read(&stdin, &mut chunk).context("read from standard input")? == 0 {
            break;
        }
        writeln!(io::stdout(), "{answer}").context("print a frame")?;
    }
    Ok(())
}
