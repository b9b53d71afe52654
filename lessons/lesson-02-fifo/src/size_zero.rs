//! The bytes in a FIFO wait in the kernel, never on the disk: the file stays at size 0, and what
//! nobody has read is gone when the last descriptor closes (fifo(7)).

use std::fs;
use std::io::Write;

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::unistd::{mkfifo, read, write};
use transcript::Transcript;

use crate::private_dir::PrivateDir;
use crate::show;

pub const CLAIM: &str = "the bytes wait in the kernel, not in the file";

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let place = PrivateDir::new()?;
    mkfifo(place.fifo(), Mode::S_IRUSR | Mode::S_IWUSR).context("make the FIFO")?;
    let to_read = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let to_write = OFlag::O_WRONLY | OFlag::O_CLOEXEC;

    // ANCHOR: size-zero
    // Bytes are on their way: written, not yet read.
    let reader = open(place.fifo(), to_read, Mode::empty()).context("open the FIFO to read")?;
    let writer = open(place.fifo(), to_write, Mode::empty()).context("open the FIFO to write")?;
    let written = write(&writer, b"on the way\n").context("write to the FIFO")?;

    let fifo = fs::symlink_metadata(place.fifo()).context("look at the FIFO")?;
    let kind = show::like_ls(&fifo);
    writeln!(out, "{written} bytes written, none read:  {kind}  size {}", fifo.len())?;
    anyhow::ensure!(fifo.len() == 0, "the FIFO has {} bytes", fifo.len());

    // The name outlives its descriptors, the bytes don't: the kernel frees the pipe with the last
    // of them. Either one would keep it.
    drop(writer);
    drop(reader);
    let reader = open(place.fifo(), to_read, Mode::empty()).context("open the FIFO again")?;
    let _writer = open(place.fifo(), to_write, Mode::empty()).context("open the FIFO again")?;
    let answer = read(&reader, &mut [0; 16]);
    writeln!(out, "both ends closed and opened again:  read: {}", show::answer(answer))?;
    anyhow::ensure!(answer == Err(Errno::EAGAIN), "read from the new pipe returned {answer:?}");
    // ANCHOR_END: size-zero
    Ok(())
}
