//! The reference program of ex-09: a client and an echo server, joined by two pipes.
//!
//! The client sends a request and reads the reply before it sends the next one, and the server
//! reads all of a request before it replies. So at no time both of them write: each write finds a
//! reader, however long the frames are.

#![expect(unsafe_code, reason = "fork is the subject of this exercise")]

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;

use anyhow::{Context, bail, ensure};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, pipe2, read, write};

/// The length field.
const HEADER_BYTES: usize = 4;
/// The largest length that is allowed, the type's byte included.
const MAX_LENGTH_BYTES: usize = 1_048_576;
/// The type of a message from the command line.
const INFO: u8 = 1;

fn main() -> anyhow::Result<()> {
    let messages: Vec<OsString> = std::env::args_os().skip(1).collect();
    let mut server = Server::start()?;
    let outcome =
        if messages.is_empty() { relay(&mut server) } else { ask_each(&mut server, &messages) };
    // Also after an error: a child that nobody waits for stays behind.
    let ended = server.end();
    outcome.and(ended)
}

/// Sends each message and prints its reply, a line each.
fn ask_each(server: &mut Server, messages: &[OsString]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    for message in messages {
        let payload = message.as_bytes();
        let length = u32::try_from(1 + payload.len()).context("the length of a message")?;
        let mut frame = [&length.to_be_bytes(), &[INFO][..], payload].concat();
        server.ask(&mut frame)?;
        out.write_all(&frame[HEADER_BYTES + 1..]).context("print a reply")?;
        writeln!(out).context("print a reply")?;
    }
    Ok(())
}

/// Frames from standard input to the server, and its replies to standard output.
fn relay(server: &mut Server) -> anyhow::Result<()> {
    let (mut requests, mut out) = (io::stdin().lock(), io::stdout().lock());
    let mut frame = Vec::new();
    while read_frame(&mut requests, "the requests", &mut frame)? {
        server.ask(&mut frame)?;
        // Whoever waits for this reply may send the next request only then.
        out.write_all(&frame).and_then(|()| out.flush()).context("write a reply")?;
    }
    Ok(())
}

/// Reads the next frame, its header included; tells whether there was one, or the good end.
fn read_frame(input: &mut impl Read, whose: &str, frame: &mut Vec<u8>) -> anyhow::Result<bool> {
    let mut header = [0; HEADER_BYTES];
    match fill(input, &mut header).with_context(|| format!("read {whose}"))? {
        0 => return Ok(false),
        HEADER_BYTES => {}
        count => bail!("{whose} end in a header, after {count} of {HEADER_BYTES} bytes"),
    }
    let length = u32::from_be_bytes(header) as usize;
    ensure!(length > 0, "a length of 0, and the type alone makes it 1");
    ensure!(
        length <= MAX_LENGTH_BYTES,
        "a length of {length}, and at most {MAX_LENGTH_BYTES} is allowed"
    );

    // Only now: what somebody claims must not make us set memory aside, or wait.
    frame.clear();
    frame.extend_from_slice(&header);
    frame.resize(HEADER_BYTES + length, 0);
    let body = &mut frame[HEADER_BYTES..];
    let count = fill(input, body).with_context(|| format!("read {whose}"))?;
    ensure!(count == length, "{whose} end in a body, after {count} of {length} bytes");
    Ok(true)
}

/// Reads until `room` is full or the stream ends; returns how many bytes came.
fn fill(input: &mut impl Read, room: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < room.len() {
        match input.read(&mut room[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The server and the client's ends of the two pipes.
struct Server {
    child: Pid,
    requests: File,
    replies: File,
}

impl Server {
    fn start() -> anyhow::Result<Server> {
        let (request_reader, request_writer) = pipe2(OFlag::O_CLOEXEC).context("create a pipe")?;
        let (reply_reader, reply_writer) = pipe2(OFlag::O_CLOEXEC).context("create a pipe")?;
        // Before the fork: the child may not allocate.
        let mut room = vec![0; HEADER_BYTES + MAX_LENGTH_BYTES];

        // SAFETY:
        // obligation: between fork and _exit a child of a process with several threads may make
        //   only async-signal-safe calls (fork(2), signal-safety(7)).
        // here: the program has one thread, and the child only closes, reads, writes and leaves.
        // broken by: a thread started before this line, or a print in the child.
        match unsafe { fork() }.context("fork the server")? {
            ForkResult::Child => {
                // With a write end of its own the server would never see the requests end; with a
                // read end of the replies it would never learn that nobody wants them.
                drop(request_writer);
                drop(reply_reader);
                let outcome = serve(&request_reader, &reply_writer, &mut room);
                // SAFETY:
                // obligation: _exit never returns and runs no destructors (_exit(2)).
                // here: nothing is left to do, the kernel closes the pipes.
                // broken by: relying on a destructor or on a flushed buffer in the child.
                unsafe { libc::_exit(outcome.map_or_else(|errno| errno as i32, |()| 0)) }
            }
            // The server's ends are dropped here: without it, a reply that never comes would be
            // waited for, and a request would go where nobody reads.
            ForkResult::Parent { child } => Ok(Server {
                child,
                requests: File::from(request_writer),
                replies: File::from(reply_reader),
            }),
        }
    }

    /// Sends the frame, and puts the reply in its place.
    fn ask(&mut self, frame: &mut Vec<u8>) -> anyhow::Result<()> {
        // In one write: the server has read the last byte of it before it replies.
        self.requests.write_all(frame).context("send a request to the server")?;
        let is_there = read_frame(&mut self.replies, "the server's replies", frame)?;
        ensure!(is_there, "the server ended without a reply");
        Ok(())
    }

    fn end(self) -> anyhow::Result<()> {
        // End-of-file for the server, before this process waits for it.
        drop(self.requests);
        drop(self.replies);
        match waitpid(self.child, None).context("wait for the server")? {
            WaitStatus::Exited(_, 0) => Ok(()),
            WaitStatus::Exited(_, code) => {
                bail!("the server ended with: {}", Errno::from_raw(code).desc())
            }
            WaitStatus::Signaled(_, signal, _) => bail!("the server was ended by {signal}"),
            other => bail!("the server is {other:?}"),
        }
    }
}

/// What the child does, until the requests end between two frames.
fn serve(requests: &OwnedFd, replies: &OwnedFd, room: &mut [u8]) -> nix::Result<()> {
    loop {
        match fill_from(requests, &mut room[..HEADER_BYTES])? {
            0 => return Ok(()),
            HEADER_BYTES => {}
            _ => return Err(Errno::EBADMSG),
        }
        let length = u32::from_be_bytes([room[0], room[1], room[2], room[3]]) as usize;
        if length == 0 || length > MAX_LENGTH_BYTES {
            return Err(Errno::EMSGSIZE);
        }
        let frame = &mut room[..HEADER_BYTES + length];
        if fill_from(requests, &mut frame[HEADER_BYTES..])? < length {
            return Err(Errno::EBADMSG);
        }
        // The type stays, and so does the length: only a to z have another byte.
        frame[HEADER_BYTES + 1..].make_ascii_uppercase();
        write_all(replies, frame)?;
    }
}

/// As `fill`, with nothing but read(2).
fn fill_from(from: &OwnedFd, room: &mut [u8]) -> nix::Result<usize> {
    let mut filled = 0;
    while filled < room.len() {
        match read(from, &mut room[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(filled)
}

/// A write may take only a part of what it is given.
fn write_all(to: &OwnedFd, mut bytes: &[u8]) -> nix::Result<()> {
    while !bytes.is_empty() {
        match write(to, bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}
