//! 256 KiB go through a pipe that holds 64: the writer waits until the reader has made room.
//!
//! The reader is slow because it starts late, when /proc shows that the writer waits already, and
//! because it takes 1024 bytes where the writer gives 4096. No one sleeps. The writer's figures
//! come over a second pipe, and the parent prints both: so the order of the lines is fixed.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};

use anyhow::Context;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc::c_int;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, alarm, fork, pipe2, read, write};
use transcript::Transcript;

use crate::{blocked, measure};

pub const CLAIM: &str = "256 KiB through a pipe that holds 64";

const CAPACITY_BYTES: c_int = 64 * 1024;
const TOTAL_BYTES: usize = 256 * 1024;
const WRITE_BYTES: usize = 4096;
const READ_BYTES: usize = 1024;

// ANCHOR: slow-reader
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;
    fcntl(&writer, FcntlArg::F_SETPIPE_SZ(CAPACITY_BYTES)).context(measure::REFUSED)?;
    let (report_reader, report_writer) =
        pipe2(OFlag::O_CLOEXEC).context("create the report pipe")?;

    // SAFETY:
    // obligation: between fork and _exit a child of a process with several threads may make only
    //   async-signal-safe calls (fork(2), signal-safety(7)).
    // here: the lesson has one thread, and `write_all_of_it` calls alarm, write and _exit; its sums
    //   stay below 300,000, so no addition can overflow and panic.
    // broken by: a thread started before this line, or a print in the child.
    let child = match unsafe { fork() }.context("fork the child")? {
        ForkResult::Child => write_all_of_it(&writer, &report_writer),
        ForkResult::Parent { child } => child,
    };

    // Whatever comes of this look, the reading below goes on to the end: it lets the child end.
    let waited = blocked::in_write(child, writer.as_raw_fd());
    let held = waited.and_then(|()| measure::bytes_in(&reader));

    // The parent only reads. While it keeps its own write end, its read below can never return 0.
    drop(writer);

    // The same holds for the report.
    drop(report_writer);

    let mut buffer = [0; READ_BYTES];
    let (mut calls, mut total) = (0, 0);
    loop {
        let count = read(&reader, &mut buffer).context("read from the pipe")?;
        if count == 0 {
            break;
        }
        (calls, total) = (calls + 1, total + count);
    }

    let mut report = Vec::new();
    File::from(report_reader).read_to_end(&mut report).context("read the report")?;
    let status = waitpid(child, None).context("wait for the child")?;
    let held = held?;
    anyhow::ensure!(status == WaitStatus::Exited(child, 0), "the child ended with {status:?}");

    let (written, write_calls) = figures(&report).context("understand the report")?;
    anyhow::ensure!(written == total && total == TOTAL_BYTES, "{written} written, {total} read");
    anyhow::ensure!(c_int::try_from(held) == Ok(CAPACITY_BYTES), "it waited at {held} bytes");
    writeln!(out, "[writer] waits in write: {held} bytes in the pipe, none read yet")?;
    writeln!(out, "[reader] total read: {total} bytes")?;
    writeln!(
        out,
        "         in {calls} calls, at most {READ_BYTES} bytes each, and one that returned 0"
    )?;
    writeln!(out, "[writer] wrote {written} bytes in {write_calls} calls")?;
    Ok(())
}
// ANCHOR_END: slow-reader

// ANCHOR: slow-reader-child
fn write_all_of_it(writer: &OwnedFd, report: &OwnedFd) -> ! {
    // A mistake on either side must not leave a child that waits for ever: SIGALRM would end it.
    alarm::set(5);

    // The child's copies of both read ends stay open until it ends. That harms nobody, because
    // this parent reads to the end; the part `backpressure` has one that leaves.
    let (mut total, mut calls) = (0, 0_usize);
    while total < TOTAL_BYTES {
        let Ok(count) = write(writer, &[b'A'; WRITE_BYTES]) else { break };
        (total, calls) = (total + count, calls + 1);
    }

    // Two numbers of eight bytes each: text would have to be formatted, and that may allocate.
    let figures = [total.to_ne_bytes(), calls.to_ne_bytes()];
    let told = write(report, figures.as_flattened());

    // SAFETY:
    // obligation: _exit never returns and runs no destructors (_exit(2)).
    // here: nothing is left to do, the kernel closes both write ends.
    // broken by: relying on a destructor or on a flushed buffer in the child.
    unsafe { nix::libc::_exit(i32::from(told != Ok(figures.as_flattened().len()))) }
}
// ANCHOR_END: slow-reader-child

/// The two numbers of the report.
fn figures(report: &[u8]) -> Option<(usize, usize)> {
    let (total, calls) = report.split_first_chunk()?;
    Some((usize::from_ne_bytes(*total), usize::from_ne_bytes(calls.try_into().ok()?)))
}
