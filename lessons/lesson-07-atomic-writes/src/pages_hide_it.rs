//! Records of two pages come out whole from a pipe of 16 pages, as long as the reader takes all
//! that is there: the bug is not gone, it is hidden.
//!
//! A writer lets go of the pipe only when it is full (fs/pipe.c; measured on Linux 6.18), and 16
//! pages are full after exactly eight records: a writer that waits has nothing of its record in the
//! pipe. A reader that takes one page at a time leaves room for half a record, and the same records
//! are torn. With three pages and 16 it would depend on luck; that is no part of this.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};

use anyhow::Context;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, alarm, fork, pipe2, write};
use transcript::Transcript;

use crate::{blocked, measure};

pub const CLAIM: &str = "the same records, whole and torn: it is up to the reader";

const PAGES: usize = 16;
/// Of each writer.
const RECORDS: usize = 32;
/// Neither writer can have come to its last record by then: three times the pipe's 8 are read.
const LOOKS: usize = 3;

// ANCHOR: pages-hide-it
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let page_bytes = measure::page_bytes()?;
    let record_bytes = 2 * page_bytes;
    let records = [vec![b'A'; record_bytes], vec![b'B'; record_bytes]];

    writeln!(out, "each record  in the full pipe  each read  records")?;
    for (read_pages, expected) in [(PAGES, "whole"), (1, "torn")] {
        let mut buffer = vec![0; read_pages * page_bytes];
        let stream = two_writers(&records, &mut buffer)?;
        anyhow::ensure!(stream.len() == 2 * RECORDS * record_bytes, "{} bytes", stream.len());

        // Cut where records must begin: each piece would have to be a record of A or of B.
        let is_whole = |piece: &[u8]| records.iter().any(|record| record == piece);
        let found = if stream.chunks(record_bytes).all(is_whole) { "whole" } else { "torn" };
        anyhow::ensure!(found == expected, "reads of {read_pages} pages: the records are {found}");
        let full = PAGES * page_bytes;
        writeln!(out, "{record_bytes:>11}{full:>18}{:>11}  {found}", buffer.len())?;
    }
    writeln!(out, "{RECORDS} of each; before the first {LOOKS} reads both writers wait in write")?;
    Ok(())
}
// ANCHOR_END: pages-hide-it

/// All that comes out, by reads into `buffer`, when both write their record again and again.
fn two_writers(records: &[Vec<u8>; 2], buffer: &mut [u8]) -> anyhow::Result<Vec<u8>> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;
    fcntl(&writer, FcntlArg::F_SETPIPE_SZ(measure::pages(PAGES)?)).context(measure::REFUSED)?;

    let (mut children, mut forked) = (Vec::with_capacity(2), Ok(()));
    for record in records {
        // SAFETY:
        // obligation: between fork and _exit a child of a process with several threads may make
        //   only async-signal-safe calls (fork(2), signal-safety(7)).
        // here: the lesson has one thread, and `write_records` calls alarm, write and _exit.
        // broken by: a thread started before this line, or a print in the child.
        match unsafe { fork() }.context("fork a writer") {
            Ok(ForkResult::Child) => write_records(&writer, record),
            Ok(ForkResult::Parent { child }) => children.push(child),
            Err(error) => forked = Err(error),
        }
    }

    // While the parent can write to it, the pipe has no end. The children's copies have the number.
    let number = writer.as_raw_fd();
    drop(writer);

    let reader = File::from(reader);
    let both_wait = || {
        blocked::all_in_write(&children, number)?;
        let full = measure::bytes_in(&reader)? == PAGES * measure::page_bytes()?;
        anyhow::ensure!(full, "both writers wait, and the pipe is not full");
        Ok(())
    };

    // Whatever comes of the looks, the reading goes on to the end: it lets the writers end.
    let (mut stream, mut reads, mut looked) = (Vec::new(), 0, forked);
    let outcome = loop {
        if reads < LOOKS {
            looked = looked.and_then(|()| both_wait());
        }
        match (&reader).read(buffer) {
            Ok(0) => break Ok(()),
            Ok(count) => stream.extend_from_slice(&buffer[..count]),
            Err(error) => break Err(error),
        }
        reads += 1;
    };
    let ended: Vec<_> = children.iter().map(|child| waitpid(*child, None)).collect();
    looked?;
    outcome.context("read to the end")?;
    let well = ended.iter().all(|end| matches!(end, Ok(WaitStatus::Exited(_, 0))));
    anyhow::ensure!(well, "the writers ended with {ended:?}");
    Ok(stream)
}

fn write_records(writer: &OwnedFd, record: &[u8]) -> ! {
    // A mistake on either side must not leave a child that waits for ever: SIGALRM would end it.
    alarm::set(5);
    let well = (0..RECORDS).all(|_| write(writer, record) == Ok(record.len()));

    // SAFETY:
    // obligation: _exit never returns and runs no destructors (_exit(2)).
    // here: nothing is left to do, the kernel closes both ends.
    // broken by: relying on a destructor or on a flushed buffer in the child.
    unsafe { libc::_exit(i32::from(!well)) }
}
