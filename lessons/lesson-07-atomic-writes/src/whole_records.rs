//! Records of up to PIPE_BUF bytes come out whole, although two writers fight for the same page.
//!
//! The pipe has one page, so both wait in `write` again and again: /proc shows it before each of
//! the first reads. Every record is then compared with what its writer wrote. 4096 bytes are among
//! them: POSIX says PIPE_BUF *or fewer*, not "under" it (write(3p); pipe(7), "PIPE_BUF").

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};

use anyhow::Context;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc::{self, PIPE_BUF};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, alarm, fork, pipe2, write};
use transcript::Transcript;

use crate::{blocked, measure};

pub const CLAIM: &str = "none torn, PIPE_BUF bytes included";

/// In bytes: POSIX promises it for PIPE_BUF itself, too.
const SIZES: [usize; 3] = [2000, 3000, PIPE_BUF];
/// Of each writer.
const RECORDS: usize = 40;
/// Neither writer can have come to its last record by then: a page has room for 32 of the smallest,
/// even where it has 65536 bytes.
const LOOKS: usize = 8;

// ANCHOR: whole-records
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    writeln!(out, "each record  bytes in all  from A  from B  torn")?;
    for record_bytes in SIZES {
        let records = [vec![b'A'; record_bytes], vec![b'B'; record_bytes]];
        let stream = two_writers(&records)?;
        let bytes = stream.len();

        // Cut where records must begin: each piece is a record of A, a record of B, or torn.
        let mut torn = stream.chunks(record_bytes).collect::<Vec<_>>();
        let [from_a, from_b] = records.each_ref().map(|record| {
            let before = torn.len();
            torn.retain(|piece| piece != record);
            before - torn.len()
        });
        let torn = torn.len();
        anyhow::ensure!(torn == 0, "{torn} records of {record_bytes} bytes were torn");
        anyhow::ensure!([from_a, from_b] == [RECORDS; 2], "{from_a} from A, {from_b} from B");
        writeln!(out, "{record_bytes:>11}{bytes:>14}{from_a:>8}{from_b:>8}{torn:>6}")?;
    }
    writeln!(out, "PIPE_BUF is {PIPE_BUF}")?;
    writeln!(out, "before each of the first {LOOKS} reads both writers wait in write")?;
    Ok(())
}
// ANCHOR_END: whole-records

// ANCHOR: whole-records-two
/// All that comes out of a pipe of one page when both write their record again and again.
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
    let (mut stream, mut record) = (Vec::new(), records[0].clone());
    let looked = forked.and_then(|()| {
        for _ in 0..LOOKS {
            // Both want the page that is free when its last record is read.
            blocked::all_in_write(&children, number)?;
            let held = measure::bytes_in(&reader)?;
            anyhow::ensure!((1..=measure::page_bytes()?).contains(&held), "they wait at {held}");
            reader.read_exact(&mut record).context("read a record")?;
            stream.extend_from_slice(&record);
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
// ANCHOR_END: whole-records-two

// ANCHOR: whole-records-child
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
// ANCHOR_END: whole-records-child
