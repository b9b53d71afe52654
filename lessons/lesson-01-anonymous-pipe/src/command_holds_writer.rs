//! A `Command` with a name keeps the write end it was given, and so withholds end-of-file, until it
//! is dropped.
//!
//! The value is a recipe: it can be spawned again, so `spawn` and `status` leave the pipe in it.
//! `reader.read_to_end` would wait for ever below, with no child left to wait for.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::process::Command;

use anyhow::Context;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use transcript::Transcript;

use crate::{ends, table};

/// A program that is there on every Unix.
const SHELL: &str = "/bin/sh";
const SCRIPT: &str = "echo 'hello from the child process!'";

// ANCHOR: command-holds-writer
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (reader, writer) = io::pipe().context("create the pipe")?;

    // The writer moves into `command`, and there it stays.
    let mut command = Command::new(SHELL);
    command.args(["-c", SCRIPT]).stdout(writer);

    // Starts the child and waits for it. That is safe before reading only because its 30 bytes fit
    // into the pipe.
    let status = command.status().with_context(|| format!("run {SHELL}"))?;
    anyhow::ensure!(status.success(), "the child ended with {status}");

    let mut buffer = [0; 64];
    let mut asked = [PollFd::new(reader.as_fd(), PollFlags::POLLIN)];
    table::heading(out, "write ends")?;

    // No child is left, yet one write end is open: in this process, in no variable of ours.
    poll(&mut asked, PollTimeout::ZERO).context("poll the read end")?;
    let open = ends::held_by("self", &reader)?.write;
    table::row(out, "the child has ended", (open, &asked[0]), (1, PollFlags::POLLIN))?;

    // What the child wrote is all here, and still a further read would wait.
    let count = (&reader).read(&mut buffer).context("read from the pipe")?;
    poll(&mut asked, PollTimeout::ZERO).context("poll the read end")?;
    let open = ends::held_by("self", &reader)?.write;
    let step = format!("its {count} bytes are read");
    table::row(out, &step, (open, &asked[0]), (1, PollFlags::empty()))?;
    writeln!(out, "the next read would wait for the Command itself")?;

    // The recipe goes, and with it the last write end.
    drop(command);
    poll(&mut asked, PollTimeout::ZERO).context("poll the read end")?;
    let open = ends::held_by("self", &reader)?.write;
    table::row(out, "the Command dropped", (open, &asked[0]), (0, PollFlags::POLLHUP))?;

    let count = (&reader).read(&mut buffer).context("read after the last close")?;
    anyhow::ensure!(count == 0, "{count} bytes came where end-of-file must be");
    writeln!(out, "read returns {count}: end-of-file")?;
    Ok(())
}
// ANCHOR_END: command-holds-writer
