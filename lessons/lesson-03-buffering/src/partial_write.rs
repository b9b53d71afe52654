//! With O_NONBLOCK a large write takes what fits and says how much that was; a write of up to
//! PIPE_BUF bytes goes in whole or not at all.
//!
//! pipe(7), "PIPE_BUF", has the four cases. 4096 bytes are still atomic: PIPE_BUF *or fewer*. Where
//! 5000 are asked for and one page is free, 4096 are taken, and the rest is the caller's business.
//! Room counts by whole pages, for both (measured on Linux 6.18).

use std::io::Write;
use std::os::fd::OwnedFd;

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc::{PIPE_BUF, c_int};
use nix::unistd::{pipe2, read, write};
use transcript::Transcript;

use crate::measure;

pub const CLAIM: &str = "a large write takes what fits, a small one all or nothing";

/// The kernel rounds up to whole pages, so a little less would be the same (any will do).
const CAPACITY_BYTES: c_int = 65536;
static LARGE: [u8; 100_000] = [b'A'; 100_000];
/// A page and this many make the 5000 bytes of the second row.
const MORE_BYTES: usize = 904;
const READS_PER_PAGE: usize = 4;

// ANCHOR: partial-write
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (reader, writer) =
        pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).context("create the pipe")?;
    let capacity =
        fcntl(&writer, FcntlArg::F_SETPIPE_SZ(CAPACITY_BYTES)).context(measure::REFUSED)?;

    // More than the pipe holds, so the result is the interesting thing, not the success.
    let took = write(&writer, &LARGE).context("write to the empty pipe")?;
    anyhow::ensure!(c_int::try_from(took) == Ok(capacity), "{took} bytes were taken");
    writeln!(out, "{} bytes into the empty pipe: {took} taken", LARGE.len())?;

    // Each of these begins and ends with a full pipe.
    let page = measure::page_bytes()?;
    write!(out, "{:<22}", "bytes of room")?;
    for reads in 0..=READS_PER_PAGE {
        write!(out, "{:>8}", reads * page / READS_PER_PAGE)?;
    }
    writeln!(out)?;
    as_room_grows(out, &reader, &writer, (&LARGE[..page], page))?;
    as_room_grows(out, &reader, &writer, (&LARGE[..page + MORE_BYTES], page))?;
    writeln!(out, "the last write is partial: {MORE_BYTES} bytes are left to the caller")?;
    writeln!(out, "up to {PIPE_BUF} bytes (PIPE_BUF) that cannot happen")?;
    Ok(())
}
// ANCHOR_END: partial-write

// ANCHOR: partial-write-room
/// Tries to write `bytes` to the full pipe, and again after each quarter of a page that is read.
fn as_room_grows(
    out: &mut Transcript,
    reader: &OwnedFd,
    writer: &OwnedFd,
    (bytes, page_bytes): (&[u8], usize),
) -> anyhow::Result<()> {
    let mut quarter = vec![0; page_bytes / READS_PER_PAGE];
    write!(out, "{:<22}", format!("a write of {} takes", bytes.len()))?;

    for reads in 0..=READS_PER_PAGE {
        if reads > 0 {
            let count = read(reader, &mut quarter).context("make room")?;
            anyhow::ensure!(count == quarter.len(), "one read brought {count} bytes");
        }
        // Short of a whole page nothing at all is taken; then as much as fits.
        let expected = if reads < READS_PER_PAGE { Err(Errno::EAGAIN) } else { Ok(page_bytes) };
        let answer = write(writer, bytes);
        anyhow::ensure!(answer == expected, "{answer:?} after {reads} reads, not {expected:?}");
        match answer {
            Ok(count) => write!(out, "{count:>8}")?,
            Err(error) => write!(out, "{:>8}", format!("{error:?}"))?,
        }
    }
    writeln!(out)?;
    Ok(())
}
// ANCHOR_END: partial-write-room
