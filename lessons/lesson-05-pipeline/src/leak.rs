//! Without close-on-exec `yes | head -1` never ends: `yes` itself holds a read end of the pipe that
//! it writes to.
//!
//! The same Pipeline as in `sigpipe`, but its pipes are made with no flag, as by pipe(2). `yes`
//! inherits both ends of its own output pipe, and exec leaves them open (execve(2)). To the kernel
//! that looks like somebody who may still read, so there is no SIGPIPE, only a full pipe.

use std::io::{Read, Write};

use anyhow::Context;
use nix::fcntl::OFlag;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpid};
use transcript::Transcript;

use crate::pipeline::{Ended, Pipeline, Running};
use crate::{blocked, ends};

// ANCHOR: leak
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let mut pipeline = Pipeline::new(&["yes", "|", "head", "-1"])?;
    // The one change.
    pipeline.pipe_flags = OFlag::empty();
    let (mut running, mut reader) = pipeline.start(None)?;

    // `head` takes its line and ends.
    let mut output = String::new();
    reader.read_to_string(&mut output).context("read from the last stage")?;
    let head = running.wait_for(1)?;
    anyhow::ensure!(head == Ended::Exited(0) && output == "y\n", "{head:?} after {output:?}");
    write!(out, "{pipeline}, without close-on-exec\n  says: {output}")?;
    writeln!(out, "  head: {head}")?;

    let yes = running.pid(0)?;
    show_the_leak(out, yes)?;

    // It would still be there tomorrow.
    kill(yes, Signal::SIGKILL).context("kill `yes`")?;
    end_of_yes(out, &mut running)
}
// ANCHOR_END: leak

// ANCHOR: leak-seen
fn show_the_leak(out: &mut Transcript, yes: Pid) -> anyhow::Result<()> {
    // The reader has been reaped, and no signal has come.
    blocked::until_in(blocked::WRITES, 1, yes)?;
    writeln!(out, "  yes: blocked in write, its pipe is full")?;

    let pipe = ends::output_of(yes)?;
    let (own, ours) = (ends::read_ends(yes, &pipe)?, ends::read_ends(getpid(), &pipe)?);
    anyhow::ensure!(own == 1 && ours == 0, "`yes` holds {own} read ends, this process {ours}");
    writeln!(out, "read ends of that pipe")?;
    writeln!(out, "  in yes itself: {own}, the leaked one")?;
    writeln!(out, "  in the lesson: {ours}")?;
    Ok(())
}
// ANCHOR_END: leak-seen

fn end_of_yes(out: &mut Transcript, running: &mut Running) -> anyhow::Result<()> {
    let ended = running.wait_for(0)?;
    anyhow::ensure!(ended == Ended::Killed(libc::SIGKILL), "`yes` ended otherwise: {ended:?}");
    writeln!(out, "the lesson has to end it\n  yes: {ended}")?;
    Ok(())
}
