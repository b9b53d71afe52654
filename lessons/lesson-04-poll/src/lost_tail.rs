//! HUP does not mean that the pipe is empty: a reader who obeys it before IN, or after one read,
//! loses what is still in the pipe.
//!
//! poll says IN and HUP at the same time as long as there are bytes and nobody is left who could
//! write. Three readers get the same 1300 bytes, 512 at most with each read.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};

use anyhow::Context;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, poll};
use nix::unistd::{pipe2, read, write};
use transcript::Transcript;

use crate::pipe_multiplexer::PATIENCE_MS;

/// More than two reads' worth.
const OUTPUT: [u8; 1300] = [b'x'; 1300];
const CHUNK_BYTES: usize = 512;

/// What a reader takes for the end.
#[derive(Clone, Copy)]
enum End {
    /// HUP, whatever comes with it.
    Hup,
    /// HUP, once what is there has been read; but one read is not all.
    OneReadThenHup,
    /// A read that returns 0.
    Eof,
}

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    for (what, end, expected) in [
        ("looks at HUP first", End::Hup, 0),
        ("reads once, then obeys HUP", End::OneReadThenHup, CHUNK_BYTES),
        ("reads until read returns 0", End::Eof, OUTPUT.len()),
    ] {
        let (got, lost) = gone_writer(end)?;
        let as_expected = (got, lost) == (expected, OUTPUT.len() - expected);
        anyhow::ensure!(as_expected, "who {what} gets {got} bytes and loses {lost}");
        writeln!(out, "{what:<28} gets {got:>4} bytes, loses {lost:>4}")?;
    }
    Ok(())
}

// ANCHOR: lost-tail
/// How many bytes a reader gets who goes by `end`, and how many are left in the pipe.
fn gone_writer(end: End) -> anyhow::Result<(usize, usize)> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;
    let written = write(&writer, &OUTPUT).context("write to the pipe")?;
    anyhow::ensure!(written == OUTPUT.len(), "the pipe took {written} bytes of {}", OUTPUT.len());

    // The writer goes. From here on poll says HUP, and also IN as long as there are bytes.
    drop(writer);

    let got = listen(&reader, end)?;

    // What a reader leaves behind goes with the read end. Here it is counted.
    let mut rest = Vec::new();
    File::from(reader).read_to_end(&mut rest).context("count the rest")?;
    Ok((got, rest.len()))
}
// ANCHOR_END: lost-tail

// ANCHOR: lost-tail-readers
fn listen(reader: &OwnedFd, end: End) -> anyhow::Result<usize> {
    let mut got = 0;
    let mut chunk = [0; CHUNK_BYTES];
    loop {
        let mut asked = [PollFd::new(reader.as_fd(), PollFlags::POLLIN)];
        let ready = poll(&mut asked, PATIENCE_MS).context("poll the read end")?;
        anyhow::ensure!(ready == 1, "poll says nothing of a pipe without a writer");
        let answer = asked[0].revents().context("poll answered with unknown flags")?;
        let hup = answer.contains(PollFlags::POLLHUP);
        anyhow::ensure!(hup, "the writer is not gone");

        if matches!(end, End::Hup) {
            return Ok(got);
        }
        // With IN there are bytes, and without it HUP makes read return 0. Neither waits.
        let count = read(reader, &mut chunk).context("read from the pipe")?;
        got += count;
        if count == 0 || matches!(end, End::OneReadThenHup) {
            return Ok(got);
        }
    }
}
// ANCHOR_END: lost-tail-readers
