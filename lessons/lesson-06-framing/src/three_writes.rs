//! A frame sent in three writes can be torn: another sender's frame gets between them.
//!
//! The article writes length, type and payload each in a write of its own. Here a second sender
//! gets its turn after the first of them, not by luck: a sender waits for end-of-file on a pipe of
//! its own, and the other one lets it go on by closing that pipe. Every byte arrives.

use std::io::{self, Read, Write};

use anyhow::Context;
use lesson_06::{Decoder, Frame, FrameError, HEADER_BYTES, INFO, PROGRESS};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use transcript::Transcript;

use crate::senders;

pub const CLAIM: &str = "a frame in three writes lets another one in";

// ANCHOR: three-writes
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (mut reader, writer) = io::pipe().context("create the pipe")?;
    let (turn_a, give_a) = io::pipe().context("create the pipe for A's turn")?;
    let (turn_b, give_b) = io::pipe().context("create the pipe for B's turn")?;

    // Before the forks, because the children must not allocate.
    let a = Frame::new(PROGRESS, "processing batch 42").encode().context("encode A's message")?;
    let b = Frame::new(INFO, "shutting down").encode().context("encode B's message")?;
    let (header, body) = a.split_at(HEADER_BYTES);
    let (kind, payload) = body.split_at(1);

    // SAFETY:
    // obligation: between fork and _exit a child of a process with several threads may make only
    //   async-signal-safe calls (fork(2), signal-safety(7)).
    // here: the lesson has one thread, and `senders` calls alarm, close, read, write and _exit.
    // broken by: a thread started before this line, or a print in the child.
    let sender_a = match unsafe { fork() }.context("fork sender A")? {
        ForkResult::Child => {
            senders::in_three_writes(&writer, [header, kind, payload], &turn_a, (give_a, give_b))
        }
        ForkResult::Parent { child } => child,
    };

    // SAFETY:
    // obligation: only async-signal-safe calls between fork and _exit, as above.
    // here: a fork makes no thread, so there is still only one; `senders` makes the same calls.
    // broken by: a thread started between the two forks, or a print in the child.
    let sender_b = match unsafe { fork() } {
        Ok(ForkResult::Child) => senders::in_one_write(&writer, &b, &turn_b, give_b),
        Ok(ForkResult::Parent { child }) => Ok(child),
        // There is no B; A's turn comes all the same when this process closes its end below.
        Err(error) => Err(error),
    };

    // Only B's end may give A its turn: with this copy open A would wait for ever.
    drop(give_a);

    // And only A gives B its turn.
    drop(give_b);

    // The parent only reads. While it keeps its own write end, its read below can never return 0.
    drop(writer);
    let mut stream = Vec::new();
    let outcome = reader.read_to_end(&mut stream);

    // Also after an error: a child that nobody waits for stays behind as a zombie.
    let a_ended = waitpid(sender_a, None).context("wait for sender A")?;
    let sender_b = sender_b.context("fork sender B")?;
    let b_ended = waitpid(sender_b, None).context("wait for sender B")?;
    outcome.context("read from the pipe")?;
    let expected = [sender_a, sender_b].map(|sender| WaitStatus::Exited(sender, 0));
    anyhow::ensure!([a_ended, b_ended] == expected, "A ended with {a_ended:?}, B with {b_ended:?}");

    anyhow::ensure!(stream == [header, &b, kind, payload].concat(), "in another order: {stream:?}");
    writeln!(out, "A writes its header:             {:>2} bytes", header.len())?;
    writeln!(out, "B writes a whole frame:          {:>2} bytes", b.len())?;
    writeln!(out, "A writes its type, its payload:  {:>2} bytes", kind.len() + payload.len())?;
    decode(out, &stream)
}
// ANCHOR_END: three-writes

// ANCHOR: three-writes-decode
fn decode(out: &mut Transcript, stream: &[u8]) -> anyhow::Result<()> {
    let (mut decoder, mut rest) = (Decoder::default(), stream);
    writeln!(out, "what the decoder makes of the {} bytes:", stream.len())?;

    // A's length, and then B's bytes where A's type and payload should be.
    let first = decoder.feed(&mut rest).context("decode the first frame")?;
    let frame = first.context("find a frame in the stream")?;
    anyhow::ensure!(frame.name() == "UNKNOWN", "{frame} came, as if nothing had happened");
    writeln!(out, "  {frame}")?;

    // Four bytes from the middle of A's text are taken for a length.
    let taken = rest.get(..HEADER_BYTES).context("find four more bytes")?.escape_ascii();
    let second = decoder.feed(&mut rest);
    let Err(error @ FrameError::TooLong { .. }) = second else {
        anyhow::bail!("after the first frame: {second:?}");
    };
    writeln!(out, "  {error}")?;
    writeln!(out, "    (these four bytes: {taken})")?;
    Ok(())
}
// ANCHOR_END: three-writes-decode
