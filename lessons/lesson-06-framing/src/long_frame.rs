//! A frame longer than PIPE_BUF can be torn although it is sent in one write.
//!
//! The kernel may let other writers in between (pipe(7), "PIPE_BUF"), and does so whenever a writer
//! has to wait: it goes to the end of the queue (fs/pipe.c; measured on Linux 6.18). The same two
//! senders as in `one-write`, with frames of three pages. Several senders of such frames need a
//! lock, or a pipe each.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsRawFd;

use anyhow::Context;
use lesson_06::{Decoder, Frame, HEADER_BYTES, INFO, RESULT};
use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use transcript::Transcript;

use crate::{blocked, senders};

pub const CLAIM: &str = "beyond PIPE_BUF one write is not enough";

const PAGES_PER_FRAME: usize = 3;
const PAGES_READ: usize = 6;

// ANCHOR: long-frame
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (reader, writer) = io::pipe().context("create the pipe")?;
    let capacity = fcntl(&writer, FcntlArg::F_SETPIPE_SZ(1)).context("shrink the pipe")?;
    let page_bytes = usize::try_from(capacity).context("understand the size of a page")?;
    let frame_bytes = PAGES_PER_FRAME * page_bytes;
    writeln!(out, "a pipe of one page: {page_bytes} bytes")?;
    writeln!(out, "A and B send frames of {frame_bytes} bytes, each in one write")?;

    // Before the forks, because the children must not allocate.
    let encoded: Result<Vec<_>, _> = [(INFO, b'A'), (RESULT, b'B')]
        .map(|(kind, byte)| Frame::new(kind, vec![byte; frame_bytes - HEADER_BYTES - 1]).encode())
        .into_iter()
        .collect();

    let (mut children, mut started) = (Vec::new(), Ok(()));
    for frame in &encoded.context("encode the frames")? {
        // SAFETY:
        // obligation: between fork and _exit a child of a process with several threads may make
        //   only async-signal-safe calls (fork(2), signal-safety(7)).
        // here: the lesson has one thread; `until_refused` calls alarm, close, write and _exit.
        // broken by: a thread started before this line, or a frame encoded in the child.
        match unsafe { fork() } {
            Ok(ForkResult::Child) => senders::until_refused(reader, &writer, frame),
            Ok(ForkResult::Parent { child }) => children.push(child),
            Err(error) => started = Err(error).context("fork a sender"),
        }
        // A is first in the queue: B comes when A waits.
        started = started.and_then(|()| all_wait(&children, &writer));
    }
    let mut stream = vec![0; PAGES_READ * page_bytes];
    let pages = stream.chunks_exact_mut(page_bytes);
    let outcome = started.and_then(|()| read_pages((&reader, &writer), &children, pages));

    // Ends the senders, also when something has failed: nobody can read any more.
    drop(reader);
    let ended: Vec<_> = children.iter().map(|child| waitpid(*child, None)).collect();
    outcome?;
    for (child, status) in children.into_iter().zip(ended) {
        let status = status.context("wait for a sender")?;
        anyhow::ensure!(status == WaitStatus::Exited(child, 0), "a sender ended with {status:?}");
    }
    writeln!(out, "before each of {PAGES_READ} reads of a page both wait in write")?;
    decode(out, &stream)
}
// ANCHOR_END: long-frame

fn all_wait(children: &[Pid], writer: &PipeWriter) -> anyhow::Result<()> {
    // fork has copied the descriptor with its number.
    children.iter().try_for_each(|child| blocked::in_write(*child, writer.as_raw_fd()))
}

// ANCHOR: long-frame-read
/// Reads page by page, each while both senders wait for room.
fn read_pages<'a>(
    (mut reader, writer): (&PipeReader, &PipeWriter),
    children: &[Pid],
    pages: impl Iterator<Item = &'a mut [u8]>,
) -> anyhow::Result<()> {
    for page in pages {
        all_wait(children, writer)?;
        let count = reader.read(page).context("read a page")?;
        anyhow::ensure!(count == page.len(), "one read brought {count} bytes");
    }
    Ok(())
}
// ANCHOR_END: long-frame-read

// ANCHOR: long-frame-decode
fn decode(out: &mut Transcript, stream: &[u8]) -> anyhow::Result<()> {
    let (mut decoder, mut rest) = (Decoder::default(), stream);
    let first = decoder.feed(&mut rest).context("decode the first frame")?;
    let frame = first.context("find a frame in the stream")?;

    // Which page is whose is the kernel's affair, and no rule fixes it. That they are mixed is what
    // two waiting writers make of it.
    let has = |byte: u8| frame.payload.contains(&byte);
    anyhow::ensure!(has(b'A') && has(b'B'), "a frame of one sender came whole");
    let payload_bytes = frame.payload.len();
    writeln!(
        out,
        "the decoder: a payload of {payload_bytes} bytes, some of A and some of B: torn"
    )?;
    Ok(())
}
// ANCHOR_END: long-frame-decode
