//! A stage has ended, and its pipe is still open: a grandchild that it started in the background
//! holds the write end.
//!
//! A shell copies its descriptors to every command that it starts. End-of-file comes when the last
//! copy is closed, not when the stage ends: for the next stage, and so for the caller.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;

use anyhow::Context;
use nix::fcntl::OFlag;
use nix::sys::prctl::set_child_subreaper;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Pid, pipe2, write};
use transcript::Transcript;

use crate::blocked;
use crate::pipeline::{Ended, NEEDS_OF_A_SHELL, Pipeline, Running};

/// What stands in brackets runs in the background, and `$!` is its pid. In the background standard
/// input is /dev/null; descriptor 3 saves the shell's own for it.
const SCRIPT: &str = "exec 3<&0; (exec <&3; read -r line && echo 'the grandchild') & echo $!";
/// Lets the grandchild go on: a line (any will do).
const GO: &[u8] = b"go\n";

// ANCHOR: grandchild
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    // The grandchild loses its parent; from now on this process gets it, and not init, and can reap
    // it (PR_SET_CHILD_SUBREAPER(2const)).
    set_child_subreaper(true).context("become the subreaper")?;

    // The grandchild does nothing before a line comes through here.
    let (control, go) = pipe2(OFlag::O_CLOEXEC).context("create the control pipe")?;
    let pipeline = Pipeline::new(&["sh", "-c", SCRIPT, "|", "cat"])?;
    let (mut running, reader) = pipeline.start(Some(control))?;

    // The shell is gone, and all it said has come.
    let shell = running.wait_for(0)?;
    anyhow::ensure!(shell == Ended::Exited(0), "the shell {shell}: {NEEDS_OF_A_SHELL}");
    let mut reader = BufReader::new(reader);
    let mut said = String::new();
    reader.read_line(&mut said).context("read what the shell said")?;
    let grandchild = said.trim().parse().context("understand what the shell said")?;
    writeln!(out, "came: the grandchild's pid\n  sh:  {shell}")?;

    // Whatever comes of it, it closes the control pipe, and the grandchild ends.
    let released = release(out, &mut running, reader, go);

    // An orphan, and a child of this process now.
    let grandchild = Pid::from_raw(grandchild);
    let status = waitpid(grandchild, None);
    released?;
    let status = status.context("wait for the grandchild")?;
    anyhow::ensure!(status == WaitStatus::Exited(grandchild, 0), "it ended with {status:?}");
    writeln!(out, "the grandchild is reaped as well")?;
    set_child_subreaper(false).context("be no subreaper any more")?;
    Ok(())
}
// ANCHOR_END: grandchild

// ANCHOR: grandchild-released
fn release(
    out: &mut Transcript,
    running: &mut Running,
    mut reader: BufReader<File>,
    go: OwnedFd,
) -> anyhow::Result<()> {
    // `cat` waits for more, because the grandchild may still write.
    blocked::until_in(blocked::READS, 0, running.pid(1)?).context(NEEDS_OF_A_SHELL)?;
    writeln!(out, "  cat: blocked in read, no end-of-file")?;

    // Lets the grandchild say its line and end.
    write(&go, GO).context("release the grandchild")?;
    let mut rest = String::new();
    reader.read_to_string(&mut rest).context("read until end-of-file")?;
    anyhow::ensure!(rest == "the grandchild\n", "then came {rest:?}: {NEEDS_OF_A_SHELL}");
    let cat = running.wait_for(1)?;
    anyhow::ensure!(cat == Ended::Exited(0), "`cat` ended otherwise: {cat:?}");
    write!(out, "came: {rest}")?;
    writeln!(out, "  cat: {cat}")?;
    Ok(())
}
// ANCHOR_END: grandchild-released
