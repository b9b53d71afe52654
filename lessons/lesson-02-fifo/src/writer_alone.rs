//! With O_NONBLOCK open does not wait: a writer is refused with ENXIO as long as nobody reads
//! (fifo(7), open(2)).
//!
//! A reader alone may come in, a writer alone may not: its bytes would have nobody to go to.

use std::io::Write;

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use transcript::Transcript;

use crate::private_dir::PrivateDir;

pub const CLAIM: &str = "with O_NONBLOCK a writer alone is refused";

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let place = PrivateDir::new()?;
    mkfifo(place.fifo(), Mode::S_IRUSR | Mode::S_IWUSR).context("make the FIFO")?;

    // ANCHOR: writer-alone
    // This is how a program asks whether a server is there, instead of waiting for one.
    let to_write = OFlag::O_WRONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let nobody = open(place.fifo(), to_write, Mode::empty());
    writeln!(out, "open to write, nobody reads:      {}", outcome(&nobody))?;

    // The same call succeeds as soon as somebody reads.
    let to_read = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let reader = open(place.fifo(), to_read, Mode::empty()).context("open the FIFO to read")?;
    let somebody = open(place.fifo(), to_write, Mode::empty());
    writeln!(out, "open to write, one reader:        {}", outcome(&somebody))?;

    // The last read end closes here. That `somebody` still has the write end makes no difference:
    // open asks for a reader.
    drop(reader);
    let too_late = open(place.fifo(), to_write, Mode::empty());
    writeln!(out, "open to write, the reader left:   {}", outcome(&too_late))?;
    // ANCHOR_END: writer-alone

    anyhow::ensure!(matches!(nobody, Err(Errno::ENXIO)), "without a reader: {nobody:?}");
    somebody.context("open the FIFO to write, with a reader")?;
    anyhow::ensure!(matches!(too_late, Err(Errno::ENXIO)), "after the reader: {too_late:?}");
    Ok(())
}

fn outcome<T>(opened: &nix::Result<T>) -> String {
    match opened {
        Ok(_) => "succeeds".to_owned(),
        Err(errno) => format!("{errno:?}"),
    }
}
