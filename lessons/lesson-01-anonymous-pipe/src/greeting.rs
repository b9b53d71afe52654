//! A child's greeting reaches its parent through a pipe.
//!
//! The parent counts what arrives and reads until end-of-file, because one `read` may return less
//! than was written: a pipe carries bytes, not messages (pipe(7), "I/O on pipes and FIFOs").

use std::fs::File;
use std::io::{Read, Write};

use anyhow::Context;
use nix::fcntl::OFlag;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, pipe2, write};
use transcript::Transcript;

/// 30 bytes with its newline.
const GREETING: &[u8] = b"hello from the child process!\n";

// ANCHOR: greeting
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    // The pipe comes before the fork: the child can only inherit what exists by then. Close-on-exec
    // keeps both ends out of any program that this process starts later.
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;

    // SAFETY:
    // obligation: between fork and _exit a child of a process with several threads may make only
    //   async-signal-safe calls (fork(2), signal-safety(7)).
    // here: the lesson has one thread, and the child only closes, writes and leaves by _exit.
    // broken by: a thread started before this line, or a print in the child.
    match unsafe { fork() }.context("fork the child")? {
        ForkResult::Child => {
            // The child only writes. Its copy of the read end closes when it ends, right after its
            // one write; a longer writer closes it first: the part `sigpipe` shows why.
            let written = write(&writer, GREETING);
            // SAFETY:
            // obligation: _exit never returns and runs no destructors (_exit(2)).
            // here: nothing is left to do, the kernel closes the write end.
            // broken by: relying on a destructor or on a flushed buffer in the child.
            unsafe { nix::libc::_exit(i32::from(written != Ok(GREETING.len()))) }
        }
        ForkResult::Parent { child } => {
            // The parent only reads. While it keeps its own write end, its read below can never
            // return 0.
            drop(writer);

            // read_to_end asks again until read returns 0: end-of-file.
            let mut received = Vec::new();
            File::from(reader).read_to_end(&mut received).context("read from the pipe")?;

            // A child that nobody waits for stays behind as a zombie.
            let status = waitpid(child, None).context("wait for the child")?;

            let text = String::from_utf8_lossy(&received);
            write!(out, "Parent received {} bytes: {text}", received.len())?;
            anyhow::ensure!(
                status == WaitStatus::Exited(child, 0),
                "the child ended with {status:?}"
            );
            Ok(())
        }
    }
}
// ANCHOR_END: greeting
