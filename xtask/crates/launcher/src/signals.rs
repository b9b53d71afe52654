//! The launcher's own signals, as something to poll.

use std::os::fd::{AsFd, BorrowedFd};

use anyhow::Context;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

/// Signals that ask the launcher to end its tree.
const STOPPING: [Signal; 4] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT];

/// SIGCHLD and the stopping signals, blocked and readable through a descriptor. SIGTSTP and its kin
/// keep their default action: Ctrl-Z stops the launcher together with the program.
pub struct Signals {
    before: SigSet,
    readable: SignalFd,
}

/// A signal that asked the launcher to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    pub signal: Signal,
    /// It came from the terminal, so that the whole foreground process group got it too.
    pub from_terminal: bool,
}

impl Signals {
    /// Blocks the signals and opens the descriptor. The launcher has one thread.
    pub fn block() -> anyhow::Result<Signals> {
        let mut wanted = SigSet::empty();
        wanted.add(Signal::SIGCHLD);
        // One that the caller had ignored (nohup, a shell's `&`) stays ignored: a blocked signal
        // would be queued all the same.
        for signal in STOPPING {
            if !crate::tree::ignores(nix::unistd::getpid(), signal) {
                wanted.add(signal);
            }
        }
        let before = wanted
            .thread_swap_mask(nix::sys::signal::SigmaskHow::SIG_BLOCK)
            .context("block the launcher's signals")?;
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let readable =
            SignalFd::with_flags(&wanted, flags).context("open a descriptor for signals")?;
        Ok(Signals { before, readable })
    }

    /// The mask that the launcher was called with.
    pub fn before(&self) -> SigSet {
        self.before
    }

    /// Takes everything that has come and returns the requests to stop. That SIGCHLD came is not
    /// told: who wakes up reaps anyway.
    pub fn take(&self) -> Vec<Stop> {
        let mut stops = Vec::new();
        while let Ok(Some(info)) = self.readable.read_signal() {
            let number = i32::try_from(info.ssi_signo).unwrap_or(0);
            match Signal::try_from(number) {
                Ok(signal) if STOPPING.contains(&signal) => {
                    let from_terminal = info.ssi_code == libc::SI_KERNEL;
                    stops.push(Stop { signal, from_terminal });
                }
                _ => {}
            }
        }
        stops
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.readable.as_fd()
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        // What comes from here on has its old effect again. There is no one to tell of a failure.
        let _ = self.before.thread_set_mask();
    }
}
