//! Without O_NONBLOCK, up to PIPE_BUF bytes: a write waits until there is room for all of it, and
//! until then not one of its bytes is in the pipe.
//!
//! Room for one byte less than PIPE_BUF is left. A write of just that returns at once; a write of
//! one byte more waits, although nearly all of it would fit (write(3p); pipe(7), "PIPE_BUF").

use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};

use anyhow::Context;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc::{self, PIPE_BUF};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, alarm, fork, pipe2, read, write};
use transcript::Transcript;

use crate::{blocked, measure};

pub const CLAIM: &str = "without O_NONBLOCK, up to PIPE_BUF: all of it or a wait";

// ANCHOR: small-waits
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let room = PIPE_BUF - 1;
    writeln!(out, "room for {room} bytes")?;

    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;
    let before = leave_room(&writer, room)?;

    // As much as there is room for. Were this to wait, it would wait for this process itself.
    let count = write(&writer, &vec![b'X'; room]).context("write what there is room for")?;
    let inside = measure::bytes_in(&reader)? - before;
    anyhow::ensure!((count, inside) == (room, room), "{count} written, {inside} in the pipe");
    writeln!(out, "  a write of {room} returns {count} at once")?;

    // One byte more.
    one_more(out, PIPE_BUF)
}
// ANCHOR_END: small-waits

/// Leaves room for `room` bytes in a pipe of one page; returns how many bytes are in it then.
fn leave_room(writer: &OwnedFd, room: usize) -> anyhow::Result<usize> {
    fcntl(writer, FcntlArg::F_SETPIPE_SZ(measure::pages(1)?)).context(measure::REFUSED)?;

    // On a page of 4096 bytes this is one byte.
    let before = measure::page_bytes()? - room;
    let count = write(writer, &vec![b'.'; before]).context("fill part of the page")?;
    anyhow::ensure!(count == before, "{count} of {before} bytes were taken");
    Ok(before)
}

// ANCHOR: small-waits-child
fn one_more(out: &mut Transcript, bytes: usize) -> anyhow::Result<()> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;
    let before = leave_room(&writer, bytes - 1)?;

    // Made before the fork, because the child must not allocate.
    let (record, mut old) = (vec![b'X'; bytes], vec![0; before]);

    // SAFETY:
    // obligation: between fork and _exit a child of a process with several threads may make only
    //   async-signal-safe calls (fork(2), signal-safety(7)).
    // here: the lesson has one thread, and the child calls alarm, write and _exit.
    // broken by: a thread started before this line, or a print in the child.
    let child = match unsafe { fork() }.context("fork the child")? {
        ForkResult::Child => {
            // A mistake on either side must not leave a child that waits for ever.
            alarm::set(5);
            let written = write(&writer, &record);
            // SAFETY:
            // obligation: _exit never returns and runs no destructors (_exit(2)).
            // here: nothing is left to do, the kernel closes both ends.
            // broken by: relying on a destructor or on a flushed buffer in the child.
            unsafe { libc::_exit(i32::from(written != Ok(record.len()))) }
        }
        ForkResult::Parent { child } => child,
    };

    let waited = blocked::in_write(child, writer.as_raw_fd());
    let inside = measure::bytes_in(&reader).map(|held| held - before);

    // Whatever came of the look: this empties the page, and the child can go on.
    let emptied = read(&reader, &mut old);
    let status = waitpid(child, None).context("wait for the child")?;
    waited?;
    let inside = inside?;
    anyhow::ensure!(inside == 0, "{inside} bytes of a write that waits are in the pipe");
    anyhow::ensure!(emptied == Ok(before), "emptying the page: {emptied:?}");
    anyhow::ensure!(status == WaitStatus::Exited(child, 0), "the child ended with {status:?}");
    writeln!(out, "  a write of {bytes} waits, {inside} of its bytes are in the pipe")?;

    let inside = measure::bytes_in(&reader)?;
    anyhow::ensure!(inside == bytes, "{inside} of {bytes} bytes are in the pipe");
    writeln!(out, "the page is read empty: that write returns {inside}, all are in the pipe")?;
    Ok(())
}
// ANCHOR_END: small-waits-child
