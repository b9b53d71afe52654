//! A write fails with EPIPE when the last reader has left (pipe(7)).
//!
//! The kernel also sends SIGPIPE, which ends a program that neither handles nor ignores it. Rust's
//! runtime ignores it, so here the error arrives.

use std::io::Write;

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::unistd::{mkfifo, write};
use transcript::Transcript;

use crate::private_dir::PrivateDir;
use crate::show;

pub const CLAIM: &str = "a write fails when the last reader has left";

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let place = PrivateDir::new()?;
    mkfifo(place.fifo(), Mode::S_IRUSR | Mode::S_IWUSR).context("make the FIFO")?;

    // ANCHOR: epipe
    // Each open adds a read end to the count.
    let to_read = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let first = open(place.fifo(), to_read, Mode::empty()).context("open the first reader")?;
    let second = open(place.fifo(), to_read, Mode::empty()).context("open the second reader")?;
    let to_write = OFlag::O_WRONLY | OFlag::O_CLOEXEC;
    let writer = open(place.fifo(), to_write, Mode::empty()).context("open the FIFO to write")?;

    // One read end less: somebody still reads.
    drop(first);
    let one_left = write(&writer, b"anybody?\n");
    writeln!(out, "the first of two readers left:  write: {}", show::answer(one_left))?;

    // The count drops to 0: nobody would read what a write adds now.
    drop(second);

    // Not one byte of it gets in (any will do).
    let none_left = write(&writer, b"anybody?\n");
    writeln!(out, "the second left too:            write: {}", show::answer(none_left))?;

    // Only the reader was missing: a new one, and the same descriptor writes on.
    let _third = open(place.fifo(), to_read, Mode::empty()).context("open the third reader")?;
    let new_one = write(&writer, b"anybody?\n");
    writeln!(out, "a third reader opened:          write: {}", show::answer(new_one))?;
    // ANCHOR_END: epipe

    anyhow::ensure!(one_left == Ok(9), "with one reader left: {one_left:?}");
    anyhow::ensure!(none_left == Err(Errno::EPIPE), "without a reader: {none_left:?}");
    anyhow::ensure!(new_one == Ok(9), "with a new reader: {new_one:?}");
    Ok(())
}
