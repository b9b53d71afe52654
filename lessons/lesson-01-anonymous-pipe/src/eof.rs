//! End-of-file comes exactly when the last write end is closed, and no close before it is enough.
//!
//! The kernel counts the open write ends. While there is one, an empty pipe makes a read wait; with
//! none, read returns 0 (pipe(7), "I/O on pipes and FIFOs"). The part never waits: it asks poll,
//! which says IN when there are bytes, HUP when no write end is left, and nothing when a read would
//! wait (poll(2)).

use std::io::Write;
use std::os::fd::AsFd;

use anyhow::Context;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{pipe2, read, write};
use transcript::Transcript;

use crate::{ends, table};

const WORD: &[u8] = b"hello";

// ANCHOR: eof
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;

    // A second descriptor for the same write end, as dup(2) or fork(2) would make it; std's
    // try_clone makes the copy close-on-exec.
    let copy = writer.try_clone().context("copy the write end")?;

    let mut buffer = [0; 16];
    let mut asked = [PollFd::new(reader.as_fd(), PollFlags::POLLIN)];
    table::heading(out, "write ends")?;

    // An empty pipe and somebody who may still write: a read would wait.
    poll(&mut asked, PollTimeout::ZERO).context("poll the read end")?;
    let open = ends::held_by("self", &reader)?.write;
    table::row(out, "nothing written yet", (open, &asked[0]), (2, PollFlags::empty()))?;

    // Bytes to read, whoever has written them.
    let written = write(&writer, WORD).context("write to the pipe")?;
    anyhow::ensure!(written == WORD.len(), "the pipe took {written} bytes of {}", WORD.len());
    poll(&mut asked, PollTimeout::ZERO).context("poll the read end")?;
    let open = ends::held_by("self", &reader)?.write;
    let step = format!("{written} bytes written");
    table::row(out, &step, (open, &asked[0]), (2, PollFlags::POLLIN))?;

    // One of the two write ends goes. That is not the last one, so there is no HUP.
    drop(writer);
    poll(&mut asked, PollTimeout::ZERO).context("poll the read end")?;
    let open = ends::held_by("self", &reader)?.write;
    table::row(out, "the writer dropped", (open, &asked[0]), (1, PollFlags::POLLIN))?;

    // The pipe is empty again, and for the copy's sake a read would still wait.
    let count = read(&reader, &mut buffer).context("read from the pipe")?;
    anyhow::ensure!(buffer[..count] == *WORD, "{count} bytes came, and not those written");
    poll(&mut asked, PollTimeout::ZERO).context("poll the read end")?;
    let open = ends::held_by("self", &reader)?.write;
    let step = format!("the {count} bytes read");
    table::row(out, &step, (open, &asked[0]), (1, PollFlags::empty()))?;

    // The last write end goes, and with it the reason to wait.
    drop(copy);
    poll(&mut asked, PollTimeout::ZERO).context("poll the read end")?;
    let open = ends::held_by("self", &reader)?.write;
    table::row(out, "its copy dropped as well", (open, &asked[0]), (0, PollFlags::POLLHUP))?;

    // HUP and no IN: this read returns at once.
    let count = read(&reader, &mut buffer).context("read after the last close")?;
    anyhow::ensure!(count == 0, "{count} bytes came where end-of-file must be");
    writeln!(out, "read returns {count}: end-of-file")?;
    Ok(())
}
// ANCHOR_END: eof
