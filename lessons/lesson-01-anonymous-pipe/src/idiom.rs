//! The greeting once more as today's Rust writes it: `std::io::pipe` and `std::process::Command`.
//!
//! Both are the calls of `greeting` in other clothes. `std::io::pipe` is pipe2 with close-on-exec.
//! `Command` forks (or calls posix_spawn), puts the write end in place of the child's standard
//! output, gives SIGPIPE its default action back, and runs a program. There is no unsafe, because
//! no code of ours runs in the child.

use std::io::{self, Read, Write};
use std::process::Command;

use anyhow::Context;
use transcript::Transcript;

/// A program that is there on every Unix.
const SHELL: &str = "/bin/sh";
const SCRIPT: &str = "echo 'hello from the child process!'";

// ANCHOR: idiom
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (mut reader, writer) = io::pipe().context("create the pipe")?;

    // The writer moves into a Command that ends with this statement, and that closes the parent's
    // write end. No `drop` is needed as long as the Command gets no name of its own.
    let mut child = Command::new(SHELL)
        .args(["-c", SCRIPT])
        .stdout(writer)
        .spawn()
        .with_context(|| format!("start {SHELL}"))?;

    // Until end-of-file, as before: one read may return less.
    let mut received = Vec::new();
    let outcome = reader.read_to_end(&mut received);

    // Also after a failed read: a child that nobody waits for stays behind as a zombie.
    let status = child.wait().context("wait for the child")?;
    outcome.context("read from the pipe")?;
    anyhow::ensure!(status.success(), "the child ended with {status}");

    let text = String::from_utf8_lossy(&received);
    write!(out, "Parent received {} bytes: {text}", received.len())?;
    Ok(())
}
// ANCHOR_END: idiom
