//! A closed descriptor that is left in the set is answered with NVAL, at once and every time.
//!
//! The article looks at IN and HUP only: NVAL would pass it by and wake it again for ever. Its way
//! to take a descriptor out is the number -1, which poll skips. A nix `PollFd` can hold neither, so
//! this is the raw call; in `read_all` the set is built anew in every turn instead.

use std::io::Write;
use std::os::fd::AsRawFd;

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::unistd::pipe2;
use transcript::Transcript;

use crate::pipe_multiplexer::PATIENCE_MS;

/// A loop that is woken more often than that, with nothing to do, is one that never sleeps.
const LIMIT: usize = 100;

// ANCHOR: closed-descriptor
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (reader, _writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;
    let mut asked = libc::pollfd { fd: reader.as_raw_fd(), events: libc::POLLIN, revents: 0 };

    // The mistake: the descriptor goes, its number stays in the set. The pipe is open at the other
    // end and empty, so a poll that knew it would wait.
    drop(reader);

    let mut wake_ups = 0;
    while wake_ups <= LIMIT {
        // SAFETY:
        // obligation: the pointer leads to as many pollfd structures as the count says, and nobody
        //   else uses them during the call (poll(2)).
        // here: one structure of our own, borrowed for this call; any number is allowed in it.
        // broken by: a count other than 1.
        let ready = unsafe { libc::poll(&raw mut asked, 1, i32::from(PATIENCE_MS)) };
        let ready = Errno::result(ready).context("poll the closed descriptor")?;
        let only_nval = ready == 1 && asked.revents == libc::POLLNVAL;
        anyhow::ensure!(only_nval, "poll answers {ready} with the flags {:#x}", asked.revents);
        wake_ups += 1;
    }
    writeln!(out, "left in the set: more than {} wake-ups, each with NVAL", wake_ups - 1)?;

    // The article's cure. poll skips what is below 0, and answers for nobody.
    asked.fd = -1;

    // SAFETY:
    // obligation: the pointer leads to as many pollfd structures as the count says, and nobody else
    //   uses them during the call (poll(2)).
    // here: the same structure, borrowed for this call.
    // broken by: a count other than 1.
    let ready = unsafe { libc::poll(&raw mut asked, 1, 0) };
    let ready = Errno::result(ready).context("poll nothing")?;
    let skipped = ready == 0 && asked.revents == 0;
    anyhow::ensure!(skipped, "poll answers {ready} with the flags {:#x}", asked.revents);
    writeln!(out, "-1 in its place: poll answers {ready}")?;
    Ok(())
}
// ANCHOR_END: closed-descriptor
