//! Sixteen writes of a page fit into a pipe that nobody reads, and the writer waits in the next.
//!
//! No clock is asked. The child writes a byte into a second pipe, the tally, after each write that
//! has returned. The parent looks into /proc until the child sleeps in `write` on the first pipe;
//! from then on nothing moves, and what the two pipes hold can be counted at leisure.

use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, alarm, fork, pipe2, write};
use transcript::Transcript;

use crate::{blocked, measure};

pub const CLAIM: &str = "sixteen pages fit, and the next write waits";

// ANCHOR: fill
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;

    // Most pipes are born with 16 pages; this one has them in any case, or the part ends here.
    let sixteen_pages = measure::sixteen_pages()?;
    fcntl(&writer, FcntlArg::F_SETPIPE_SZ(sixteen_pages)).context(measure::REFUSED)?;

    let (tally_reader, tally_writer) = pipe2(OFlag::O_CLOEXEC).context("create the tally")?;

    // Made before the fork, because the child must not allocate.
    let chunk = vec![b'A'; measure::page_bytes()?];

    // SAFETY:
    // obligation: between fork and _exit a child of a process with several threads may make only
    //   async-signal-safe calls (fork(2), signal-safety(7)).
    // here: the lesson has one thread, and `write_until_refused` calls alarm, close, write, _exit.
    // broken by: a thread started before this line, or a print in the child.
    match unsafe { fork() }.context("fork the child")? {
        ForkResult::Child => write_until_refused(reader, &writer, &tally_writer, &chunk),
        ForkResult::Parent { child } => {
            let looked = look(out, child, [&reader, &writer, &tally_reader], chunk.len());

            // Ends the child's wait, also when the look has failed: nobody can read any more.
            drop(reader);
            let status = waitpid(child, None).context("wait for the child")?;
            looked?;
            anyhow::ensure!(
                status == WaitStatus::Exited(child, 0),
                "the child ended with {status:?}"
            );
            writeln!(out, "the read end closed: the write that waits answers EPIPE")?;
            Ok(())
        }
    }
}
// ANCHOR_END: fill

// ANCHOR: fill-look
fn look(
    out: &mut Transcript,
    child: Pid,
    [reader, writer, tally]: [&OwnedFd; 3],
    chunk_bytes: usize,
) -> anyhow::Result<()> {
    // fork has copied the descriptor with its number.
    blocked::in_write(child, writer.as_raw_fd())?;

    let done = measure::bytes_in(tally)?;
    let held = measure::bytes_in(reader)?;
    let capacity = fcntl(reader, FcntlArg::F_GETPIPE_SZ).context("ask for the capacity")?;
    anyhow::ensure!(done == 16 && held == done * chunk_bytes, "{done} writes, {held} bytes");
    anyhow::ensure!(usize::try_from(capacity) == Ok(held), "{held} bytes of {capacity} are full");
    writeln!(out, "{done} writes of {chunk_bytes} bytes done, the child waits in the next")?;
    writeln!(out, "the pipe holds {held} bytes, and its capacity is {capacity}")?;
    Ok(())
}
// ANCHOR_END: fill-look

// ANCHOR: fill-child
fn write_until_refused(reader: OwnedFd, writer: &OwnedFd, tally: &OwnedFd, chunk: &[u8]) -> ! {
    // A mistake on either side must not leave a child that waits for ever: SIGALRM would end it.
    alarm::set(5);

    // With a read end of its own the child would never hear that the parent's is closed.
    drop(reader);

    let mut last = write(writer, chunk);
    while last == Ok(chunk.len()) && write(tally, b"1") == Ok(1) {
        last = write(writer, chunk);
    }

    // SAFETY:
    // obligation: _exit never returns and runs no destructors (_exit(2)).
    // here: nothing is left to do, the kernel closes the descriptors.
    // broken by: relying on a destructor or on a flushed buffer in the child.
    unsafe { nix::libc::_exit(i32::from(last != Err(Errno::EPIPE))) }
}
// ANCHOR_END: fill-child
