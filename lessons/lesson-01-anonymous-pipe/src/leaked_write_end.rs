//! A parent that forgets to close its own write end waits for itself.
//!
//! This is `greeting` with one line in the wrong place. Its child has written and ended, nobody
//! else knows the pipe, and still there is no end-of-file: the reader itself could write (pipe(7)).
//! A read in a loop would wait here for ever, so the part asks poll instead.

use std::io::Write;
use std::os::fd::AsFd;

use anyhow::Context;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, pipe2, read, write};
use transcript::Transcript;

use crate::{ends, table};

/// 30 bytes with its newline.
const GREETING: &[u8] = b"hello from the child process!\n";

// ANCHOR: leaked-write-end
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;

    // SAFETY:
    // obligation: between fork and _exit a child of a process with several threads may make only
    //   async-signal-safe calls (fork(2), signal-safety(7)).
    // here: the lesson has one thread, and the child only writes and leaves by _exit.
    // broken by: a thread started before this line, or a print in the child.
    let child = match unsafe { fork() }.context("fork the child")? {
        ForkResult::Child => {
            let written = write(&writer, GREETING);
            // SAFETY:
            // obligation: _exit never returns and runs no destructors (_exit(2)).
            // here: nothing is left to do, the kernel closes both ends.
            // broken by: relying on a destructor or on a flushed buffer in the child.
            unsafe { nix::libc::_exit(i32::from(written != Ok(GREETING.len()))) }
        }
        ForkResult::Parent { child } => child,
    };

    // Waiting before reading is safe only because 30 bytes fit into the pipe. It makes sure that
    // no write end is left but our own.
    let status = waitpid(child, None).context("wait for the child")?;
    anyhow::ensure!(status == WaitStatus::Exited(child, 0), "the child ended with {status:?}");

    let mut buffer = [0; 64];
    let mut asked = [PollFd::new(reader.as_fd(), PollFlags::POLLIN)];
    table::heading(out, "write ends")?;

    // The greeting lies in the pipe, although its writer is gone.
    poll(&mut asked, PollTimeout::ZERO).context("poll the read end")?;
    let open = ends::held_by("self", &reader)?.write;
    table::row(out, "the child has ended", (open, &asked[0]), (1, PollFlags::POLLIN))?;

    // All of it comes at once, and nobody is left who could add a byte, except ourselves.
    let count = read(&reader, &mut buffer).context("read from the pipe")?;
    anyhow::ensure!(buffer[..count] == *GREETING, "{count} bytes came, and not the greeting");
    poll(&mut asked, PollTimeout::ZERO).context("poll the read end")?;
    let open = ends::held_by("self", &reader)?.write;
    let step = format!("its {count} bytes are read");
    table::row(out, &step, (open, &asked[0]), (1, PollFlags::empty()))?;
    writeln!(out, "the next read would wait for this process itself")?;

    // What was forgotten right after the fork.
    drop(writer);
    poll(&mut asked, PollTimeout::ZERO).context("poll the read end")?;
    let open = ends::held_by("self", &reader)?.write;
    table::row(out, "the parent drops its write end", (open, &asked[0]), (0, PollFlags::POLLHUP))?;

    let count = read(&reader, &mut buffer).context("read after the last close")?;
    anyhow::ensure!(count == 0, "{count} bytes came where end-of-file must be");
    writeln!(out, "read returns {count}: end-of-file")?;
    Ok(())
}
// ANCHOR_END: leaked-write-end
