//! Without O_NONBLOCK, more than PIPE_BUF bytes: a write waits until all of it is written, and what
//! fits goes in meanwhile, piece by piece.
//!
//! That is the gap through which other writers' bytes come in. The pipe has one page, so a write of
//! three pages and one byte goes in by four pieces. It returns once, and says the sum (write(3p);
//! pipe(7), "PIPE_BUF").

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, RawFd};

use anyhow::Context;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, alarm, fork, pipe2, write};
use transcript::Transcript;

use crate::{blocked, measure};

pub const CLAIM: &str = "without O_NONBLOCK, above PIPE_BUF: piece by piece";

const WHOLE_PAGES: usize = 3;

// ANCHOR: large-waits
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;
    fcntl(&writer, FcntlArg::F_SETPIPE_SZ(measure::pages(1)?)).context(measure::REFUSED)?;

    // Made before the fork, because the child must not allocate.
    let mut page = vec![0; measure::page_bytes()?];
    let record = vec![b'X'; WHOLE_PAGES * page.len() + 1];

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

    // While the parent can write to it, the pipe has no end. The child's copy has the number.
    let number = writer.as_raw_fd();
    drop(writer);

    let mut reader = File::from(reader);
    let followed = follow(out, (child, number), &mut reader, &mut page);

    // Whatever came of that, the reading goes on to the end: it lets the child end.
    let mut rest = Vec::new();
    let outcome = reader.read_to_end(&mut rest);
    let status = waitpid(child, None).context("wait for the child")?;
    let before = followed?;
    outcome.context("read to the end")?;
    anyhow::ensure!(status == WaitStatus::Exited(child, 0), "the child ended with {status:?}");

    let total = before + rest.len();
    anyhow::ensure!(total == record.len(), "{total} bytes came, not {}", record.len());
    anyhow::ensure!(rest.len() == 1, "the last piece had {} bytes", rest.len());
    writeln!(out, "{before:>8}{:>14}   returns {total}, once", rest.len())?;
    Ok(())
}
// ANCHOR_END: large-waits

// ANCHOR: large-waits-follow
/// Reads all pieces but the last, and returns how many bytes they had.
fn follow(
    out: &mut Transcript,
    (child, number): (Pid, RawFd),
    reader: &mut File,
    page: &mut [u8],
) -> anyhow::Result<usize> {
    let mut total = 0;
    writeln!(out, "{:>8}{:>14}   the write", "read", "in the pipe")?;
    for _ in 0..WHOLE_PAGES {
        // The child cannot come further before somebody reads.
        blocked::in_write(child, number)?;
        let held = measure::bytes_in(&*reader)?;
        anyhow::ensure!(held == page.len(), "the write waits with {held} bytes in the pipe");
        writeln!(out, "{total:>8}{held:>14}   waits")?;

        let count = reader.read(page).context("read a page")?;
        anyhow::ensure!(count == page.len(), "one read brought {count} bytes");
        total += count;
    }
    Ok(total)
}
// ANCHOR_END: large-waits-follow
