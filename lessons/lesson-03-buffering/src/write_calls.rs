//! The same lines cost many writes, one for each line, or a single one: that is what a buffer in
//! the process is for.
//!
//! A pipe made with O_DIRECT keeps every write as a packet of its own, and a read brings one packet
//! (pipe(2)). So the reads that bring something count the writer's calls, and no tracer is needed.
//! A `File` has no buffer, so `writeln!` writes each of its pieces. `println!` goes through
//! `io::stdout()`, and that is buffered by lines, into a terminal and into a pipe alike. C's
//! standard output is fully buffered as soon as it is no terminal (stdout(3)).

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::fd::AsFd;

use anyhow::Context;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::{dup2_stdout, pipe2, read};
use transcript::Transcript;

use crate::measure;

pub const CLAIM: &str = "the buffer decides how often write is called";

/// Each in three pieces, and one packet takes one of the pipe's 16 slots: five lines fit.
const LINES: usize = 5;

// ANCHOR: write-calls
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let bare = count_calls(|file| print_lines(file).map(drop)).context("without a buffer")?;
    let by_line = count_calls(print_to_stdout).context("through io::stdout()")?;
    let at_once = count_calls(|file| print_lines(BufWriter::new(file))?.flush())
        .context("through a BufWriter")?;

    // One for each line, one for all; without a buffer it is up to the formatting, but more.
    let counts = (bare.0, by_line.0, at_once.0);
    anyhow::ensure!(bare.0 > LINES && (by_line.0, at_once.0) == (LINES, 1), "calls: {counts:?}");
    anyhow::ensure!(bare.1 == at_once.1 && by_line.1 == at_once.1, "the texts are not the same");

    writeln!(out, "{LINES} lines, {} bytes, written to", at_once.1.len())?;
    writeln!(out, "  a File, without a buffer:      {:>2} write calls", bare.0)?;
    writeln!(out, "  io::stdout(), as by println!:  {:>2} write calls", by_line.0)?;
    writeln!(out, "  a BufWriter:                   {:>2} write call", at_once.0)?;
    Ok(())
}
// ANCHOR_END: write-calls

// ANCHOR: write-calls-lines
fn print_lines<W: Write>(mut to: W) -> io::Result<W> {
    for number in 1..=LINES {
        writeln!(to, "line {number}")?;
    }
    Ok(to)
}
// ANCHOR_END: write-calls-lines

// ANCHOR: write-calls-stdout
/// Standard output is descriptor 1, so the file takes that place meanwhile.
fn print_to_stdout(to: File) -> io::Result<()> {
    let stdout = io::stdout().as_fd().try_clone_to_owned()?;
    dup2_stdout(&to)?;
    let printed = print_lines(io::stdout());
    dup2_stdout(&stdout)?;
    printed.map(drop)
}
// ANCHOR_END: write-calls-stdout

// ANCHOR: write-calls-count
/// Runs `print` on a pipe's write end; returns how many writes arrived, and what was in them.
fn count_calls(print: impl FnOnce(File) -> io::Result<()>) -> anyhow::Result<(usize, Vec<u8>)> {
    // Nobody reads while `print` runs. Should its packets not fit, O_NONBLOCK makes that an error.
    let flags = OFlag::O_CLOEXEC | OFlag::O_DIRECT | OFlag::O_NONBLOCK;
    let (reader, writer) = pipe2(flags).context("create the pipe")?;
    let sixteen_pages = measure::sixteen_pages()?;
    fcntl(&writer, FcntlArg::F_SETPIPE_SZ(sixteen_pages)).context(measure::REFUSED)?;

    // The write end moves into `print` and is closed there: that gives the loop its end-of-file.
    print(File::from(writer)).context("write the lines: the pipe takes 16 packets")?;

    let mut packet = [0; 4096];
    let (mut calls, mut text) = (0, Vec::new());
    loop {
        // A packet is never larger than this, and a read never brings two of them.
        let count = read(&reader, &mut packet).context("read a packet")?;
        if count == 0 {
            return Ok((calls, text));
        }
        calls += 1;
        text.extend_from_slice(&packet[..count]);
    }
}
// ANCHOR_END: write-calls-count
