//! A server that holds a write end of its own FIFO never sees end-of-file: between two clients it
//! sleeps, and the next one finds it (TLPI 44.8 calls that descriptor a dummy).
//!
//! Nothing is ever written through it. It only keeps the count of write ends above 0. The price:
//! somebody has to tell the server when to stop.

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
use crate::roles::{Companion, MESSAGES, this_program_as};
use crate::show;

pub const CLAIM: &str = "a writer that never writes keeps a server alive";

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let place = PrivateDir::new()?;
    mkfifo(place.fifo(), Mode::S_IRUSR | Mode::S_IWUSR).context("make the FIFO")?;

    // ANCHOR: dummy-writer
    let to_read = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let server = open(place.fifo(), to_read, Mode::empty()).context("open the server's end")?;

    // After the read end: a writer alone would wait for ever. Leave this out and look at the
    // clients.
    let to_write = OFlag::O_WRONLY | OFlag::O_CLOEXEC;
    let _dummy = open(place.fifo(), to_write, Mode::empty()).context("open the dummy writer")?;
    // ANCHOR_END: dummy-writer

    let mut watched = [PollFd::new(server.as_fd(), PollFlags::POLLIN)];
    for number in 1..=3 {
        // A client is a program of its own. It doesn't wait: its messages fit into the pipe.
        let mut client = this_program_as("writer")?;
        client.arg(place.fifo());
        let mut client = Companion::new(|| client.spawn()).context("start the client")?;
        let status = client.wait().context("wait for the client")?;
        anyhow::ensure!(status.success(), "client {number} ended with {status}");

        let mut received = 0;
        let mut chunk = [0; 16];
        let last = loop {
            match read(&server, &mut chunk) {
                Ok(count) if count > 0 => received += count,
                last => break last,
            }
        };

        // Nothing, not even POLLHUP: with a longer timeout, the server would sleep here.
        poll(&mut watched, PollTimeout::ZERO).context("ask what is ready")?;
        writeln!(
            out,
            "client {number}: {received} bytes, then {}  poll: {}",
            show::answer(last),
            show::events(&watched[0])
        )?;
        let all = MESSAGES.concat().len();
        anyhow::ensure!(received == all && last == Err(Errno::EAGAIN), "the read: {last:?}");
        anyhow::ensure!(watched[0].revents() == Some(PollFlags::empty()), "poll: {watched:?}");
    }
    Ok(())
}
