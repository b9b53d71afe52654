//! The article's three measurements: what a new pipe has, what it has after asking for more, and
//! that this much really fits.
//!
//! Three things are put right. F_SETFL alone would throw the other flags away (fcntl(2); the part
//! `packets` shows what that costs). A refused capacity is an error here, where the article leaves
//! its second line out. And only EAGAIN means full, where the article takes any error for it.

use std::io::Write;

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc::c_int;
use nix::unistd::{pipe2, write};
use transcript::Transcript;

use crate::measure;

pub const CLAIM: &str = "a capacity asked for, granted, and filled";

const REQUESTED_BYTES: c_int = 256 * 1024;
static CHUNK: [u8; 4096] = [b'X'; 4096];

// ANCHOR: article
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;

    // Nobody has asked for anything yet.
    let default = fcntl(&writer, FcntlArg::F_GETPIPE_SZ).context("ask for the capacity")?;

    // A user with very many pipes, or a system with other limits, must not get a wrong lesson.
    let usual = measure::pages(16)?;
    anyhow::ensure!(
        default == usual,
        "a new pipe has {default} bytes here, not 16 pages ({usual} bytes): this user's pipes are \
         past /proc/sys/fs/pipe-user-pages-soft, or /proc/sys/fs/pipe-max-size is small (pipe(7)); \
         close some pipes, or run as another user"
    );
    writeln!(out, "Default pipe size: {default} bytes ({} KiB)", default / 1024)?;

    // The answer is the capacity that was granted; it may be more than was asked for.
    let resized =
        fcntl(&writer, FcntlArg::F_SETPIPE_SZ(REQUESTED_BYTES)).context(measure::REFUSED)?;
    anyhow::ensure!(resized == REQUESTED_BYTES, "{resized} bytes granted");
    writeln!(out, "Resized pipe to: {resized} bytes ({} KiB)", resized / 1024)?;

    // The flags as they are: F_SETFL sets all of them at once.
    let bits = fcntl(&writer, FcntlArg::F_GETFL).context("ask for the flags")?;

    // The same flags and one more, so that a full pipe answers and does not let us wait.
    let more = OFlag::from_bits_retain(bits) | OFlag::O_NONBLOCK;
    fcntl(&writer, FcntlArg::F_SETFL(more)).context("add O_NONBLOCK")?;

    // Until the pipe takes no more.
    let (mut total, mut writes) = (0, 0);
    let refusal = loop {
        match write(&writer, &CHUNK) {
            Ok(count) => (total, writes) = (total + count, writes + 1),
            Err(error) => break error,
        }
    };
    anyhow::ensure!(refusal == Errno::EAGAIN, "the pipe refused with {refusal:?}");

    // What the writes returned must be what lies there, and no more than was granted.
    let held = measure::bytes_in(&reader)?;
    anyhow::ensure!(held == total, "{total} bytes were written, {held} are in the pipe");
    anyhow::ensure!(c_int::try_from(total) == Ok(resized), "{total} bytes of {resized} fit");
    writeln!(out, "Actual capacity before {refusal:?}: {total} bytes ({} KiB)", total / 1024)?;
    writeln!(out, "  in {writes} writes of {} bytes", CHUNK.len())?;
    Ok(())
}
// ANCHOR_END: article
