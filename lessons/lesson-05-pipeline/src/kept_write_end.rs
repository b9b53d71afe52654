//! Two commands with a pipe between them, and a parent that keeps its write end: the second command
//! never sees end-of-file.
//!
//! The article says that a *read* end left open in the parent does this. That is wrong: the kernel
//! counts write ends for end-of-file (pipe(7)), and `kept-read-end` shows that a kept read end
//! withholds something else.

use std::fs::File;
use std::io::{Read, Write};

use anyhow::Context;
use nix::fcntl::OFlag;
use nix::unistd::pipe2;
use transcript::Transcript;

use crate::blocked;
use crate::pipeline::{Ended, Running, Stage, spawn::spawn};

// ANCHOR: kept-write-end
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let mut running = Running::default();

    // The pipe comes before both forks.
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;
    running.push(spawn(&Stage::new(&["echo", "hello world"])?, None, &writer)?);

    // A second pipe brings the result here.
    let (result, result_writer) = pipe2(OFlag::O_CLOEXEC).context("create the result pipe")?;
    running.push(spawn(&Stage::new(&["wc", "-w"])?, Some(&reader), &result_writer)?);

    // Only `wc` has this end now, so end-of-file comes here when it ends.
    drop(result_writer);

    // The first command has written all it has, and is gone.
    let echo = running.wait_for(0)?;
    anyhow::ensure!(echo == Ended::Exited(0), "`echo` ended otherwise: {echo:?}");
    writeln!(out, "the parent keeps the write end")?;
    writeln!(out, "  echo: {echo}")?;

    // Its last word has come, and `wc` waits for more: from this process.
    blocked::until_in(blocked::READS, 0, running.pid(1)?)?;
    writeln!(out, "  wc:   blocked in read")?;

    // What was forgotten after the forks.
    drop(writer);
    let mut text = String::new();
    File::from(result).read_to_string(&mut text).context("read the result")?;
    let wc = running.wait_for(1)?;
    anyhow::ensure!(wc == Ended::Exited(0), "`wc` ended otherwise: {wc:?}");
    writeln!(out, "the parent drops it")?;
    writeln!(out, "  wc:   {wc}")?;

    let text = text.trim();
    anyhow::ensure!(text == "2", "`wc -w` says {text:?}");
    writeln!(out, "pipe result: '{text}'")?;
    Ok(())
}
// ANCHOR_END: kept-write-end
