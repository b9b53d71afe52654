//! Where descriptor 0 or 1 is free, the next pipe gets it, and a pipeline must be able to live with
//! that.
//!
//! pipe2 takes the lowest free numbers. A C program started as `program <&-` has 0 free. Rust's
//! start-up code opens /dev/null there, so this part closes the descriptors itself, and puts them
//! back. Two habits of `pipeline/child.rs` make it work: close-on-exec is cleared where dup2 would
//! do nothing (see `dup2-same`), and 0 is put in place before 1, so that an input at 1 is not lost.

use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, RawFd};

use anyhow::Context;
use nix::fcntl::OFlag;
use nix::unistd::{close, dup2_stdin, dup2_stdout, pipe2, write};
use transcript::Transcript;

use crate::pipeline::{Finished, Pipeline};

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    for free in [libc::STDIN_FILENO, libc::STDOUT_FILENO] {
        let (number, finished) = without(&[free], count_what_cat_reads)?;
        anyhow::ensure!(number == free, "the input pipe's read end is descriptor {number}");
        writeln!(out, "{free} is free")?;
        writeln!(out, "  the input pipe's read end: {number}")?;
        show(out, "cat | wc -c", &finished)?;
    }

    let both = [libc::STDIN_FILENO, libc::STDOUT_FILENO];
    let (numbers, finished) = without(&both, count_what_echo_says)?;
    anyhow::ensure!(numbers == both, "the ends of a new pipe are {numbers:?}");
    writeln!(out, "0 and 1 are free")?;
    writeln!(out, "  the first pipe's ends: {} and {}", numbers[0], numbers[1])?;
    show(out, "echo hello | wc -c", &finished)
}

// ANCHOR: low-descriptors
/// Runs `experiment` with these descriptors closed.
fn without<T>(free: &[RawFd], experiment: fn() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let stdin = io::stdin().as_fd().try_clone_to_owned().context("copy standard input")?;
    let stdout = io::stdout().as_fd().try_clone_to_owned().context("copy standard output")?;
    let closed = free.iter().try_for_each(|&number| close(number));
    let outcome = closed.context("close a descriptor").and_then(|()| experiment());

    // Both, before an error may be returned.
    let restored = dup2_stdin(&stdin).and(dup2_stdout(&stdout));
    restored.context("put standard input and output back")?;
    outcome
}
// ANCHOR_END: low-descriptors

// ANCHOR: low-descriptors-input
fn count_what_cat_reads() -> anyhow::Result<(RawFd, Finished)> {
    let (input, feeder) = pipe2(OFlag::O_CLOEXEC).context("create the input pipe")?;
    let number = input.as_raw_fd();
    write(&feeder, b"hello\n").context("write to the input pipe")?;

    // `cat` would wait for more.
    drop(feeder);
    Ok((number, Pipeline::new(&["cat", "|", "wc", "-c"])?.execute(Some(input))?))
}
// ANCHOR_END: low-descriptors-input

// ANCHOR: low-descriptors-both
fn count_what_echo_says() -> anyhow::Result<([RawFd; 2], Finished)> {
    // What the pipeline's first pipe will get as well, since this one is closed by then.
    let numbers = {
        let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create a pipe")?;
        [reader.as_raw_fd(), writer.as_raw_fd()]
    };
    Ok((numbers, Pipeline::new(&["echo", "hello", "|", "wc", "-c"])?.execute(None)?))
}
// ANCHOR_END: low-descriptors-both

fn show(out: &mut Transcript, pipeline: &str, finished: &Finished) -> anyhow::Result<()> {
    let text = String::from_utf8_lossy(&finished.output);
    anyhow::ensure!(text.trim() == "6", "`{pipeline}` says {text:?} to 6 bytes");
    writeln!(out, "  {pipeline}: {}", text.trim())?;
    Ok(())
}
