//! The kernel grants a capacity in whole pages, and a power of two of them; what is granted can
//! also be filled.
//!
//! F_SETPIPE_SZ rounds up, so its answer is the figure to go on with, not the one asked for
//! (fcntl(2), "Changing the capacity of a pipe").

use std::io::Write;

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::{pipe2, write};
use transcript::Transcript;

use crate::measure;

pub const CLAIM: &str = "a power of two of pages, never less than asked for";

/// Bytes to ask for, each of a new pipe.
const ASKED_BYTES: [u32; 5] = [1, 4096, 4097, 5000, 100_000];

// ANCHOR: rounding
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let page_bytes = measure::page_bytes()?;
    let chunk = vec![b'X'; page_bytes];
    let smallest = u32::try_from(page_bytes).context("understand the size of a page")?;

    writeln!(out, "{:>10}{:>10}{:>10}", "asked for", "granted", "holds")?;
    for asked in ASKED_BYTES {
        let (reader, writer) =
            pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).context("create the pipe")?;

        // The answer is the new capacity.
        let granted = fcntl(&writer, FcntlArg::F_SETPIPE_SZ(asked.cast_signed()))
            .context(measure::REFUSED)?
            .cast_unsigned();
        let rule = asked.next_power_of_two().max(smallest);
        anyhow::ensure!(granted == rule, "{granted} bytes granted for {asked}, not {rule}");

        // The other end must tell the same: the capacity is the pipe's, not the end's.
        let told = fcntl(&reader, FcntlArg::F_GETPIPE_SZ).context("ask the read end")?;
        anyhow::ensure!(told.cast_unsigned() == granted, "the read end says {told}");

        // A page at a time, until the pipe takes no more.
        let refusal = loop {
            if let Err(error) = write(&writer, &chunk) {
                break error;
            }
        };
        anyhow::ensure!(refusal == Errno::EAGAIN, "the pipe refused with {refusal:?}");
        let held = measure::bytes_in(&reader)?;
        anyhow::ensure!(u32::try_from(held) == Ok(granted), "{held} bytes of {granted} fit");
        writeln!(out, "{asked:>10}{granted:>10}{held:>10}")?;
    }
    Ok(())
}
// ANCHOR_END: rounding
