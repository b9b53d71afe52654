//! A pipe has 16 pages unless somebody asks for more or less, and whoever asks is told what the
//! kernel has granted.
//!
//! Both ends belong to one pipe, so either tells its capacity. What is granted is the next power of
//! two, at least one page (fcntl(2), "Changing the capacity of a pipe"). Two limits stand in
//! /proc/sys/fs: past `pipe-user-pages-soft` an ordinary user's new pipes have less than 16 pages,
//! and beyond `pipe-max-size` only a privileged process may ask (pipe(7)).

use std::io::Write;

use anyhow::Context;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::pipe2;
use transcript::Transcript;

use crate::measure;

pub const CLAIM: &str = "the kernel grants whole pages, a power of two of them";

/// Bytes to ask for, each in its turn.
const ASKED: [u32; 6] = [1, 4096, 4097, 5000, 65536, 100_000];

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    default_capacity(out)?;
    asked_for(out)
}

// ANCHOR: capacity-default
fn default_capacity(out: &mut Transcript) -> anyhow::Result<()> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;

    // The read end and the write end must tell the same.
    let capacity = fcntl(&reader, FcntlArg::F_GETPIPE_SZ).context("ask the read end")?;
    let other = fcntl(&writer, FcntlArg::F_GETPIPE_SZ).context("ask the write end")?;
    anyhow::ensure!(capacity == other, "the read end says {capacity}, the write end {other}");

    // A user with very many pipes, or a system with other limits, must not get a wrong lesson.
    let usual = measure::sixteen_pages()?;
    anyhow::ensure!(
        capacity == usual,
        "a new pipe has {capacity} bytes here, not 16 pages ({usual} bytes): see \
         pipe-user-pages-soft and pipe-max-size in pipe(7), or run as another user"
    );
    writeln!(out, "Pipe buffer size: {capacity} bytes ({} KiB)", capacity / 1024)?;
    Ok(())
}
// ANCHOR_END: capacity-default

// ANCHOR: capacity
fn asked_for(out: &mut Transcript) -> anyhow::Result<()> {
    let page = u32::try_from(measure::page_bytes()?).context("understand the size of a page")?;
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;

    writeln!(out, "{:>10}{:>10}", "asked for", "granted")?;
    for asked in ASKED {
        // The answer is the new capacity, not the one asked for.
        let granted = fcntl(&writer, FcntlArg::F_SETPIPE_SZ(asked.cast_signed()))
            .context(measure::REFUSED)?;

        // The other end has changed with it.
        let seen = fcntl(&reader, FcntlArg::F_GETPIPE_SZ).context("ask the read end")?;
        anyhow::ensure!(granted == seen, "granted are {granted} bytes, the read end says {seen}");

        let rule = asked.next_power_of_two().max(page);
        anyhow::ensure!(granted.cast_unsigned() == rule, "{granted} for {asked}, not {rule}");
        writeln!(out, "{asked:>10}{granted:>10}")?;
    }
    Ok(())
}
// ANCHOR_END: capacity
