//! A buffer that is not empty at fork exists twice, and what lies in it is written twice, if both
//! processes flush.
//!
//! fork copies the memory, and the BufWriter's buffer is memory; nothing of it has reached the pipe
//! yet. The same happens to C's stdio and to a `print!` without a newline. So: flush before fork,
//! or leave one of the two copies alone.

use std::io::{self, BufWriter, PipeWriter, Read, Write};

use anyhow::Context;
use nix::libc;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use transcript::Transcript;

use crate::measure;

pub const CLAIM: &str = "what is in a buffer at fork can be written twice";

/// 13 bytes with its newline.
const LINE: &[u8] = b"written once\n";

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let both = fork_with_a_full_buffer(out, true)?;
    anyhow::ensure!(both == [LINE, LINE].concat(), "{} bytes when both flush", both.len());
    writeln!(out, "child and parent flush:   {} bytes arrive", both.len())?;
    for line in String::from_utf8_lossy(&both).lines() {
        writeln!(out, "  {line}")?;
    }

    let parents = fork_with_a_full_buffer(out, false)?;
    anyhow::ensure!(parents == LINE, "{} bytes when the parent flushes", parents.len());
    writeln!(out, "only the parent flushes:  {} bytes arrive", parents.len())?;
    for line in String::from_utf8_lossy(&parents).lines() {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}

// ANCHOR: forked-buffer
fn fork_with_a_full_buffer(out: &mut Transcript, child_flushes: bool) -> anyhow::Result<Vec<u8>> {
    let (mut reader, writer) = io::pipe().context("create the pipe")?;
    let mut buffered = BufWriter::new(writer);

    // Into the buffer, not into the pipe.
    buffered.write_all(LINE).context("write to the buffer")?;
    let (waiting, held) = (buffered.buffer().len(), measure::bytes_in(&reader)?);
    anyhow::ensure!((waiting, held) == (LINE.len(), 0), "{waiting} in the buffer, {held} beyond");
    writeln!(out, "before fork: {waiting} bytes in the buffer, {held} in the pipe")?;

    // SAFETY:
    // obligation: between fork and _exit a child of a process with several threads may make only
    //   async-signal-safe calls (fork(2), signal-safety(7)).
    // here: the lesson has one thread, and the buffer was allocated before this line: flushing it
    //   is a write and no allocation.
    // broken by: a thread started before this line, or a buffer made or enlarged in the child.
    let child = match unsafe { fork() }.context("fork the child")? {
        ForkResult::Child => flush_and_leave(&mut buffered, child_flushes),
        ForkResult::Parent { child } => child,
    };

    // Both copies fit into the pipe, so the child can end before anybody reads.
    let status = waitpid(child, None).context("wait for the child")?;
    anyhow::ensure!(status == WaitStatus::Exited(child, 0), "the child ended with {status:?}");

    // Flushes the parent's copy, and gives the write end back.
    let writer = buffered.into_inner().context("flush the parent's copy")?;

    // The last write end: without this the read below would wait for this process itself.
    drop(writer);
    let mut received = Vec::new();
    reader.read_to_end(&mut received).context("read from the pipe")?;
    Ok(received)
}
// ANCHOR_END: forked-buffer

// ANCHOR: forked-buffer-child
fn flush_and_leave(buffered: &mut BufWriter<PipeWriter>, flushes: bool) -> ! {
    let flushed = if flushes { buffered.flush() } else { Ok(()) };

    // SAFETY:
    // obligation: _exit never returns and runs no destructors (_exit(2)).
    // here: that is wanted: the destructor of `buffered` would flush the child's copy.
    // broken by: `return` in place of it.
    unsafe { libc::_exit(i32::from(flushed.is_err())) }
}
// ANCHOR_END: forked-buffer-child
