//! What a process has in a buffer when it calls `_exit` is lost, and nobody is told.
//!
//! `_exit` is the kernel's call: it closes descriptors and knows nothing of a buffer in memory
//! (_exit(2)). std::process::exit runs no destructors either, so a BufWriter loses its bytes there
//! too; only standard output is flushed. Below, two children write the same line into a buffer of
//! the same kind, both exit with status 0, and one of them flushes.

use std::io::{self, BufWriter, PipeWriter, Read, Write};

use anyhow::Context;
use nix::libc;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use transcript::Transcript;

pub const CLAIM: &str = "what is in a buffer at _exit is lost";

/// 13 bytes with its newline.
const LINE: &[u8] = b"lost or not?\n";

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (received, status) = write_and_exit(true)?;
    anyhow::ensure!(received == LINE, "{} bytes came from a flushed buffer", received.len());
    writeln!(out, "flush, then _exit: status {status}, {} bytes arrive", received.len())?;

    let (received, status) = write_and_exit(false)?;
    anyhow::ensure!(received.is_empty(), "{} bytes came, and nobody flushed", received.len());
    writeln!(out, "_exit at once:     status {status}, {} bytes arrive", received.len())?;
    Ok(())
}

// ANCHOR: exit-loses
fn write_and_exit(flushes: bool) -> anyhow::Result<(Vec<u8>, i32)> {
    let (mut reader, writer) = io::pipe().context("create the pipe")?;

    // Allocates the buffer, 8 KiB of it, because the child may not.
    let mut buffered = BufWriter::new(writer);

    // SAFETY:
    // obligation: between fork and _exit a child of a process with several threads may make only
    //   async-signal-safe calls (fork(2), signal-safety(7)).
    // here: the lesson has one thread, and the buffer was allocated before this line: the line is
    //   copied into it, flushing is a write, and neither allocates.
    // broken by: a thread started before this line, or a line longer than the buffer.
    let child = match unsafe { fork() }.context("fork the child")? {
        ForkResult::Child => fill_and_leave(&mut buffered, flushes),
        ForkResult::Parent { child } => child,
    };

    // The parent's copy is empty, but it holds a write end: the read below would never end.
    drop(buffered);
    let mut received = Vec::new();
    let outcome = reader.read_to_end(&mut received);

    // Also after a failed read: a child that nobody waits for stays behind as a zombie.
    let ended = waitpid(child, None).context("wait for the child")?;
    outcome.context("read from the pipe")?;
    let WaitStatus::Exited(_, status @ 0) = ended else {
        anyhow::bail!("the child ended with {ended:?}");
    };
    Ok((received, status))
}
// ANCHOR_END: exit-loses

// ANCHOR: exit-loses-child
fn fill_and_leave(buffered: &mut BufWriter<PipeWriter>, flushes: bool) -> ! {
    // Succeeds in both cases: the bytes are in the buffer.
    let written = buffered.write_all(LINE);
    let flushed = if flushes { buffered.flush() } else { Ok(()) };

    // SAFETY:
    // obligation: _exit never returns and runs no destructors (_exit(2)).
    // here: that is the subject: the destructor of `buffered` would write what is lost now.
    // broken by: `return` in place of it.
    unsafe { libc::_exit(i32::from(written.is_err() || flushed.is_err())) }
}
// ANCHOR_END: exit-loses-child
