//! Bytes between the launcher's own 0, 1, 2 and a captured program's, with backpressure and a cap.
//!
//! A relay behaves like the pipe it stands for: when whoever reads the launcher's output goes away,
//! the program's pipe is closed and its next write meets SIGPIPE; when the program closes its
//! standard input, the launcher closes its own, and whoever feeds it meets EPIPE.
//!
//! Nothing here may block, or the deadline would not hold. The launcher's own 0, 1 and 2 cannot
//! just be made non-blocking: that flag belongs to the open file description and would show in
//! every process that shares it. See [`private`].

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};

use anyhow::Context;
use doctor::Object;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// How much is read ahead of a slow reader.
const PENDING_BYTES: usize = 64 * 1024;
/// A write of at most `PIPE_BUF` bytes does not block where poll has just said "writable", unless
/// somebody else writes to the same pipe in between.
const CHUNK_BYTES: usize = 4096;

/// One direction. Both ends are the launcher's; `None` is closed.
pub struct Relay {
    from: Option<File>,
    to: Option<File>,
    /// The program is at the other end of `to`, and not of `from`.
    is_input: bool,
    /// The longest write that cannot block.
    chunk_bytes: usize,
    /// What is read into: made once, as it is large beside most reads.
    buffer: Vec<u8>,
    /// What of the buffer is still to be passed on.
    pending: Range<usize>,
    /// Bytes read so far.
    pub total_bytes: u64,
}

impl Relay {
    /// From the launcher's standard input to the program's.
    pub fn input(program_end: OwnedFd, own: Stream) -> anyhow::Result<Relay> {
        set_nonblocking(&program_end)?;
        // What stays open at 0 must not be what feeds the program, or its feeder never sees EPIPE.
        let null = File::open("/dev/null").context("open /dev/null")?;
        nix::unistd::dup2_stdin(&null).context("put /dev/null at standard input")?;
        Ok(Relay { is_input: true, ..Relay::new(own.file, program_end.into(), usize::MAX) })
    }

    /// From the program's standard output or standard error to the launcher's.
    pub fn output(program_end: OwnedFd, own: Stream) -> anyhow::Result<Relay> {
        set_nonblocking(&program_end)?;
        let chunk_bytes = if own.is_private { usize::MAX } else { CHUNK_BYTES };
        Ok(Relay::new(program_end.into(), own.file, chunk_bytes))
    }

    fn new(from: File, to: File, chunk_bytes: usize) -> Relay {
        let (from, to) = (Some(from), Some(to));
        let (is_input, buffer, pending) = (false, vec![0; PENDING_BYTES], 0..0);
        Relay { from, to, is_input, chunk_bytes, buffer, pending, total_bytes: 0 }
    }

    /// Whether everything that was read has been passed on.
    pub fn has_nothing_pending(&self) -> bool {
        self.pending.is_empty()
    }

    /// The program's pipe that this relay holds the other end of.
    pub fn program_pipe(&self) -> Option<Object> {
        let end = if self.is_input { &self.to } else { &self.from };
        end.as_ref().and_then(Object::of)
    }

    /// Whether it leads to the program, and more may come.
    pub fn feeds_program(&self) -> bool {
        self.is_input && self.from.is_some()
    }

    /// What to poll, each with what it is waited for. A write end is polled even when nothing is
    /// pending: poll reports a missing reader unasked.
    pub fn watched(&self) -> Vec<PollFd<'_>> {
        let mut watched = Vec::with_capacity(2);
        if let Some(from) = self.from.as_ref().filter(|_| self.pending.is_empty()) {
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
            self.pending = 0..0;
            return Ok(false);
        }
        let mut moved = false;
        if self.pending.is_empty() && ready(self.from.as_ref(), PollFlags::POLLIN) {
            moved = self.read_once(room_bytes);
        }
        while !self.pending.is_empty() && ready(self.to.as_ref(), PollFlags::POLLOUT) {
            if !self.write_once()? {
                break;
            }
            moved = true;
        }
        if self.from.is_none() && self.pending.is_empty() {
            self.to = None;
        }
        Ok(moved)
    }

    fn read_once(&mut self, room_bytes: u64) -> bool {
        let Some(from) = &mut self.from else { return false };
        match from.read(&mut self.buffer) {
            Ok(count @ 1..) => {
                self.total_bytes += count as u64;
                let kept = usize::try_from(room_bytes).unwrap_or(usize::MAX).min(count);
                self.pending = 0..kept;
                return true;
            }
            Err(error) if is_passing(&error) => {}
            // A standard input that cannot be read (a directory, a terminal that was hung up) is
            // for the program one that has ended.
            Ok(_) | Err(_) => self.from = None,
        }
        false
    }

    fn write_once(&mut self) -> anyhow::Result<bool> {
        let Some(to) = &mut self.to else { return Ok(false) };
        let rest = &self.buffer[self.pending.clone()];
        match to.write(&rest[..rest.len().min(self.chunk_bytes)]) {
            Ok(count) => self.pending.start += count,
            Err(error) if is_passing(&error) => return Ok(false),
            // The reader has gone; the next turn tells the program.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.pending = 0..0,
            Err(error) => return Err(error).context("pass on the program's bytes"),
        }
        Ok(true)
    }
}

/// The launcher's own ends.
pub struct Own {
    pub stdin: Stream,
    pub stdout: Stream,
    pub stderr: Stream,
}

/// One of them, and whether it can be used without blocking.
pub struct Stream {
    file: File,
    is_private: bool,
}

impl Own {
    /// Opens them, where they are not the program's as well.
    pub fn open(attached: bool) -> anyhow::Result<Option<Own>> {
        if attached {
            return Ok(None);
        }
        Ok(Some(Own {
            stdin: private(io::stdin().as_fd(), OpenOptions::new().read(true))?,
            stdout: private(io::stdout().as_fd(), OpenOptions::new().write(true))?,
            stderr: private(io::stderr().as_fd(), OpenOptions::new().write(true))?,
        }))
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
    let _ = poll(&mut polled, PollTimeout::ZERO);
    let found = polled[0].revents().unwrap_or(PollFlags::empty());
    // A pipe without a reader says POLLERR, a socket without a peer POLLHUP.
    found.intersects(wanted | PollFlags::POLLHUP | PollFlags::POLLERR)
}

/// The launcher's own end of a standard stream. A pipe is opened a second time, so that it can be
/// used without blocking: the second opening has flags of its own. Anything else, and a pipe that
/// belongs to another user, is only copied. (A file must be: its position is shared.)
fn private(fd: BorrowedFd<'_>, how: &mut OpenOptions) -> anyhow::Result<Stream> {
    let copy = File::from(fd.try_clone_to_owned().context("copy a standard stream")?);
    if copy.metadata().is_ok_and(|metadata| metadata.file_type().is_fifo()) {
        let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
        if let Ok(own) = how.custom_flags(libc::O_NONBLOCK).open(path) {
            return Ok(Stream { file: own, is_private: true });
        }
    }
    Ok(Stream { file: copy, is_private: false })
}

/// Only for ends that the launcher made itself.
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
