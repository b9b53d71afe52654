//! How much fits depends on how it is written: the same pipe takes 65536 bytes or half of them.
//!
//! The kernel keeps a pipe as a ring of page slots. What a write has beyond whole pages is merged
//! into the page written last, if it fits there *as a whole*; everything else begins a new page
//! (fs/pipe.c; measured on Linux 6.18). Two times 2049 bytes are more than a page of 4096, so every
//! write of 2049 gets a page of its own, and nearly half of each page stays empty.

use std::io::Write;

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::{pipe2, write};
use transcript::Transcript;

use crate::measure;

pub const CLAIM: &str = "a write shares a page only if it fits as a whole";

const PAGES: usize = 16;
const WRITES_BYTES: [usize; 7] = [1, 100, 2048, 2049, 3000, 4096, 4097];

/// Bytes that fit, and writes that took at least one of them.
type Filled = (usize, usize);

// ANCHOR: by-write-size
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let page_bytes = measure::page_bytes()?;
    let capacity = PAGES * page_bytes;

    let heads = ("each write", "bytes that fit", "writes", "of the capacity");
    writeln!(out, "{:>10}{:>17}{:>9}{:>18}", heads.0, heads.1, heads.2, heads.3)?;
    for write_bytes in WRITES_BYTES {
        let (fit, writes) = fill(write_bytes)?;

        // The rule is worth something only if it gives the same figures as the kernel.
        let rule = page_rule(write_bytes, page_bytes);
        anyhow::ensure!((fit, writes) == rule, "{fit} in {writes}, the rule says {rule:?}");

        let percent = format!("{} %", fit * 100 / capacity);
        writeln!(out, "{write_bytes:>10}{fit:>17}{writes:>9}{percent:>18}")?;
    }
    writeln!(out, "a rule about {PAGES} pages of {page_bytes} bytes gives the same figures")?;
    Ok(())
}
// ANCHOR_END: by-write-size

// ANCHOR: by-write-size-fill
/// Writes `write_bytes` at a time into a new pipe until it answers EAGAIN.
fn fill(write_bytes: usize) -> anyhow::Result<Filled> {
    let (reader, writer) =
        pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).context("create the pipe")?;

    // Most pipes are born with 16 pages; this one has them in any case, or the part ends here.
    fcntl(&writer, FcntlArg::F_SETPIPE_SZ(measure::pages(PAGES)?)).context(measure::REFUSED)?;

    let bytes = vec![b'X'; write_bytes];
    let (mut total, mut writes) = (0, 0);
    let refusal = loop {
        match write(&writer, &bytes) {
            Ok(count) => (total, writes) = (total + count, writes + 1),
            Err(error) => break error,
        }
    };
    anyhow::ensure!(refusal == Errno::EAGAIN, "the pipe refused with {refusal:?}");

    let held = measure::bytes_in(&reader)?;
    anyhow::ensure!(held == total, "{total} bytes were written, {held} are in the pipe");
    Ok((total, writes))
}
// ANCHOR_END: by-write-size-fill

// ANCHOR: page-rule
/// The same, computed: fills pages on paper until a write finds no room for all its bytes.
fn page_rule(write_bytes: usize, page_bytes: usize) -> Filled {
    // No page yet is like a full one: nothing can be merged.
    let (mut pages, mut in_last_page) = (0, page_bytes);
    let (mut total, mut writes) = (0, 0);
    loop {
        let mut left = write_bytes;

        // What does not fill a page joins the last one, all of it or nothing.
        let beyond = write_bytes % page_bytes;
        if in_last_page + beyond <= page_bytes {
            in_last_page += beyond;
            left -= beyond;
        }
        // The rest takes new pages.
        while left > 0 && pages < PAGES {
            pages += 1;
            in_last_page = left.min(page_bytes);
            left -= in_last_page;
        }
        let taken = write_bytes - left;
        total += taken;
        writes += usize::from(taken > 0);
        if left > 0 {
            return (total, writes);
        }
    }
}
// ANCHOR_END: page-rule
