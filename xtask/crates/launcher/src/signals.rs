//! The launcher's own signals, as something to poll.

use std::os::fd::{AsFd, BorrowedFd};

use anyhow::Context;
use doctor::is_in;
use nix::sys::signal::{SigHandler, SigSet, SigmaskHow, Signal, raise, signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use crate::tree;

/// What the launcher must not wait for: the processor raises these for a fault of its own.
const FAULTS: [Signal; 4] = [Signal::SIGILL, Signal::SIGBUS, Signal::SIGFPE, Signal::SIGSEGV];
/// What ends nobody by default.
const HARMLESS: [Signal; 3] = [Signal::SIGCONT, Signal::SIGURG, Signal::SIGWINCH];
/// What stops whoever does not handle it, sent by a terminal.
const JOB_CONTROL: [Signal; 3] = [Signal::SIGTSTP, Signal::SIGTTIN, Signal::SIGTTOU];

/// SIGCHLD and every signal that would end the launcher, blocked and readable through a descriptor:
/// a launcher that just died would leave its tree behind.
///
/// Attached, Ctrl-Z is blocked too. The program decides what it does with it; the launcher stops
/// when the program has stopped ([`stop_too`]). Otherwise a program that puts the terminal in order
/// first would do that after the shell has taken the terminal back.
pub struct Signals {
    before: SigSet,
    ignored_children: bool,
    readable: SignalFd,
}

/// A signal that asked the launcher to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    pub number: i32,
    /// It came from the terminal, so that the whole foreground process group got it too.
    pub from_terminal: bool,
}

impl Signals {
    /// Blocks the signals and opens the descriptor. The launcher has one thread.
    ///
    /// The first process of a PID namespace blocks no more than SIGCHLD: what it does not handle
    /// cannot be sent to it from within (pid_namespaces(7)), but what it blocks can.
    pub fn block(attached: bool, inside: bool) -> anyhow::Result<Signals> {
        let ignored = tree::ignored_signals(nix::unistd::getpid());
        let mut wanted = if inside { SigSet::empty() } else { SigSet::all() };
        // One that the caller had ignored (nohup, a shell's `&`) stays ignored: a blocked signal
        // would be queued all the same.
        let ignored_ones = Signal::iterator().filter(|&signal| is_in(ignored, signal));
        let job_control = JOB_CONTROL.into_iter().filter(|_| !attached);
        for signal in ignored_ones.chain(FAULTS).chain(HARMLESS).chain(job_control) {
            wanted.remove(signal);
        }
        wanted.add(Signal::SIGCHLD);
        let before = wanted
            .thread_swap_mask(SigmaskHow::SIG_BLOCK)
            .context("block the launcher's signals")?;

        // SAFETY:
        // obligation: a handler must be async-signal-safe.
        // here: it is the default action, no handler. Ignored, as some callers leave it, it would
        //   make the kernel reap the launcher's children and forget how they ended (wait(2)).
        // broken by: installing a function.
        unsafe { signal(Signal::SIGCHLD, SigHandler::SigDfl) }.context("wait for children")?;

        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let readable =
            SignalFd::with_flags(&wanted, flags).context("open a descriptor for signals")?;
        let ignored_children = is_in(ignored, Signal::SIGCHLD);
        Ok(Signals { before, ignored_children, readable })
    }

    /// The mask that the launcher was called with.
    pub fn before(&self) -> SigSet {
        self.before
    }

    /// Whether the launcher was called with SIGCHLD ignored.
    pub fn ignored_children(&self) -> bool {
        self.ignored_children
    }

    /// Takes everything that has come and returns the requests to end the tree. That SIGCHLD came
    /// is not told: who calls this must reap *afterwards*, or a child that ends in between is
    /// missed.
    pub fn take(&self) -> Vec<Stop> {
        let mut stops = Vec::new();
        while let Ok(Some(info)) = self.readable.read_signal() {
            let number = i32::try_from(info.ssi_signo).unwrap_or(0);
            let is = |signal: &Signal| *signal as i32 == number;
            if !JOB_CONTROL.iter().chain([&Signal::SIGCHLD]).any(is) {
                stops.push(Stop { number, from_terminal: info.ssi_code == libc::SI_KERNEL });
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
        // A Ctrl-C that ended the program has done its work and must not end the caller as well; a
        // Ctrl-Z that the program ignored must not stop it.
        self.take();
        // What comes from here on has its old effect again. There is no one to tell of a failure.
        let _ = self.before.thread_set_mask();
    }
}

/// "SIGTERM" for 15; the number where it has no name.
pub fn name(number: i32) -> String {
    Signal::try_from(number)
        .map_or_else(|_| format!("signal {number}"), |signal| signal.as_str().to_owned())
}

/// Stops the launcher as Ctrl-Z would, until it is continued. In an orphaned process group, where
/// nobody could continue it, the kernel lets it go on (setpgid(2)).
pub fn stop_too() {
    let mut stopping = SigSet::empty();
    stopping.add(Signal::SIGTSTP);
    // Blocked, it waits; unblocked, it takes effect. None of the three can fail.
    let _ = raise(Signal::SIGTSTP);
    let _ = stopping.thread_unblock();
    let _ = stopping.thread_block();
}
