//! However long a writer goes on, it is never further ahead of its reader than the capacity.
//!
//! The child would write for ever. The parent reads a page at a time and knows at every step how
//! far the child has come: it finds a byte in the tally, a second pipe, for each write that has
//! returned. Once right after its own read, while the child may be on its way, and once more when
//! /proc shows that the child waits again: then it is ahead by exactly the capacity.

use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, alarm, fork, pipe2, read, write};
use transcript::Transcript;

use crate::{blocked, measure};

pub const CLAIM: &str = "a writer is never further ahead than the capacity";

/// One and a half times the capacity.
const READS: usize = 24;
/// A line of the table after this many reads; all of them are checked.
const READS_PER_LINE: usize = 8;

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;
    let sixteen_pages = measure::sixteen_pages()?;
    fcntl(&writer, FcntlArg::F_SETPIPE_SZ(sixteen_pages)).context(measure::REFUSED)?;
    let (tally_reader, tally_writer) = pipe2(OFlag::O_CLOEXEC).context("create the tally")?;

    // Made before the fork, because the child must not allocate.
    let mut chunk = vec![b'A'; measure::page_bytes()?];

    // SAFETY:
    // obligation: between fork and _exit a child of a process with several threads may make only
    //   async-signal-safe calls (fork(2), signal-safety(7)).
    // here: the lesson has one thread, and `write_until_refused` calls alarm, close, write, _exit.
    // broken by: a thread started before this line, or a print in the child.
    match unsafe { fork() }.context("fork the child")? {
        ForkResult::Child => write_until_refused(reader, &writer, &tally_writer, &chunk),
        ForkResult::Parent { child } => {
            let followed = follow(out, child, [&reader, &writer, &tally_reader], &mut chunk);

            // Ends the child, also when something has failed: nobody can read any more.
            drop(reader);
            let status = waitpid(child, None).context("wait for the child")?;
            followed?;
            anyhow::ensure!(
                status == WaitStatus::Exited(child, 0),
                "the child ended with {status:?}"
            );
            Ok(())
        }
    }
}

// ANCHOR: backpressure-parent
fn follow(
    out: &mut Transcript,
    child: Pid,
    [reader, writer, tally]: [&OwnedFd; 3],
    page: &mut [u8],
) -> anyhow::Result<()> {
    let capacity = fcntl(reader, FcntlArg::F_GETPIPE_SZ).context("ask for the capacity")?;
    let capacity = usize::try_from(capacity).context("understand the capacity")?;
    let (mut total, mut looks) = (0, 0);

    writeln!(out, "{:>10}{:>10}{:>10}", "read", "written", "ahead")?;
    for reads in 0..=READS {
        // At whatever moment this is, the child cannot have come further.
        let written = measure::bytes_in(tally)? * page.len();
        anyhow::ensure!(written <= total + capacity, "{written} written, only {total} read");

        // And it does come that far.
        blocked::in_write(child, writer.as_raw_fd())?;
        let written = measure::bytes_in(tally)? * page.len();
        anyhow::ensure!(written == total + capacity, "waits at {written}, with {total} read");
        let ahead = written - total;
        looks += 1;
        if reads % READS_PER_LINE == 0 {
            writeln!(out, "{total:>10}{written:>10}{ahead:>10}")?;
        }

        let count = read(reader, page).context("read a page")?;
        anyhow::ensure!(count == page.len(), "one read brought {count} bytes");
        total += count;
    }
    writeln!(out, "looked {looks} times: it always waits {capacity} bytes ahead")?;
    Ok(())
}
// ANCHOR_END: backpressure-parent

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
