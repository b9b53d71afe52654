//! With O_NONBLOCK a call that would have to wait answers EAGAIN at once; end-of-file stays what it
//! was, a read that returns 0.
//!
//! EAGAIN says "not now", 0 says "never again". Who takes one for the other stops too early, or
//! asks for ever. std's name for EAGAIN is `ErrorKind::WouldBlock`, and the article's language has
//! the same (pipe(7), "I/O on pipes and FIFOs").

use std::io::{self, Write};

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::{pipe2, read, write};
use transcript::Transcript;

use crate::measure;

pub const CLAIM: &str = "\"not now\" is an error, and it is not end-of-file";

// ANCHOR: nonblocking
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    // The flag goes to both ends.
    let (reader, writer) =
        pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).context("create the pipe")?;
    let sixteen_pages = measure::sixteen_pages()?;
    fcntl(&writer, FcntlArg::F_SETPIPE_SZ(sixteen_pages)).context(measure::REFUSED)?;
    let mut page = vec![b'A'; measure::page_bytes()?];

    // Nothing is in the pipe, and somebody may still write.
    let answer = read(&reader, &mut page);
    anyhow::ensure!(answer == Err(Errno::EAGAIN), "from an empty pipe: {answer:?}");
    writeln!(out, "empty pipe, a write end open:  read answers {}", name(answer))?;

    // Until the kernel would make the writer wait.
    let (mut writes, mut written) = (0, 0);
    let answer = loop {
        match write(&writer, &page) {
            Ok(count) => (writes, written) = (writes + 1, written + count),
            refused => break refused,
        }
    };
    anyhow::ensure!(answer == Err(Errno::EAGAIN), "to a full pipe: {answer:?}");
    anyhow::ensure!(measure::bytes_in(&reader)? == written, "not all of {written} bytes arrived");
    writeln!(out, "full after {writes} writes:          write answers {}", name(answer))?;

    // Until the kernel would make the reader wait.
    let mut total = 0;
    let answer = loop {
        match read(&reader, &mut page) {
            Ok(count) if count > 0 => total += count,
            other => break other,
        }
    };
    anyhow::ensure!(total == written, "{written} bytes were written, {total} came");
    anyhow::ensure!(answer == Err(Errno::EAGAIN), "from the emptied pipe: {answer:?}");
    writeln!(out, "all {total} bytes read again:    read answers {}", name(answer))?;

    // From here on there is nobody who could write.
    drop(writer);
    let answer = read(&reader, &mut page);
    anyhow::ensure!(answer == Ok(0), "after the last close: {answer:?}");
    writeln!(out, "empty pipe, no write end open: read returns {}, end-of-file", name(answer))?;

    let kind = io::Error::from(Errno::EAGAIN).kind();
    writeln!(out, "std's name for EAGAIN is {kind:?}")?;
    Ok(())
}
// ANCHOR_END: nonblocking

/// A count of bytes, or the error's name.
fn name(answer: nix::Result<usize>) -> String {
    answer.map_or_else(|error| format!("{error:?}"), |count| count.to_string())
}
