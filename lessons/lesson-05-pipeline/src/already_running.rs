//! When a stage cannot be started, the stages before it are already running, and they do not notice
//! before they write.
//!
//! Nobody tells them: the pipe has lost its last read end, that is all, and only a write asks for
//! one (pipe(7)). A stage that waits for input goes on waiting.

use std::io::{Read, Write};

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::unistd::{pipe2, write};
use transcript::Transcript;

use crate::blocked;
use crate::pipeline::{Ended, Pipeline};

// ANCHOR: already-running
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let pipeline = Pipeline::new(&["cat", "|", "no-such-command"])?;
    let (input, feeder) = pipe2(OFlag::O_CLOEXEC).context("create the input pipe")?;
    let (mut running, mut reader) = pipeline.start(Some(input))?;

    // The error is here at once; nothing has to end for it.
    let refused: Vec<(usize, Errno)> = running.refused().collect();
    anyhow::ensure!(refused == [(1, Errno::ENOENT)], "exec has refused {refused:?}");
    writeln!(out, "{pipeline}")?;
    writeln!(out, "  {}: not started: {}", pipeline.stages[1], refused[0].1)?;

    // Nobody is behind `cat` any more, so nothing can come out of the pipeline.
    let count = reader.read(&mut [0]).context("read from the last stage")?;
    anyhow::ensure!(count == 0, "{count} bytes came from a stage that was not started");

    // `cat` is none the wiser.
    blocked::until_in(blocked::READS, 0, running.pid(0)?)?;
    writeln!(out, "  cat: blocked in read, as if nothing had happened")?;

    // With something to pass on, it must write.
    let count = write(&feeder, b"1").context("write to the first stage")?;
    let cat = running.wait_for(0)?;
    anyhow::ensure!(cat == Ended::Killed(libc::SIGPIPE), "`cat` ended otherwise: {cat:?}");
    writeln!(out, "{count} byte comes in")?;
    writeln!(out, "  cat: {cat}")?;
    Ok(())
}
// ANCHOR_END: already-running
