//! End-of-file on a FIFO is not for ever: when a new writer opens it, the same descriptor of the
//! reader reads on, and poll takes POLLHUP back (Linux 6.18).
//!
//! On an anonymous pipe that cannot happen: it has no name by which a new writer could find it.

use std::io::Write;
use std::os::fd::AsFd;

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::Mode;
use nix::unistd::{mkfifo, read, write};
use transcript::Transcript;

use crate::private_dir::PrivateDir;
use crate::show;

pub const CLAIM: &str = "after end-of-file a new writer is read on the same descriptor";

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let place = PrivateDir::new()?;
    mkfifo(place.fifo(), Mode::S_IRUSR | Mode::S_IWUSR).context("make the FIFO")?;

    // This one descriptor does all the reading.
    let to_read = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let reader = open(place.fifo(), to_read, Mode::empty()).context("open the FIFO to read")?;
    let mut watched = [PollFd::new(reader.as_fd(), PollFlags::POLLIN)];

    // ANCHOR: second-writer
    // The only writer comes and leaves: end-of-file.
    let to_write = OFlag::O_WRONLY | OFlag::O_CLOEXEC;
    let writer = open(place.fifo(), to_write, Mode::empty()).context("open the first writer")?;
    drop(writer);
    poll(&mut watched, PollTimeout::ZERO).context("ask what is ready")?;
    let answer = read(&reader, &mut [0; 16]);
    let events = show::events(&watched[0]);
    writeln!(out, "a writer left:          poll: {events:<9} read: {}", show::answer(answer))?;
    anyhow::ensure!(watched[0].revents() == Some(PollFlags::POLLHUP), "poll found {watched:?}");
    anyhow::ensure!(answer == Ok(0), "read at end-of-file returned {answer:?}");

    // A second writer takes POLLHUP back, and read says EAGAIN again.
    let writer = open(place.fifo(), to_write, Mode::empty()).context("open the second writer")?;
    poll(&mut watched, PollTimeout::ZERO).context("ask what is ready")?;
    let answer = read(&reader, &mut [0; 16]);
    let events = show::events(&watched[0]);
    writeln!(out, "a second one opened:    poll: {events:<9} read: {}", show::answer(answer))?;
    anyhow::ensure!(watched[0].revents() == Some(PollFlags::empty()), "poll found {watched:?}");
    anyhow::ensure!(answer == Err(Errno::EAGAIN), "read before its bytes returned {answer:?}");

    // What it writes comes out of the old descriptor.
    write(&writer, b"hello again\n").context("write to the FIFO")?;
    poll(&mut watched, PollTimeout::ZERO).context("ask what is ready")?;
    let answer = read(&reader, &mut [0; 16]);
    let events = show::events(&watched[0]);
    writeln!(out, "it wrote 12 bytes:      poll: {events:<9} read: {}", show::answer(answer))?;
    anyhow::ensure!(watched[0].revents() == Some(PollFlags::POLLIN), "poll found {watched:?}");
    anyhow::ensure!(answer == Ok(12), "read of its bytes returned {answer:?}");
    // ANCHOR_END: second-writer
    Ok(())
}
