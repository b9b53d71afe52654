//! End-of-file says that no more output will come. It does not say that the child has ended.
//!
//! A child may close its standard output and go on, as daemons do. The article waits for it there,
//! in the middle of its loop, and reads from nobody meanwhile: here that would be a deadlock, since
//! the one child ends only after the other has been read.

use std::io::Write;

use anyhow::Context;
use nix::fcntl::OFlag;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{pipe2, write};
use transcript::Transcript;

use crate::pipe_multiplexer::{Event, PipeMultiplexer};
use crate::words;

const SHELL: &str = "/bin/sh";

/// Closes its standard output, then waits for its token.
const CLOSER: &str = "exec >&- && read turn && exit 7";
const WRITER: &str = "read turn && echo I am still read";

// ANCHOR: early-eof
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (closer_turns, give_closer) = pipe2(OFlag::O_CLOEXEC).context("create a token pipe")?;
    let (writer_turns, give_writer) = pipe2(OFlag::O_CLOEXEC).context("create a token pipe")?;

    let mut children = PipeMultiplexer::default();
    let closer = children.add_child("closer", &[SHELL, "-c", CLOSER], closer_turns)?;
    children.add_child("writer", &[SHELL, "-c", WRITER], writer_turns)?;

    children.read_all(&mut |name, event| {
        match (name, event) {
            ("closer", Event::Eof) => {
                // A look that neither waits nor takes the status away.
                let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
                let status = waitid(Id::Pid(closer), look).context("look after the closer")?;
                anyhow::ensure!(status == WaitStatus::StillAlive, "the closer: {status:?}");
                writeln!(out, "closer: end-of-file, and it is still alive")?;

                // A waitpid in this place would wait for a child that waits for us: the closer gets
                // no token before the writer has been read. A token is a line (any will do).
                write(&give_writer, b"\n").context("hand the writer's token")?;
            }
            ("writer", Event::Line(line)) => {
                writeln!(out, "[{name}] {}", String::from_utf8_lossy(line))?;

                // The closer may go on (any will do).
                write(&give_closer, b"\n").context("hand the closer's token")?;
            }
            _ => {}
        }
        Ok(())
    })?;

    // Now waiting keeps nobody unread.
    for ((name, status), expected) in children.reap()?.into_iter().zip([7, 0]) {
        let as_expected = matches!(status, WaitStatus::Exited(_, code) if code == expected);
        anyhow::ensure!(as_expected, "{name} {}", words::ending(status));
        writeln!(out, "{name}: {}", words::ending(status))?;
    }
    Ok(())
}
// ANCHOR_END: early-eof
