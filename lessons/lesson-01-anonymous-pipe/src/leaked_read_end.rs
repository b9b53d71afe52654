//! A writer hears that nobody reads only when the last read end is closed: a leaked read end
//! withholds EPIPE.
//!
//! The mirror image of `eof`. Until the last close every write succeeds, and its bytes go nowhere.
//! After it, the writer gets SIGPIPE, or EPIPE where it ignores that signal (pipe(7), "I/O on pipes
//! and FIFOs"). Rust's start-up code does ignore it; the part `sigpipe` takes that back.

use std::fs;
use std::io::Write;
use std::os::fd::AsFd;

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::unistd::{pipe2, write};
use transcript::Transcript;

use crate::{ends, table};

// ANCHOR: leaked-read-end
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;

    // The leak: a second descriptor for the same read end, that nobody will ever read from.
    let copy = reader.try_clone().context("copy the read end")?;

    let mut asked = [PollFd::new(writer.as_fd(), PollFlags::POLLOUT)];
    table::heading(out, "read ends")?;

    // Somebody reads: the pipe takes the byte.
    poll(&mut asked, PollTimeout::ZERO).context("poll the write end")?;
    let open = ends::held_by("self", &writer)?.read;
    table::row(out, "both open", (open, &asked[0]), (2, PollFlags::POLLOUT))?;
    let count = write(&writer, b"1").context("write while both are open")?;
    anyhow::ensure!(count == 1, "with two read ends write took {count} bytes");
    writeln!(out, "  write takes {count} byte")?;

    // The reader has gone, but the leak looks to the kernel like somebody who may still read.
    drop(reader);
    poll(&mut asked, PollTimeout::ZERO).context("poll the write end")?;
    let open = ends::held_by("self", &writer)?.read;
    table::row(out, "the reader dropped", (open, &asked[0]), (1, PollFlags::POLLOUT))?;
    let count = write(&writer, b"1").context("write while the copy is open")?;
    anyhow::ensure!(count == 1, "with one read end left write took {count} bytes");
    writeln!(out, "  write takes {count} byte, and nobody will read it")?;

    // The last read end goes, and the bytes in the pipe with it.
    drop(copy);
    poll(&mut asked, PollTimeout::ZERO).context("poll the write end")?;
    let open = ends::held_by("self", &writer)?.read;
    let gone = PollFlags::POLLOUT | PollFlags::POLLERR;
    table::row(out, "its copy dropped as well", (open, &asked[0]), (0, gone))?;

    // Nothing of it gets in (any will do).
    let refused = write(&writer, b"1");
    anyhow::ensure!(refused == Err(Errno::EPIPE), "write answered {refused:?}, not EPIPE");
    writeln!(out, "  write answers EPIPE")?;

    // Had SIGPIPE its default action, the process would not have come to this line.
    anyhow::ensure!(sigpipe_is_ignored()?, "SIGPIPE is not ignored: who has set it back?");
    writeln!(out, "SIGPIPE is ignored in this process, as in every Rust program")?;
    Ok(())
}
// ANCHOR_END: leaked-read-end

/// Reads the mask of ignored signals, in which signal N is bit N - 1 (proc_pid_status(5)).
fn sigpipe_is_ignored() -> anyhow::Result<bool> {
    let status = fs::read_to_string("/proc/self/status").context("read /proc/self/status")?;
    let digits = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .context("find SigIgn in /proc/self/status")?;
    let mask = u64::from_str_radix(digits.trim(), 16).context("read SigIgn")?;
    Ok(mask >> (Signal::SIGPIPE as i32 - 1) & 1 == 1)
}
