//! Right too: `first` takes its lines, waits for the child, and prints all of it in the end.

#![allow(unsafe_code)]

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;

use anyhow::{Context, bail};
use nix::fcntl::OFlag;
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, pipe2, read, write};

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["count"] => count(),
        ["first", lines] => first(lines.parse().context("first takes a number of lines")?),
        _ => bail!("usage: count, or first N"),
    }
}

/// A child copies standard input into a pipe; this process reads the pipe to its end.
fn count() -> anyhow::Result<()> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;

    // SAFETY:
    // obligation: between fork and _exit a child of a process with several threads may make only
    //   async-signal-safe calls (fork(2), signal-safety(7)).
    // here: the program has one thread, and the child only closes, reads, writes and leaves.
    // broken by: a thread started before this line, or a print in the child.
    let child = match unsafe { fork() }.context("fork the child")? {
        ForkResult::Child => {
            // The copier only writes.
            drop(reader);
            copy_input(&writer)
        }
        ForkResult::Parent { child } => child,
    };

    // End-of-file comes when the last write end closes: the child's, and not our own.
    drop(writer);
    let (mut lines, mut bytes) = (0, 0);
    let mut from = File::from(reader);
    let mut buffer = [0; 4096];
    loop {
        let count = from.read(&mut buffer).context("read from the pipe")?;
        if count == 0 {
            break;
        }
        bytes += count;
        lines += buffer[..count].iter().filter(|&&byte| byte == b'\n').count();
    }
    writeln!(std::io::stdout(), "{lines} lines, {bytes} bytes")?;
    tell_end(waitpid(child, None).context("wait for the child")?)
}

/// Standard input into the pipe, then the end of this process.
fn copy_input(writer: &OwnedFd) -> ! {
    let mut buffer = [0; 4096];
    let stdin = std::io::stdin();
    let mut status = 0;
    while let Ok(count @ 1..) = read(&stdin, &mut buffer) {
        if !write_all(writer, &buffer[..count]) {
            status = 1;
            break;
        }
    }
    // SAFETY:
    // obligation: _exit never returns and runs no destructors (_exit(2)).
    // here: nothing is left to do, the kernel closes the pipe.
    // broken by: relying on a destructor or on a flushed buffer in the child.
    unsafe { libc::_exit(status) }
}

/// A write may take only a part of what it is given.
fn write_all(writer: &OwnedFd, mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        match write(writer, bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(_) => return false,
        }
    }
    true
}

/// A child writes the numbers from 1, without end; this process takes the first lines.
fn first(lines: usize) -> anyhow::Result<()> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;

    // SAFETY:
    // obligation: as in `count`.
    // here: the child formats on its stack, closes, writes, and ends by SIGPIPE or _exit.
    // broken by: a thread started before this line, or a print in the child.
    let child = match unsafe { fork() }.context("fork the child")? {
        ForkResult::Child => {
            // With a read end of its own the writer would never learn that nobody reads.
            drop(reader);
            write_numbers(&writer)
        }
        ForkResult::Parent { child } => child,
    };

    // Only the child writes.
    drop(writer);
    let mut from = BufReader::new(File::from(reader));
    let mut taken = String::new();
    for _ in 0..lines {
        from.read_line(&mut taken).context("read from the pipe")?;
    }

    // The last read end: from here on the child's next write ends it.
    drop(from);
    let end = waitpid(child, None).context("wait for the child")?;
    std::io::stdout().write_all(taken.as_bytes())?;
    tell_end(end)
}

/// Numbers, a line each, until a write kills this process.
fn write_numbers(writer: &OwnedFd) -> ! {
    // Rust ignores SIGPIPE, and fork copies that (signal(7)): the default action comes back here.
    // SAFETY:
    // obligation: a new handler must be sound to call at any moment (signal-safety(7)).
    // here: SIG_DFL installs no handler.
    // broken by: a handler function in place of SIG_DFL.
    let restored = unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) };
    let mut number: u64 = 1;
    while restored.is_ok() {
        let mut line = [0; 24];
        let mut rest = &mut line[..];
        let fits = writeln!(rest, "{number}").is_ok();
        let length = 24 - rest.len();
        if !fits || !write_all(writer, &line[..length]) {
            break;
        }
        number += 1;
    }
    // SAFETY:
    // obligation: _exit never returns and runs no destructors (_exit(2)).
    // here: nothing is left to do, the kernel closes the pipe.
    // broken by: relying on a destructor or on a flushed buffer in the child.
    unsafe { libc::_exit(1) }
}

/// Tells how the child ended.
fn tell_end(end: WaitStatus) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    match end {
        WaitStatus::Exited(_, code) => writeln!(out, "the child exited with {code}")?,
        WaitStatus::Signaled(_, signal, _) => writeln!(out, "the child was ended by {signal}")?,
        other => bail!("the child is {other:?}"),
    }
    Ok(())
}
