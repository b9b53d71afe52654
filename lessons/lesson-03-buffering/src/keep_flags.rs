//! F_SETFL sets all status flags at once: whoever wants one more asks for the others first.
//!
//! The article sets O_NONBLOCK with F_SETFL alone. On a pipe made with O_DIRECT that takes the flag
//! away, and with it the packets: with O_DIRECT each write stays a packet of its own, and a read
//! brings one packet (pipe(2)). F_GETFL first, then F_SETFL, leaves them as they were (fcntl(2),
//! "File status flags").

use std::io::Write;
use std::os::fd::AsFd;

use anyhow::Context;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::{pipe2, read, write};
use transcript::Transcript;

pub const CLAIM: &str = "F_SETFL alone throws the other flags away";

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    flag_alone(out)?;
    flag_added(out)
}

// ANCHOR: keep-flags-lost
fn flag_alone(out: &mut Transcript) -> anyhow::Result<()> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC | OFlag::O_DIRECT).context("create the pipe")?;
    let before = status_flags(&writer)?;

    // As the article does it: this also says "and no other flag".
    fcntl(&writer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).context("set O_NONBLOCK alone")?;
    let after = status_flags(&writer)?;
    anyhow::ensure!(
        before == OFlag::O_DIRECT && after == OFlag::O_NONBLOCK,
        "{before:?}, {after:?}"
    );
    writeln!(out, "F_SETFL alone:          {} becomes {}", names(before), names(after))?;

    // Two writes are two packets no longer.
    let taken = [write(&writer, b"1"), write(&writer, b"2")];
    anyhow::ensure!(taken == [Ok(1), Ok(1)], "of two bytes the pipe took {taken:?}");
    let count = read(&reader, &mut [0; 16]).context("read once")?;
    anyhow::ensure!(count == 2, "one read brought {count} bytes");
    writeln!(out, "  two writes of 1 byte, one read: {count} bytes")?;
    Ok(())
}
// ANCHOR_END: keep-flags-lost

// ANCHOR: keep-flags
fn flag_added(out: &mut Transcript) -> anyhow::Result<()> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC | OFlag::O_DIRECT).context("create the pipe")?;
    let before = status_flags(&writer)?;

    // The flags as they are, whatever they are.
    let bits = fcntl(&writer, FcntlArg::F_GETFL).context("ask for the flags")?;

    // The same flags and one more. The access mode is in `bits` as well, and F_SETFL ignores it.
    let more = OFlag::from_bits_retain(bits) | OFlag::O_NONBLOCK;
    fcntl(&writer, FcntlArg::F_SETFL(more)).context("add O_NONBLOCK")?;
    let after = status_flags(&writer)?;
    anyhow::ensure!(after == before | OFlag::O_NONBLOCK, "{before:?} became {after:?}");
    writeln!(out, "F_GETFL, then F_SETFL:  {} becomes {}", names(before), names(after))?;

    // Two writes, two packets.
    let taken = [write(&writer, b"1"), write(&writer, b"2")];
    anyhow::ensure!(taken == [Ok(1), Ok(1)], "of two bytes the pipe took {taken:?}");
    let count = read(&reader, &mut [0; 16]).context("read once")?;
    anyhow::ensure!(count == 1, "one read brought {count} bytes");
    writeln!(out, "  two writes of 1 byte, one read: {count} byte")?;
    Ok(())
}
// ANCHOR_END: keep-flags

/// The flags of `end` that F_SETFL could change, without the access mode.
fn status_flags(end: impl AsFd) -> anyhow::Result<OFlag> {
    let bits = fcntl(end, FcntlArg::F_GETFL).context("ask for the flags")?;
    Ok(OFlag::from_bits_retain(bits) & (OFlag::O_DIRECT | OFlag::O_NONBLOCK))
}

fn names(flags: OFlag) -> String {
    let known = [(OFlag::O_DIRECT, "O_DIRECT"), (OFlag::O_NONBLOCK, "O_NONBLOCK")];
    let names = known.iter().filter(|(flag, _)| flags.contains(*flag)).map(|(_, name)| *name);
    names.collect::<Vec<_>>().join(" and ")
}
