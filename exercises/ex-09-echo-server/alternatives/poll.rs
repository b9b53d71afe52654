//! Right, and built with poll: the client never waits for one pipe alone, and the server replies to
//! as many requests at once as it has read.

#![allow(unsafe_code)]

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use anyhow::{Context, bail, ensure};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, pipe2, read, write};

const MAX_LENGTH_BYTES: usize = 1_048_576;
/// More is not read from standard input before the server has taken some of it.
const ENOUGH_BYTES: usize = 64 * 1024;

fn main() -> anyhow::Result<()> {
    let messages: Vec<OsString> = std::env::args_os().skip(1).collect();
    let mut client = Client::start(&messages)?;
    let outcome = client.run();
    client.requests = None;
    client.replies = None;
    let status = waitpid(client.server, None).context("wait for the server")?;
    outcome?;
    ensure!(status == WaitStatus::Exited(client.server, 0), "the server ended: {status:?}");
    client.input_error.map_or(Ok(()), |words| bail!(words))
}

struct Client {
    server: Pid,
    requests: Option<OwnedFd>,
    replies: Option<OwnedFd>,
    /// Of standard input, what is no whole frame yet; `None` after its end.
    pending: Option<Vec<u8>>,
    /// Whole frames on their way to the server.
    sent: VecDeque<u8>,
    /// Of the replies, what is no whole frame yet.
    received: Vec<u8>,
    as_lines: bool,
    unanswered: usize,
    input_error: Option<String>,
}

impl Client {
    fn start(messages: &[OsString]) -> anyhow::Result<Client> {
        let (request_reader, requests) = pipe2(OFlag::O_CLOEXEC).context("create a pipe")?;
        let (replies, reply_writer) = pipe2(OFlag::O_CLOEXEC).context("create a pipe")?;
        let mut room = vec![0; 2 * (4 + MAX_LENGTH_BYTES)];
        // SAFETY:
        // obligation: between fork and _exit a child of a process with several threads may make
        //   only async-signal-safe calls (fork(2), signal-safety(7)).
        // here: the program has one thread, and the child only closes, reads, writes and leaves.
        // broken by: a thread started before this line, or a print in the child.
        let server = match unsafe { fork() }.context("fork the server")? {
            ForkResult::Child => {
                drop((requests, replies));
                let outcome = serve(&request_reader, &reply_writer, &mut room);
                // SAFETY:
                // obligation: _exit never returns and runs no destructors (_exit(2)).
                // here: nothing is left to do, the kernel closes the pipes.
                // broken by: relying on a destructor or on a flushed buffer in the child.
                unsafe { libc::_exit(outcome.map_or_else(|errno| errno as i32, |()| 0)) }
            }
            ForkResult::Parent { child } => child,
        };
        // Only this process's description: the server's end of the pipe has its own.
        fcntl(&requests, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).context("set O_NONBLOCK")?;
        let mut client = Client {
            server,
            requests: Some(requests),
            replies: Some(replies),
            pending: messages.is_empty().then(Vec::new),
            sent: VecDeque::new(),
            received: Vec::new(),
            as_lines: !messages.is_empty(),
            unanswered: messages.len(),
            input_error: None,
        };
        for message in messages {
            let length = u32::try_from(1 + message.len()).context("the length of a message")?;
            client.sent.extend(length.to_be_bytes());
            client.sent.push_back(1);
            client.sent.extend(message.as_bytes());
        }
        Ok(client)
    }

    /// Until every request has its reply and no more can come.
    fn run(&mut self) -> anyhow::Result<()> {
        while self.pending.is_some() || self.unanswered > 0 {
            let stdin = io::stdin();
            let wants_input = self.pending.is_some() && self.sent.len() < ENOUGH_BYTES;
            let events = |flag, is_wanted| if is_wanted { flag } else { PollFlags::empty() };
            let (Some(requests), Some(replies)) = (&self.requests, &self.replies) else { break };
            let out = events(PollFlags::POLLOUT, !self.sent.is_empty());
            let mut asked = vec![
                PollFd::new(requests.as_fd(), out),
                PollFd::new(replies.as_fd(), PollFlags::POLLIN),
            ];
            if wants_input {
                asked.push(PollFd::new(stdin.as_fd(), PollFlags::POLLIN));
            }
            match poll(&mut asked, PollTimeout::NONE) {
                Err(Errno::EINTR) => continue,
                outcome => outcome.context("poll")?,
            };
            let ready: Vec<bool> = asked.iter().map(|asked| asked.any().unwrap_or(true)).collect();
            if ready[1] {
                self.receive()?;
            }
            if ready[0] {
                self.send()?;
            }
            if ready.get(2) == Some(&true) {
                self.take_input()?;
            }
        }
        Ok(())
    }

    fn take_input(&mut self) -> anyhow::Result<()> {
        let mut buffer = vec![0; ENOUGH_BYTES];
        let count = read(io::stdin(), &mut buffer).context("read standard input")?;
        let Some(pending) = &mut self.pending else { return Ok(()) };
        pending.extend_from_slice(&buffer[..count]);
        let mut error = None;
        loop {
            match split(pending) {
                Ok(0) => break,
                Ok(length) => {
                    self.sent.extend(pending.drain(..length));
                    self.unanswered += 1;
                }
                Err(words) => {
                    error = Some(words);
                    break;
                }
            }
        }
        if count == 0 && error.is_none() {
            error = cut(pending);
        }
        if count == 0 || error.is_some() {
            self.pending = None;
            self.input_error = error;
        }
        Ok(())
    }

    fn send(&mut self) -> anyhow::Result<()> {
        let Some(requests) = &self.requests else { return Ok(()) };
        if self.sent.is_empty() {
            // Nothing was asked for but POLLERR.
            bail!("the server reads no more");
        }
        match write(requests, self.sent.as_slices().0) {
            Ok(count) => drop(self.sent.drain(..count)),
            Err(Errno::EAGAIN) => {}
            Err(errno) => return Err(errno).context("send the server a request"),
        }
        Ok(())
    }

    fn receive(&mut self) -> anyhow::Result<()> {
        let Some(replies) = &self.replies else { return Ok(()) };
        let mut buffer = vec![0; ENOUGH_BYTES];
        let count = read(replies, &mut buffer).context("read the server's replies")?;
        ensure!(count > 0, "the server is gone");
        self.received.extend_from_slice(&buffer[..count]);
        let mut out = io::stdout().lock();
        while let length @ 1.. = split(&self.received).map_err(anyhow::Error::msg)? {
            let frame = &self.received[..length];
            if self.as_lines {
                out.write_all(&frame[5..])?;
                out.write_all(b"\n")?;
            } else {
                out.write_all(frame).context("write a reply")?;
            }
            self.received.drain(..length);
            self.unanswered -= 1;
        }
        out.flush().context("write a reply")
    }
}

/// How long the first frame is, its header included; 0 where it is not complete.
fn split(bytes: &[u8]) -> Result<usize, String> {
    let Some(header) = bytes.first_chunk() else { return Ok(0) };
    match u32::from_be_bytes(*header) as usize {
        0 => Err("a length of 0, and the type alone makes it 1".to_owned()),
        length @ 1..=MAX_LENGTH_BYTES => Ok(if bytes.len() < 4 + length { 0 } else { 4 + length }),
        length => Err(format!("a length of {length}, and at most {MAX_LENGTH_BYTES} is allowed")),
    }
}

/// What is to be said of an end after these bytes.
fn cut(bytes: &[u8]) -> Option<String> {
    match bytes.first_chunk() {
        None if bytes.is_empty() => None,
        None => Some(format!("the requests end in a header, after {} of 4 bytes", bytes.len())),
        Some(header) => {
            let (count, length) = (bytes.len() - 4, u32::from_be_bytes(*header));
            Some(format!("the requests end in a body, after {count} of {length} bytes"))
        }
    }
}

/// Replies to all requests that are complete after a read, in one go.
fn serve(requests: &OwnedFd, replies: &OwnedFd, room: &mut [u8]) -> nix::Result<()> {
    let mut filled = 0;
    loop {
        let count = read(requests, &mut room[filled..])?;
        if count == 0 {
            return if filled == 0 { Ok(()) } else { Err(Errno::EBADMSG) };
        }
        filled += count;
        let mut done = 0;
        while let Some(header) = room[done..filled].first_chunk() {
            let length = u32::from_be_bytes(*header) as usize;
            if length == 0 || length > MAX_LENGTH_BYTES {
                return Err(Errno::EMSGSIZE);
            }
            if filled - done < 4 + length {
                break;
            }
            room[done + 5..done + 4 + length].make_ascii_uppercase();
            done += 4 + length;
        }
        let mut left = &room[..done];
        while !left.is_empty() {
            left = &left[write(replies, left)?..];
        }
        room.copy_within(done..filled, 0);
        filled -= done;
    }
}
