//! A frame of up to PIPE_BUF bytes that is sent in one write stays whole, however many senders
//! there are and however long they have to wait.
//!
//! A write of PIPE_BUF bytes or fewer goes into the pipe as one piece, also when it has to wait for
//! room (pipe(7), "PIPE_BUF"). So the pipe gets a single page, where only one frame has room, and
//! before every read both senders are seen waiting in write.

use std::io::{self, PipeReader, PipeWriter, Write};
use std::os::fd::{AsFd, AsRawFd};

use anyhow::Context;
use lesson_06::{Decoder, Frame, HEADER_BYTES, INFO, RESULT};
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc::PIPE_BUF;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use transcript::Transcript;

use crate::{blocked, senders};

pub const CLAIM: &str = "up to PIPE_BUF bytes in one write stay whole";

/// A page has room for this and for a header more, if a sender wrote its header on its own.
const A_BYTES: usize = 3000;
const B_BYTES: usize = PIPE_BUF;
const FRAMES: usize = 8;

// ANCHOR: one-write
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (reader, writer) = io::pipe().context("create the pipe")?;

    // The least there is: one page, whatever its size here (fcntl(2)).
    let capacity = fcntl(&writer, FcntlArg::F_SETPIPE_SZ(1)).context("shrink the pipe")?;
    writeln!(out, "a pipe of one page: {capacity} bytes")?;
    writeln!(out, "A sends frames of {A_BYTES} bytes, B of {B_BYTES} (PIPE_BUF)")?;

    // Before the forks, because the children must not allocate.
    let sent = [(INFO, b'A', A_BYTES), (RESULT, b'B', B_BYTES)]
        .map(|(kind, byte, bytes)| Frame::new(kind, vec![byte; bytes - HEADER_BYTES - 1]));
    let encoded: Result<Vec<_>, _> = sent.iter().map(Frame::encode).collect();

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
    }
    let outcome = started.and_then(|()| read_frames(out, (&reader, &writer), &children, &sent));

    // Ends the senders, also when something has failed: nobody can read any more.
    drop(reader);
    let ended: Vec<_> = children.iter().map(|child| waitpid(*child, None)).collect();
    outcome?;
    for (child, status) in children.into_iter().zip(ended) {
        let status = status.context("wait for a sender")?;
        anyhow::ensure!(status == WaitStatus::Exited(child, 0), "a sender ended with {status:?}");
    }
    Ok(())
}
// ANCHOR_END: one-write

// ANCHOR: one-write-read
fn read_frames(
    out: &mut Transcript,
    (mut reader, writer): (&PipeReader, &PipeWriter),
    children: &[Pid],
    sent: &[Frame; 2],
) -> anyhow::Result<()> {
    let (mut decoder, mut counts) = (Decoder::default(), [0; 2]);
    for _ in 0..FRAMES {
        for child in children {
            // fork has copied the descriptor with its number.
            blocked::in_write(*child, writer.as_raw_fd())?;
        }
        // Full: no page is free for anybody's next write.
        let mut asked = [PollFd::new(writer.as_fd(), PollFlags::POLLOUT)];
        let ready = poll(&mut asked, PollTimeout::ZERO).context("poll the write end")?;
        anyhow::ensure!(ready == 0, "the pipe is not full");

        let frame = decoder.read_frame(&mut reader).context("read a frame")?;
        let which = sent.iter().position(|sent| Some(sent) == frame.as_ref());
        counts[which.context("a frame has come that nobody has sent")?] += 1;
    }
    anyhow::ensure!(!counts.contains(&0), "only one of the two has sent anything: {counts:?}");
    writeln!(out, "{FRAMES} times: both wait in write, the pipe is full, a frame is read")?;
    writeln!(out, "{} frames from both, all of them whole", counts.iter().sum::<usize>())?;
    Ok(())
}
// ANCHOR_END: one-write-read
