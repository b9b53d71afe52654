//! A server that only reads is at end-of-file as soon as its first client leaves.
//!
//! If it believes that, it ends, and the next client finds nobody. If it ignores it and polls on,
//! every poll returns at once with POLLHUP, and the server burns a processor while it has nothing
//! to do. `dummy_writer.rs` has the remedy.

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

pub const CLAIM: &str = "a server that only reads loses its end after one client";

/// The server that ignores end-of-file gives up after this many polls.
const POLLS: u32 = 1000;

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let place = PrivateDir::new()?;
    mkfifo(place.fifo(), Mode::S_IRUSR | Mode::S_IWUSR).context("make the FIFO")?;
    let to_read = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let server = open(place.fifo(), to_read, Mode::empty()).context("open the server's end")?;

    // ANCHOR: server-alone
    // A client is a program of its own. It doesn't wait: its messages fit into the pipe.
    let mut client = this_program_as("writer")?;
    client.arg(place.fifo());
    let mut client = Companion::new(|| client.spawn()).context("start the client")?;
    let status = client.wait().context("wait for the client")?;
    anyhow::ensure!(status.success(), "the client ended with {status}");

    let mut received = 0;
    let mut chunk = [0; 16];
    let last = loop {
        match read(&server, &mut chunk) {
            Ok(count) if count > 0 => received += count,
            last => break last,
        }
    };
    writeln!(out, "client 1: {received} bytes, then {}", show::answer(last))?;
    anyhow::ensure!(received == MESSAGES.concat().len() && last == Ok(0), "the read: {last:?}");

    // The server that ignores it: this poll ought to sleep until the next client, up to a second.
    let mut watched = [PollFd::new(server.as_fd(), PollFlags::POLLIN)];
    let mut at_once = 0;
    for _ in 0..POLLS {
        poll(&mut watched, PollTimeout::from(1000_u16)).context("wait for a client")?;
        if watched[0].revents() != Some(PollFlags::POLLHUP) {
            break;
        }
        at_once += 1;
    }
    writeln!(out, "a server that ignores it: {at_once} of {POLLS} polls found POLLHUP at once")?;
    anyhow::ensure!(at_once == POLLS, "a poll found {watched:?}");

    // The server that believes it ends here, and with it the last read end.
    drop(server);
    let to_write = OFlag::O_WRONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let client = open(place.fifo(), to_write, Mode::empty()).map(|_| 0);
    writeln!(out, "a server that believes it: client 2 finds nobody, {}", show::answer(client))?;
    anyhow::ensure!(client == Err(Errno::ENXIO), "client 2 got {client:?}");
    // ANCHOR_END: server-alone
    Ok(())
}
