//! With O_NONBLOCK open does not wait: a reader gets its descriptor at once, writer or not
//! (fifo(7)).
//!
//! Before the first writer a read returns 0, as it does at end-of-file, and poll reports nothing,
//! not even POLLHUP: that comes only after a writer has been there and left (Linux 6.18).

use std::io::Write;
use std::os::fd::AsFd;

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::Mode;
use nix::unistd::{mkfifo, read};
use transcript::Transcript;

use crate::private_dir::PrivateDir;
use crate::show;

pub const CLAIM: &str = "with O_NONBLOCK a reader alone gets in";

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let place = PrivateDir::new()?;
    mkfifo(place.fifo(), Mode::S_IRUSR | Mode::S_IWUSR).context("make the FIFO")?;

    // ANCHOR: reader-alone
    // Without O_NONBLOCK this line would wait for ever: nobody else knows the FIFO.
    let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let reader = open(place.fifo(), flags, Mode::empty()).context("open the FIFO to read")?;
    writeln!(out, "opened to read, and no writer yet")?;

    // Nobody can send anything, so there is nothing to wait for: poll is silent and read returns 0.
    let mut watched = [PollFd::new(reader.as_fd(), PollFlags::POLLIN)];
    poll(&mut watched, PollTimeout::ZERO).context("ask what is ready")?;
    let answer = read(&reader, &mut [0; 16]);
    writeln!(out, "  poll: {}  read: {}", show::events(&watched[0]), show::answer(answer))?;
    anyhow::ensure!(watched[0].revents() == Some(PollFlags::empty()), "poll found {watched:?}");
    anyhow::ensure!(answer == Ok(0), "read without a writer returned {answer:?}");

    // From here on somebody can, and the same read says: not yet, try again.
    let flags = OFlag::O_WRONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let _writer = open(place.fifo(), flags, Mode::empty()).context("open the FIFO to write")?;
    writeln!(out, "a writer has opened too")?;

    poll(&mut watched, PollTimeout::ZERO).context("ask what is ready")?;
    let answer = read(&reader, &mut [0; 16]);
    writeln!(out, "  poll: {}  read: {}", show::events(&watched[0]), show::answer(answer))?;
    anyhow::ensure!(watched[0].revents() == Some(PollFlags::empty()), "poll found {watched:?}");
    anyhow::ensure!(answer == Err(Errno::EAGAIN), "read with a writer returned {answer:?}");
    // ANCHOR_END: reader-alone
    Ok(())
}
