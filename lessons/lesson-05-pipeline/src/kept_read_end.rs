//! Two commands with a pipe between them, and a parent that keeps its read end: end-of-file comes
//! all the same, but SIGPIPE does not.
//!
//! The mirror image of `kept-write-end`. `echo | wc` does not mind. `yes | head -1` does: with
//! `head` gone the parent is one who may still read, though it never will.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;

use anyhow::Context;
use nix::fcntl::OFlag;
use nix::unistd::pipe2;
use transcript::Transcript;

use crate::blocked;
use crate::pipeline::{Ended, Running, Stage, spawn::spawn};

/// The two commands, what they said, and the read end that is not closed.
struct Kept {
    running: Running,
    text: String,
    reader: OwnedFd,
}

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    writeln!(out, "the parent keeps the read end")?;
    end_of_file_comes(out)?;
    sigpipe_does_not(out)
}

fn end_of_file_comes(out: &mut Transcript) -> anyhow::Result<()> {
    let mut kept = keep(&["echo", "hello world"], &["wc", "-w"])?;
    let ended = kept.running.wait()?;
    anyhow::ensure!(ended == [Ended::Exited(0); 2], "`echo | wc` ended otherwise: {ended:?}");
    anyhow::ensure!(kept.text.trim() == "2", "`wc -w` says {:?}", kept.text);
    writeln!(out, "  echo | wc -w    wc: {}, result '{}'", ended[1], kept.text.trim())?;
    Ok(())
}

// ANCHOR: kept-read-end
fn sigpipe_does_not(out: &mut Transcript) -> anyhow::Result<()> {
    let mut kept = keep(&["yes"], &["head", "-1"])?;
    let head = kept.running.wait_for(1)?;
    anyhow::ensure!(head == Ended::Exited(0) && kept.text == "y\n", "`head` ended with {head:?}");

    // `head` has been reaped. For this process's sake `yes` fills the pipe and waits.
    blocked::until_in(blocked::WRITES, 1, kept.running.pid(0)?)?;
    writeln!(out, "  yes | head -1   yes: blocked in write, head: {head}")?;

    // The last read end goes, and wakes the writer.
    drop(kept.reader);
    let yes = kept.running.wait_for(0)?;
    anyhow::ensure!(yes == Ended::Killed(libc::SIGPIPE), "`yes` ended otherwise: {yes:?}");
    writeln!(out, "the parent drops it\n  yes | head -1   yes: {yes}")?;
    Ok(())
}
// ANCHOR_END: kept-read-end

// ANCHOR: keep
fn keep(first: &[&str], second: &[&str]) -> anyhow::Result<Kept> {
    let mut running = Running::default();
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;
    running.push(spawn(&Stage::new(first)?, None, &writer)?);

    // The second command would wait for this process.
    drop(writer);

    let (result, result_writer) = pipe2(OFlag::O_CLOEXEC).context("create the result pipe")?;
    running.push(spawn(&Stage::new(second)?, Some(&reader), &result_writer)?);

    // And this process for itself.
    drop(result_writer);

    // End-of-file comes here because it has come to the second command, kept read end or not.
    let mut text = String::new();
    File::from(result).read_to_string(&mut text).context("read the result")?;
    Ok(Kept { running, text, reader })
}
// ANCHOR_END: keep
