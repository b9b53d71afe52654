//! A pipe does not shrink below its contents: EBUSY. Contents count by pages here too, so two bytes
//! can be too much for a capacity of 4096.
//!
//! A page stays in use until its last byte is read (fs/pipe.c; measured on Linux 6.18). The answer
//! changes nothing: the capacity is what it was, and no byte is lost (fcntl(2)).

use std::io::Write;
use std::os::fd::OwnedFd;

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::{pipe2, read, write};
use transcript::Transcript;

use crate::measure;

pub const CLAIM: &str = "EBUSY while the contents need more pages";

// ANCHOR: busy
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let page_bytes = measure::page_bytes()?;
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;

    // Two pages, so that the smaller capacity asked for below is one.
    fcntl(&writer, FcntlArg::F_SETPIPE_SZ(measure::pages(2)?)).context(measure::REFUSED)?;

    // A page and one byte: the second page holds that byte.
    let count = write(&writer, &vec![b'X'; page_bytes + 1]).context("write to the pipe")?;
    anyhow::ensure!(count == page_bytes + 1, "{count} bytes were taken");
    writeln!(out, "{:>12}{:>11}{:>10}{:>12}", "in the pipe", "asked for", "answer", "capacity")?;
    shrink(out, &reader, &writer, (page_bytes + 1, Err(Errno::EBUSY)))?;

    // All but one byte of the first page: two bytes are left, in two pages.
    let count = read(&reader, &mut vec![0; page_bytes - 1]).context("read most of a page")?;
    anyhow::ensure!(count == page_bytes - 1, "one read brought {count} bytes");
    shrink(out, &reader, &writer, (2, Err(Errno::EBUSY)))?;

    // With its last byte the first page is free.
    let count = read(&reader, &mut [0]).context("read the page's last byte")?;
    anyhow::ensure!(count == 1, "one read brought {count} bytes");
    shrink(out, &reader, &writer, (1, Ok(page_bytes)))?;
    Ok(())
}
// ANCHOR_END: busy

// ANCHOR: busy-shrink
/// Asks for a capacity of one page and prints what came of it, once it is what it must be.
fn shrink(
    out: &mut Transcript,
    reader: &OwnedFd,
    writer: &OwnedFd,
    (in_pipe, expected): (usize, nix::Result<usize>),
) -> anyhow::Result<()> {
    let asked = measure::pages(1)?;
    let answer = fcntl(writer, FcntlArg::F_SETPIPE_SZ(asked));
    let granted = match answer {
        Ok(granted) => Ok(usize::try_from(granted).context("understand the answer")?),
        Err(error) => Err(error),
    };
    anyhow::ensure!(granted == expected, "with {in_pipe} bytes in the pipe: {granted:?}");

    // Refused or granted, what lies in the pipe stays there.
    let held = measure::bytes_in(reader)?;
    anyhow::ensure!(held == in_pipe, "{in_pipe} bytes were in the pipe, {held} are left");

    let capacity = fcntl(writer, FcntlArg::F_GETPIPE_SZ).context("ask for the capacity")?;
    let pages = if granted.is_ok() { 1 } else { 2 };
    anyhow::ensure!(capacity == measure::pages(pages)?, "the capacity is {capacity}");
    writeln!(out, "{held:>12}{asked:>11}{:>10}{capacity:>12}", measure::name(granted))?;
    Ok(())
}
// ANCHOR_END: busy-shrink
