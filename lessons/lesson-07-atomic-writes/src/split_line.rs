//! Atomic is the write, not the line: a line in two writes leaves a gap between them, and another
//! writer's line fits into it, however short both are.
//!
//! Here the order is fixed: the parent writes the first half of its line, waits until its child has
//! written a whole line and ended, and writes the other half. A formatted print straight into a
//! pipe may be several writes, too, and then it depends on luck.

use std::fs::File;
use std::io::{Read, Write};

use anyhow::Context;
use nix::fcntl::OFlag;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, pipe2, write};
use transcript::Transcript;

pub const CLAIM: &str = "PIPE_BUF does not help a line in two writes";

const LINE_A: &[u8] = b"writer-A message 0\n";
const LINE_B: &[u8] = b"writer-B message 0\n";
/// After this many bytes A's line is cut.
const CUT: usize = 9;

// ANCHOR: split-line
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;
    let (first, rest) = LINE_A.split_at(CUT);

    // Before the fork, so that it is in the pipe before anything of the child's.
    let count = write(&writer, first).context("write the first half")?;
    anyhow::ensure!(count == first.len(), "{count} bytes of the first half were taken");

    // SAFETY:
    // obligation: between fork and _exit a child of a process with several threads may make only
    //   async-signal-safe calls (fork(2), signal-safety(7)).
    // here: the lesson has one thread, and the child only writes and leaves by _exit.
    // broken by: a thread started before this line, or a print in the child.
    let child = match unsafe { fork() }.context("fork the child")? {
        ForkResult::Child => {
            let written = write(&writer, LINE_B);
            // SAFETY:
            // obligation: _exit never returns and runs no destructors (_exit(2)).
            // here: nothing is left to do, the kernel closes both ends.
            // broken by: relying on a destructor or on a flushed buffer in the child.
            unsafe { nix::libc::_exit(i32::from(written != Ok(LINE_B.len()))) }
        }
        ForkResult::Parent { child } => child,
    };

    // Once the child has ended, its line is in the pipe.
    let status = waitpid(child, None).context("wait for the child")?;
    anyhow::ensure!(status == WaitStatus::Exited(child, 0), "the child ended with {status:?}");

    let count = write(&writer, rest).context("write the other half")?;
    anyhow::ensure!(count == rest.len(), "{count} bytes of the other half were taken");

    // While the parent can write to it, the pipe has no end.
    drop(writer);
    let mut received = String::new();
    File::from(reader).read_to_string(&mut received).context("read from the pipe")?;
    anyhow::ensure!(received.as_bytes() == [first, LINE_B, rest].concat(), "came: {received:?}");
    write!(out, "{received}")?;
    writeln!(out, "three writes of {}, {} and {} bytes", first.len(), LINE_B.len(), rest.len())?;
    Ok(())
}
// ANCHOR_END: split-line
