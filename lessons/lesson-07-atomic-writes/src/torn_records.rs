//! Records larger than a page are torn when two writers wait for the same pipe: for certain, not
//! now and then.
//!
//! The pipe has one page. Before the first read both writers wait in `write`, and one of them has
//! part of its record in the pipe. A read makes a page free and wakes the writer that has waited
//! longest; when that one waits again, it waits behind the other (fs/pipe.c; measured on Linux
//! 6.18). So the two take turns page by page. The limit is the page; all that POSIX promises is
//! PIPE_BUF, which on most machines is the same 4096.

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

pub const CLAIM: &str = "beyond a page they are, every time";

/// Of each writer. One byte more than a page needs two: the byte joins the next record's first.
const RECORDS: usize = 2;
/// After the second read it is settled which writer's page follows whose.
const LOOKS: usize = 2;
const ROUNDS: usize = 3;

// ANCHOR: torn-records
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let page_bytes = measure::page_bytes()?;
    writeln!(out, "each record  bytes from A  bytes from B  records torn in")?;
    for record_bytes in [page_bytes + 1, 3 * page_bytes] {
        let records = [vec![b'A'; record_bytes], vec![b'B'; record_bytes]];
        let mut torn = 0;
        for _ in 0..ROUNDS {
            let stream = two_writers(&records)?;

            // Nothing is lost, it is only mixed.
            let each = [b'A', b'B'].map(|name| stream.iter().filter(|b| **b == name).count());
            anyhow::ensure!(each == [RECORDS * record_bytes; 2], "{each:?} bytes from A and B");

            // Cut where records must begin: each piece would have to be a record of A or of B.
            let whole = |piece: &[u8]| records.iter().any(|record| record == piece);
            torn += usize::from(!stream.chunks(record_bytes).all(whole));
        }
        anyhow::ensure!(torn == ROUNDS, "torn in {torn} of {ROUNDS} rounds");
        let bytes = RECORDS * record_bytes;
        writeln!(out, "{record_bytes:>11}{bytes:>14}{bytes:>14}    {torn} of {ROUNDS} rounds")?;
    }
    writeln!(out, "before each of the first {LOOKS} reads both writers wait in write")?;
    Ok(())
}
// ANCHOR_END: torn-records

/// All that comes out of a pipe of one page when both write their record twice.
fn two_writers(records: &[Vec<u8>; 2]) -> anyhow::Result<Vec<u8>> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;
    fcntl(&writer, FcntlArg::F_SETPIPE_SZ(measure::pages(1)?)).context(measure::REFUSED)?;

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

    let mut reader = File::from(reader);
    let (mut stream, mut buffer) = (Vec::new(), records[0].clone());
    let looked = forked.and_then(|()| {
        for _ in 0..LOOKS {
            // Both want the page that the next read makes free.
            blocked::all_in_write(&children, number)?;
            let count = reader.read(&mut buffer).context("read what is there")?;
            stream.extend_from_slice(&buffer[..count]);
        }
        Ok(())
    });

    // Whatever came of that, the reading goes on to the end: it lets the writers end.
    let outcome = reader.read_to_end(&mut stream);
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
