//! Everything that poll can say about a pipe.
//!
//! HUP, ERR and NVAL come unasked (poll(2)). No call here waits: each asks with a timeout of 0.

use std::io::Write;
use std::os::fd::{AsFd, AsRawFd};

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{pipe2, read, write};
use transcript::Transcript;

use crate::words;

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    read_end(out)?;
    write_end(out)
}

// ANCHOR: revents-read-end
fn read_end(out: &mut Transcript) -> anyhow::Result<()> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;
    let number = reader.as_raw_fd();
    let mut asked = [PollFd::new(reader.as_fd(), PollFlags::POLLIN)];
    writeln!(out, "the read end, asked for IN")?;

    poll(&mut asked, PollTimeout::ZERO).context("poll the read end")?;
    row(out, "empty", asked[0].revents(), PollFlags::empty())?;

    write(&writer, b"1").context("write to the pipe")?;
    poll(&mut asked, PollTimeout::ZERO).context("poll the read end")?;
    row(out, "data", asked[0].revents(), PollFlags::POLLIN)?;

    // The last write end goes, the byte stays: HUP does not mean that the pipe is empty.
    drop(writer);
    poll(&mut asked, PollTimeout::ZERO).context("poll the read end")?;
    let both = PollFlags::POLLIN | PollFlags::POLLHUP;
    row(out, "data, the writer gone", asked[0].revents(), both)?;

    read(&reader, &mut [0]).context("read the byte")?;
    poll(&mut asked, PollTimeout::ZERO).context("poll the read end")?;
    row(out, "empty, the writer gone", asked[0].revents(), PollFlags::POLLHUP)?;

    // Only its number is left. A PollFd borrows its descriptor and so cannot ask about a closed
    // one: this takes the structure of poll(2) itself.
    drop(reader);
    let mut closed = libc::pollfd { fd: number, events: libc::POLLIN, revents: 0 };

    // SAFETY:
    // obligation: the pointer leads to as many pollfd structures as the count says, and nobody else
    //   uses them during the call (poll(2)).
    // here: one structure of our own, borrowed for this call; any descriptor number is allowed.
    // broken by: a count other than 1.
    let ready = unsafe { libc::poll(&raw mut closed, 1, 0) };
    Errno::result(ready).context("poll the closed descriptor")?;
    row(out, "closed", PollFlags::from_bits(closed.revents), PollFlags::POLLNVAL)
}
// ANCHOR_END: revents-read-end

// ANCHOR: revents-write-end
fn write_end(out: &mut Transcript) -> anyhow::Result<()> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;
    let mut asked = [PollFd::new(writer.as_fd(), PollFlags::POLLOUT)];
    writeln!(out, "the write end, asked for OUT")?;

    poll(&mut asked, PollTimeout::ZERO).context("poll the write end")?;
    row(out, "room", asked[0].revents(), PollFlags::POLLOUT)?;

    // There is room for a write that could only fail: with SIGPIPE or EPIPE (pipe(7)).
    drop(reader);
    poll(&mut asked, PollTimeout::ZERO).context("poll the write end")?;
    let useless = PollFlags::POLLOUT | PollFlags::POLLERR;
    row(out, "room, the reader gone", asked[0].revents(), useless)?;

    // A second pipe, filled page by page until the kernel takes no more.
    let flags = OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
    let (reader, writer) = pipe2(flags).context("create the pipe to be filled")?;
    let mut asked = [PollFd::new(writer.as_fd(), PollFlags::POLLOUT)];
    let refused = loop {
        if let Err(errno) = write(&writer, &[0; 4096]) {
            break errno;
        }
    };
    anyhow::ensure!(refused == Errno::EAGAIN, "the full pipe answers {refused}");
    poll(&mut asked, PollTimeout::ZERO).context("poll the write end")?;
    row(out, "full", asked[0].revents(), PollFlags::empty())?;

    // Nobody will ever make room: a writer that waits for OUT alone would wait for ever.
    drop(reader);
    poll(&mut asked, PollTimeout::ZERO).context("poll the write end")?;
    row(out, "full, the reader gone", asked[0].revents(), PollFlags::POLLERR)
}
// ANCHOR_END: revents-write-end

/// Prints one line of the table, and refuses to print one that does not hold.
fn row(
    out: &mut Transcript,
    what: &str,
    answer: Option<PollFlags>,
    expected: PollFlags,
) -> anyhow::Result<()> {
    let answer = answer.context("poll answered with flags that nix does not name")?;
    let (says, must) = (words::answer(answer), words::answer(expected));
    anyhow::ensure!(answer == expected, "{what}: poll says {says}, where it must say {must}");
    writeln!(out, "  {what:<26}{says}")?;
    Ok(())
}
