//! Right, and built with a thread that sends while the main one receives: any number of requests
//! may be on their way.

#![allow(unsafe_code)]

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::{Context, anyhow, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};

const MAX_LENGTH_BYTES: usize = 1_048_576;
/// All requests have been sent, or no more can be.
static IS_SENT: AtomicBool = AtomicBool::new(false);

fn main() -> anyhow::Result<()> {
    let messages: Vec<OsString> = std::env::args_os().skip(1).collect();
    let (child, requests, mut replies) = start()?;
    let as_lines = !messages.is_empty();
    // After the fork: the child has only the thread that called it.
    let sender = thread::spawn(move || {
        let outcome = send(&requests, &messages);
        // Before the pipe is closed, so before the replies end for that reason.
        IS_SENT.store(true, Ordering::SeqCst);
        drop(requests);
        outcome
    });
    let received = receive(&mut replies, as_lines);
    if received.is_err() {
        // The sender may still wait for input, and holds the server's end of file back.
        kill(child, Signal::SIGTERM).context("end the server")?;
    }
    let status = waitpid(child, None).context("wait for the server")?;
    received?;
    sender.join().map_err(|_| anyhow!("the sender has died"))??;
    ensure!(status == WaitStatus::Exited(child, 0), "the server ended with {status:?}");
    Ok(())
}

fn start() -> anyhow::Result<(Pid, File, File)> {
    let (from_client, to_server) = io::pipe().context("create a pipe")?;
    let (from_server, to_client) = io::pipe().context("create a pipe")?;
    // Before the fork: the child may not allocate.
    let mut room = vec![0; 4 + MAX_LENGTH_BYTES];
    // SAFETY:
    // obligation: between fork and _exit a child of a process with several threads may make only
    //   async-signal-safe calls (fork(2), signal-safety(7)).
    // here: the program has one thread, and the child only closes, reads, writes and leaves.
    // broken by: a thread started before this line, or a print in the child.
    match unsafe { fork() }.context("fork the server")? {
        ForkResult::Child => {
            drop((to_server, from_server));
            let ended = serve(from_client, to_client, &mut room);
            // SAFETY:
            // obligation: _exit never returns and runs no destructors (_exit(2)).
            // here: nothing is left to do, the kernel closes the pipes.
            // broken by: relying on a destructor or on a flushed buffer in the child.
            unsafe { libc::_exit(i32::from(ended.is_none())) }
        }
        ForkResult::Parent { child } => {
            let ends = [to_server.into(), from_server.into()];
            let [requests, replies] = ends.map(|end: std::os::fd::OwnedFd| File::from(end));
            Ok((child, requests, replies))
        }
    }
}

/// `None` is an error: a child has no words for it.
fn serve(mut requests: impl Read, mut replies: impl Write, room: &mut [u8]) -> Option<()> {
    loop {
        let (header, rest) = room.split_at_mut(4);
        if requests.read(&mut header[..1]).ok()? == 0 {
            return Some(());
        }
        requests.read_exact(&mut header[1..]).ok()?;
        let length = u32::from_be_bytes((&*header).try_into().ok()?) as usize;
        let body = rest.get_mut(..length)?;
        requests.read_exact(body).ok()?;
        body.get_mut(1..)?.make_ascii_uppercase();
        replies.write_all(&room[..4 + length]).ok()?;
    }
}

fn send(mut requests: &File, messages: &[OsString]) -> anyhow::Result<()> {
    for message in messages {
        let length = u32::try_from(1 + message.len()).context("the length of a message")?;
        let frame = [&length.to_be_bytes(), &b"\x01"[..], message.as_bytes()].concat();
        requests.write_all(&frame).context("send the server a request")?;
    }
    if messages.is_empty() {
        let mut stdin = io::stdin().lock();
        while let Some(frame) = next_frame(&mut stdin)? {
            requests.write_all(&frame).context("send the server a request")?;
        }
    }
    Ok(())
}

/// Until the replies end.
fn receive(replies: &mut File, as_lines: bool) -> anyhow::Result<()> {
    let mut out = io::stdout();
    loop {
        let Some(reply) = next_frame(replies).context("a reply of the server")? else {
            ensure!(IS_SENT.load(Ordering::SeqCst), "the server is gone");
            return Ok(());
        };
        let printed = if as_lines { [&reply[5..], b"\n"].concat() } else { reply };
        out.write_all(&printed).and_then(|()| out.flush()).context("print a reply")?;
    }
}

/// The whole frame, or `None` at an end between two.
fn next_frame(input: &mut impl Read) -> anyhow::Result<Option<Vec<u8>>> {
    let mut frame = Vec::new();
    input.by_ref().take(4).read_to_end(&mut frame).context("read a header")?;
    let Ok(header) = <[u8; 4]>::try_from(&frame[..]) else {
        ensure!(frame.is_empty(), "the stream ends in a header, after {} of 4 bytes", frame.len());
        return Ok(None);
    };
    let length = match u32::from_be_bytes(header) as usize {
        0 => bail!("a length of 0, and the type alone makes it 1"),
        length @ ..=MAX_LENGTH_BYTES => length,
        length => bail!("a length of {length}, and at most {MAX_LENGTH_BYTES} is allowed"),
    };
    input.by_ref().take(length as u64).read_to_end(&mut frame).context("read a body")?;
    let count = frame.len() - 4;
    ensure!(count == length, "the stream ends in a body, after {count} of {length} bytes");
    Ok(Some(frame))
}
