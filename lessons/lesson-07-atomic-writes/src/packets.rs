//! With O_DIRECT a pipe keeps every write as a packet of its own: one byte takes a whole page, and
//! 16 bytes fill 16 pages.
//!
//! Nothing is merged, and a read brings one packet, however much it asks for (pipe(2)). The flag is
//! a status flag like O_NONBLOCK. So the article's `F_SETFL` with O_NONBLOCK alone takes it away,
//! and with it the packets, without a word.

use std::io::Write;

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::{pipe2, read, write};
use transcript::Transcript;

use crate::measure;

pub const CLAIM: &str = "one byte takes a page, if the flag survives";

const PAGES: usize = 16;
/// Writes of one byte: more than there are pages.
const TRIES: usize = 64;

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (fit, first) = write_bytes(true)?;
    anyhow::ensure!((fit, first) == (PAGES, 1), "{fit} packets fit, a read brings {first}");
    writeln!(out, "O_NONBLOCK added to the flags (F_GETFL, then F_SETFL):")?;
    writeln!(out, "  {fit} of {TRIES} writes of 1 byte fit, and one read brings {first} byte")?;

    let (fit, first) = write_bytes(false)?;
    anyhow::ensure!((fit, first) == (TRIES, TRIES), "{fit} bytes fit, a read brings {first}");
    writeln!(out, "O_NONBLOCK set alone (F_SETFL, as in the article):")?;
    writeln!(out, "  {fit} of {TRIES} writes of 1 byte fit, and one read brings {first} bytes")?;
    Ok(())
}

// ANCHOR: packets
/// How many of the writes of one byte fit into a pipe made with O_DIRECT, and how many bytes one
/// read brings then.
fn write_bytes(keeps_flags: bool) -> anyhow::Result<(usize, usize)> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC | OFlag::O_DIRECT).context("create the pipe")?;
    fcntl(&writer, FcntlArg::F_SETPIPE_SZ(measure::pages(PAGES)?)).context(measure::REFUSED)?;

    // The flags as they are; O_DIRECT is one of them.
    let bits = fcntl(&writer, FcntlArg::F_GETFL).context("ask for the flags")?;
    let others = if keeps_flags { OFlag::from_bits_retain(bits) } else { OFlag::empty() };

    // F_SETFL sets all status flags: what is not named here is cleared.
    fcntl(&writer, FcntlArg::F_SETFL(others | OFlag::O_NONBLOCK)).context("set O_NONBLOCK")?;

    // One byte at a time, until the pipe takes no more.
    let mut fit = 0;
    for _ in 0..TRIES {
        match write(&writer, b"X") {
            Ok(count) => fit += count,
            Err(Errno::EAGAIN) => break,
            Err(error) => return Err(error).context("write to the pipe"),
        }
    }

    // Asks for more than there is, and gets one packet, or all that lies in a page.
    let count = read(&reader, &mut [0; 2 * TRIES]).context("read once")?;
    Ok((fit, count))
}
// ANCHOR_END: packets
