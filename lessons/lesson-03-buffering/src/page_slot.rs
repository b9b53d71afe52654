//! A writer that waits for room goes on when a whole page of the pipe is free, not before.
//!
//! The kernel keeps a pipe as a ring of page slots, and a slot is free only when the last byte of
//! its page has been read (fs/pipe.c; measured on Linux 6.18). So after three reads of a quarter of
//! a page, with 3072 bytes of room, the write of a page still waits, and poll agrees.

use std::io::Write;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, alarm, fork, pipe2, read, write};
use transcript::Transcript;

use crate::{blocked, measure};

pub const CLAIM: &str = "a write that waits needs a whole page free";

const READS_PER_PAGE: usize = 4;

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;
    let sixteen_pages = measure::sixteen_pages()?;
    fcntl(&writer, FcntlArg::F_SETPIPE_SZ(sixteen_pages)).context(measure::REFUSED)?;
    let (tally_reader, tally_writer) = pipe2(OFlag::O_CLOEXEC).context("create the tally")?;

    // POLLOUT asks whether a page could be written at once. Into the empty pipe it could.
    let mut asked = [PollFd::new(writer.as_fd(), PollFlags::POLLOUT)];
    poll(&mut asked, PollTimeout::ZERO).context("poll the write end")?;
    writeln!(out, "{:>6}{:>10}{:>11}{:>13}", "read", "in pipe", "poll says", "writes done")?;
    row(out, (&asked[0], PollFlags::POLLOUT), [0, measure::bytes_in(&reader)?, 0])?;

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
            let ends = [&reader, &writer, &tally_reader];
            let looked = read_by_quarters(out, child, ends, &mut asked, &mut chunk);

            // Ends the child's wait, also when something has failed: nobody can read any more.
            drop(reader);
            let ended = waitpid(child, None).context("wait for the child")?;
            looked?;
            anyhow::ensure!(ended == WaitStatus::Exited(child, 0), "the child ended: {ended:?}");
            Ok(())
        }
    }
}

// ANCHOR: page-slot-parent
fn read_by_quarters(
    out: &mut Transcript,
    child: Pid,
    [reader, writer, tally]: [&OwnedFd; 3],
    asked: &mut [PollFd<'_>],
    page: &mut [u8],
) -> anyhow::Result<()> {
    let (quarter, _) = page.split_at_mut(page.len() / READS_PER_PAGE);
    for reads in 0..=READS_PER_PAGE {
        blocked::in_write(child, writer.as_raw_fd())?;

        // However much has been read: no whole page is free while the child waits.
        poll(asked, PollTimeout::ZERO).context("poll the write end")?;
        let (held, done) = (measure::bytes_in(reader)?, measure::bytes_in(tally)?);
        anyhow::ensure!(done == 16 + reads / READS_PER_PAGE, "after {reads} reads: {done} writes");
        row(out, (&asked[0], PollFlags::empty()), [reads * quarter.len(), held, done])?;

        let count = read(reader, quarter).context("read a quarter of a page")?;
        anyhow::ensure!(count == quarter.len(), "one read brought {count} bytes");
    }
    writeln!(out, "read {READS_PER_PAGE} empties a page: a write more, and all is full again")?;
    Ok(())
}
// ANCHOR_END: page-slot-parent

/// Prints a line of the table, once poll's answer is what it must be.
fn row(
    out: &mut Transcript,
    (asked, expected): (&PollFd<'_>, PollFlags),
    [total, held, done]: [usize; 3],
) -> anyhow::Result<()> {
    let answer = asked.revents().context("poll answered with unknown flags")?;
    anyhow::ensure!(answer == expected, "poll says {answer:?} with {total} bytes read");
    let word = if answer.is_empty() { "nothing" } else { "OUT" };
    writeln!(out, "{total:>6}{held:>10}{word:>11}{done:>13}")?;
    Ok(())
}

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
