//! Only the process that made the directory removes it. Ctrl-C reaches the whole process group, and
//! a child made by fork has inherited the handler and the names.
//!
//! exec puts handlers back to the default (execve(2)): programs that are started need no care.

use std::io::Write;

use anyhow::Context;
use nix::sys::signal::{Signal, raise};
use nix::sys::stat::Mode;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, mkfifo};
use transcript::Transcript;

use crate::private_dir::{Deferred, PrivateDir, catch_always};

pub const CLAIM: &str = "a forked child that is interrupted removes nothing";

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let place = PrivateDir::new()?;
    mkfifo(place.fifo(), Mode::S_IRUSR | Mode::S_IWUSR).context("make the FIFO")?;

    // Ctrl-C in the parent waits until the child has been reaped.
    let _deferred = Deferred::new()?;

    // ANCHOR: only-owner
    // SAFETY:
    // obligation: between fork and _exit a child of a process with several threads may make only
    //   async-signal-safe calls (fork(2), signal-safety(7)).
    // here: the lesson has one thread, and the child calls sigaction, sigprocmask, raise and _exit.
    // broken by: a thread started before this line, or a print in the child.
    match unsafe { fork() }.context("fork the child")? {
        ForkResult::Child => {
            // The handlers came with fork. They are set again, and listened to, because a lesson in
            // the background may have been started with SIGINT ignored.
            let _ = catch_always();
            let _ = raise(Signal::SIGINT);
            // The signal ends the child in the line above. If it did not, the status tells.
            //
            // SAFETY:
            // obligation: _exit never returns and runs no destructors (_exit(2)).
            // here: that is the point, Drop would remove the parent's directory.
            // broken by: relying on a destructor or on a flushed buffer in the child.
            unsafe { libc::_exit(1) }
        }
        ForkResult::Parent { child } => {
            // A child that nobody waits for stays behind as a zombie.
            let status = waitpid(child, None).context("wait for the child")?;
            let WaitStatus::Signaled(_, killed_by, _) = status else {
                anyhow::bail!("the child ended with {status:?}");
            };
            let kept = place.fifo().exists();
            writeln!(out, "the child was killed by {killed_by}")?;
            writeln!(out, "the FIFO is {}", if kept { "still there" } else { "gone" })?;
            anyhow::ensure!(killed_by == Signal::SIGINT, "the child ended with {status:?}");
            anyhow::ensure!(kept, "the child removed the FIFO of its parent");
            Ok(())
        }
    }
    // ANCHOR_END: only-owner
}
