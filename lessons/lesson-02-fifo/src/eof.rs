//! A reader sees end-of-file when the last writer leaves, not when the first does (pipe(7)).
//!
//! The kernel counts the write ends, whoever holds them. Here they are two descriptors of one
//! process, so that nothing runs beside the reads; two programs are counted the same way.

use std::io::Write;

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::unistd::{mkfifo, read, write};
use transcript::Transcript;

use crate::private_dir::PrivateDir;
use crate::show;

pub const CLAIM: &str = "end-of-file comes when the last writer leaves";

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let place = PrivateDir::new()?;
    mkfifo(place.fifo(), Mode::S_IRUSR | Mode::S_IWUSR).context("make the FIFO")?;

    // ANCHOR: eof
    // The reader doesn't block: "nothing yet" (EAGAIN) and "nothing any more" (0) become visible.
    let to_read = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let reader = open(place.fifo(), to_read, Mode::empty()).context("open the FIFO to read")?;

    // Each open adds a write end to the count.
    let to_write = OFlag::O_WRONLY | OFlag::O_CLOEXEC;
    let first = open(place.fifo(), to_write, Mode::empty()).context("open the first writer")?;
    let second = open(place.fifo(), to_write, Mode::empty()).context("open the second writer")?;

    write(&first, b"bye\n").context("write to the FIFO")?;
    // One write end less. The bytes stay, they belong to the FIFO.
    drop(first);
    let bytes = read(&reader, &mut [0; 16]);
    let still_one = read(&reader, &mut [0; 16]);
    writeln!(out, "the first of two writers wrote 4 bytes and left")?;
    writeln!(out, "  read: {}, read again: {}", show::answer(bytes), show::answer(still_one))?;

    // The count drops to 0: from here on read returns 0 instead of EAGAIN.
    drop(second);
    let none = read(&reader, &mut [0; 16]);
    let again = read(&reader, &mut [0; 16]);
    writeln!(out, "the second has left too")?;
    writeln!(out, "  read: {}, read again: {}", show::answer(none), show::answer(again))?;
    // ANCHOR_END: eof

    anyhow::ensure!(bytes == Ok(4), "the bytes of the first writer: {bytes:?}");
    anyhow::ensure!(still_one == Err(Errno::EAGAIN), "with one writer left: {still_one:?}");
    anyhow::ensure!(none == Ok(0) && again == Ok(0), "without a writer: {none:?}, {again:?}");
    Ok(())
}
