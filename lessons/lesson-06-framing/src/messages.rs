//! A child sends four messages, and its parent gets four messages, not just their bytes.
//!
//! The child sends each frame in one write. The parent does not care how the bytes come: one read
//! may bring a part of a frame or several frames (pipe(7), "I/O on pipes and FIFOs"). The decoder
//! takes what the frame at hand still misses. End-of-file between two frames is the good end.

use std::io::{self, PipeWriter, Write};

use anyhow::Context;
use lesson_06::{Decoder, Frame, INFO, PROGRESS, RESULT};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, write};
use transcript::Transcript;

pub const CLAIM: &str = "what was sent as four messages comes as four";

const MESSAGES: [(u8, &str); 4] = [
    (INFO, "system initialized"),
    (PROGRESS, "processing batch 42"),
    (RESULT, "task complete: 128 items"),
    (INFO, "shutting down"),
];

// ANCHOR: messages
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (mut reader, writer) = io::pipe().context("create the pipe")?;

    // Before the fork, because the child must not allocate.
    let sent = MESSAGES.map(|(kind, text)| Frame::new(kind, text));
    let encoded: Result<Vec<_>, _> = sent.iter().map(Frame::encode).collect();
    let encoded = encoded.context("encode the messages")?;

    // SAFETY:
    // obligation: between fork and _exit a child of a process with several threads may make only
    //   async-signal-safe calls (fork(2), signal-safety(7)).
    // here: the lesson has one thread, and `send` calls write and _exit.
    // broken by: a thread started before this line, or a frame encoded in the child.
    let child = match unsafe { fork() }.context("fork the child")? {
        ForkResult::Child => send(&writer, &encoded),
        ForkResult::Parent { child } => child,
    };

    // The parent only reads. While it keeps its own write end, its last read below never returns.
    drop(writer);

    let (mut decoder, mut received) = (Decoder::default(), Vec::new());
    let end = loop {
        match decoder.read_frame(&mut reader) {
            Ok(Some(frame)) => received.push(frame),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };

    // Also after a broken stream: a child that nobody waits for stays behind as a zombie.
    let status = waitpid(child, None).context("wait for the child")?;
    anyhow::ensure!(status == WaitStatus::Exited(child, 0), "the child ended with {status:?}");
    end.context("read the messages")?;

    for frame in &received {
        writeln!(out, "{frame}")?;
    }
    anyhow::ensure!(received == sent, "these are not the messages that were sent");
    let total: usize = encoded.iter().map(Vec::len).sum();
    writeln!(out, "{} frames in {total} bytes, then the end of the stream", received.len())?;
    Ok(())
}
// ANCHOR_END: messages

// ANCHOR: messages-child
/// One write for each frame. All of them fit into the pipe, so the child never waits.
fn send(writer: &PipeWriter, encoded: &[Vec<u8>]) -> ! {
    let mut as_agreed = true;
    for bytes in encoded {
        as_agreed &= write(writer, bytes) == Ok(bytes.len());
    }

    // SAFETY:
    // obligation: _exit never returns and runs no destructors (_exit(2)).
    // here: nothing is left to do, the kernel closes both ends.
    // broken by: relying on a destructor or on a flushed buffer in the child.
    unsafe { nix::libc::_exit(i32::from(!as_agreed)) }
}
// ANCHOR_END: messages-child
