//! With O_NONBLOCK, up to PIPE_BUF bytes: a write takes all of it or answers EAGAIN, and then not
//! one of its bytes is in the pipe.
//!
//! A partial write cannot happen here. So a caller who keeps to PIPE_BUF needs no code for half a
//! record: it asks again with the same bytes (write(3p); pipe(7), "PIPE_BUF").

use std::io::Write;

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc::PIPE_BUF;
use nix::unistd::{pipe2, write};
use transcript::Transcript;

use crate::measure;

pub const CLAIM: &str = "with O_NONBLOCK, up to PIPE_BUF: all of it or nothing";

/// Bytes of a page that the pipe has room for, and bytes to write.
const TRIES: [(usize, usize); 3] =
    [(PIPE_BUF, PIPE_BUF), (PIPE_BUF - 1, PIPE_BUF - 1), (PIPE_BUF - 1, PIPE_BUF)];

// ANCHOR: all-or-eagain
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    writeln!(out, "{:>8}{:>10}{:>10}{:>20}", "room", "to write", "answer", "added to the pipe")?;
    for (room, bytes) in TRIES {
        let (reader, writer) =
            pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).context("create the pipe")?;
        fcntl(&writer, FcntlArg::F_SETPIPE_SZ(measure::pages(1)?)).context(measure::REFUSED)?;

        // All of the page but the room.
        let before = measure::page_bytes()? - room;
        let count = write(&writer, &vec![b'.'; before]).context("fill part of the page")?;
        anyhow::ensure!(count == before, "{count} of {before} bytes were taken");

        let answer = write(&writer, &vec![b'X'; bytes]);
        let expected = if bytes <= room { Ok(bytes) } else { Err(Errno::EAGAIN) };
        anyhow::ensure!(answer == expected, "with room for {room}, {bytes}: {answer:?}");

        // The answer is the truth: a refused write has left nothing behind.
        let added = measure::bytes_in(&reader)? - before;
        anyhow::ensure!(added == answer.unwrap_or(0), "{added} bytes were added: {answer:?}");
        writeln!(out, "{room:>8}{bytes:>10}{:>10}{added:>20}", measure::name(answer))?;
    }
    Ok(())
}
// ANCHOR_END: all-or-eagain
