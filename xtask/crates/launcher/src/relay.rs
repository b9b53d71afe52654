//! Bytes between the launcher's own 0, 1, 2 and a captured program's, with backpressure and a cap.
//!
//! A relay behaves like the pipe it stands for: when whoever reads the launcher's output goes away,
//! the program's pipe is closed and its next write meets SIGPIPE; when the program closes its
//! standard input, the launcher closes its own, and whoever feeds it meets EPIPE.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use anyhow::Context;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags};

/// How much is read ahead of a slow reader.
const PENDING_BYTES: usize = 64 * 1024;
/// A write of at most `PIPE_BUF` bytes does not block where poll has just said "writable".
const CHUNK_BYTES: usize = 4096;

/// One direction. Both ends are the launcher's; `None` is closed.
pub struct Relay {
    from: Option<File>,
    to: Option<File>,
    pending: Vec<u8>,
    /// Bytes read so far.
    pub total_bytes: u64,
}

impl Relay {
    /// From the launcher's standard input to the program's.
    pub fn input(program_end: OwnedFd) -> anyhow::Result<Relay> {
        set_nonblocking(&program_end)?;
        let own = io::stdin().as_fd().try_clone_to_owned().context("copy standard input")?;
        // What stays open at 0 must not be what feeds the program, or its feeder never sees EPIPE.
        let null = File::open("/dev/null").context("open /dev/null")?;
        nix::unistd::dup2_stdin(&null).context("put /dev/null at standard input")?;
        Ok(Relay::new(own, program_end))
    }

    /// From the program's standard output or standard error to the launcher's.
    pub fn output(program_end: OwnedFd, own: impl AsFd) -> anyhow::Result<Relay> {
        set_nonblocking(&program_end)?;
        let own = own.as_fd().try_clone_to_owned().context("copy an output")?;
        Ok(Relay::new(program_end, own))
    }

    fn new(from: OwnedFd, to: OwnedFd) -> Relay {
        Relay { from: Some(from.into()), to: Some(to.into()), pending: Vec::new(), total_bytes: 0 }
    }

    /// Whether there is nothing more to pass on.
    pub fn is_done(&self) -> bool {
        self.to.is_none() || (self.from.is_none() && self.pending.is_empty())
    }

    /// Whether everything that was read has been passed on.
    pub fn has_nothing_pending(&self) -> bool {
        self.pending.is_empty()
    }

    /// What to poll, each with what it is waited for. A write end is polled even when nothing is
    /// pending: poll reports a missing reader unasked.
    pub fn watched(&self) -> Vec<PollFd<'_>> {
        let mut watched = Vec::with_capacity(2);
        if let Some(from) = self.from.as_ref().filter(|_| self.pending.len() < PENDING_BYTES) {
            watched.push(PollFd::new(from.as_fd(), PollFlags::POLLIN));
        }
        if let Some(to) = &self.to {
            let wanted =
                if self.pending.is_empty() { PollFlags::empty() } else { PollFlags::POLLOUT };
            watched.push(PollFd::new(to.as_fd(), wanted));
        }
        watched
    }

    /// Reads and writes what can be done now without blocking. `room_bytes` is how much more may be
    /// passed on; what comes beyond it is counted and thrown away. Tells whether any byte moved.
    pub fn turn(&mut self, room_bytes: u64) -> anyhow::Result<bool> {
        if ready(self.to.as_ref(), PollFlags::empty()) {
            self.to = None;
        }
        if self.to.is_none() {
            // Close the program's end: it learns that its reader has gone.
            self.from = None;
            self.pending.clear();
            return Ok(false);
        }
        let mut moved = false;
        if self.pending.len() < PENDING_BYTES && ready(self.from.as_ref(), PollFlags::POLLIN) {
            let before = self.total_bytes;
            self.read_once(room_bytes)?;
            moved |= self.total_bytes > before;
        }
        while !self.pending.is_empty() && ready(self.to.as_ref(), PollFlags::POLLOUT) {
            self.write_once()?;
            moved = true;
        }
        if self.from.is_none() && self.pending.is_empty() {
            self.to = None;
        }
        Ok(moved)
    }

    fn read_once(&mut self, room_bytes: u64) -> anyhow::Result<()> {
        let Some(from) = &mut self.from else { return Ok(()) };
        let mut buffer = [0; PENDING_BYTES];
        match from.read(&mut buffer) {
            Ok(0) => self.from = None,
            Ok(count) => {
                self.total_bytes += count as u64;
                let kept = usize::try_from(room_bytes).unwrap_or(usize::MAX).min(count);
                self.pending.extend_from_slice(&buffer[..kept]);
            }
            Err(error) if is_passing(&error) => {}
            // A terminal that was hung up answers EIO; nothing more comes from there.
            Err(error) if error.raw_os_error() == Some(libc::EIO) => self.from = None,
            Err(error) => return Err(error).context("read what the program wrote"),
        }
        Ok(())
    }

    fn write_once(&mut self) -> anyhow::Result<()> {
        let Some(to) = &mut self.to else { return Ok(()) };
        let chunk = &self.pending[..self.pending.len().min(CHUNK_BYTES)];
        match to.write(chunk) {
            Ok(count) => {
                self.pending.drain(..count);
            }
            Err(error) if is_passing(&error) => {}
            // The reader has gone; the next turn tells the program.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.pending.clear(),
            Err(error) => return Err(error).context("pass on the program's bytes"),
        }
        Ok(())
    }
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// Whether `fd` is ready for `wanted`, or, where nothing is wanted, has no peer any more.
fn ready(fd: Option<&File>, wanted: PollFlags) -> bool {
    let Some(fd) = fd else { return false };
    let mut polled = [PollFd::new(fd.as_fd(), wanted)];
    // A timeout of 0 cannot block; an error means "not now".
    let _ = nix::poll::poll(&mut polled, nix::poll::PollTimeout::ZERO);
    let found = polled[0].revents().unwrap_or(PollFlags::empty());
    let ends = if wanted.contains(PollFlags::POLLIN) {
        PollFlags::POLLHUP | PollFlags::POLLERR
    } else {
        PollFlags::POLLERR
    };
    found.intersects(wanted | ends)
}

/// Only for ends that the launcher made itself: the flag belongs to the open file description and
/// would show in every process that shares it.
fn set_nonblocking(fd: &OwnedFd) -> anyhow::Result<()> {
    let context = "make a pipe non-blocking";
    let flags = fcntl(fd, FcntlArg::F_GETFL).context(context)?;
    let flags = OFlag::from_bits_retain(flags) | OFlag::O_NONBLOCK;
    fcntl(fd, FcntlArg::F_SETFL(flags)).context(context)?;
    Ok(())
}

/// The descriptors of several relays, for one poll.
pub fn watched<'a>(relays: &'a [Relay], also: BorrowedFd<'a>) -> Vec<PollFd<'a>> {
    let mut watched = vec![PollFd::new(also, PollFlags::POLLIN)];
    for relay in relays {
        watched.extend(relay.watched());
    }
    watched
}
