//! Signals as something to wait for. They are caught, not blocked: a handler is gone in whatever is
//! started, a mask would stay.

use std::fs;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use anyhow::Context;
use nix::sys::signal::{self, SaFlags, SigAction, SigHandler, SigSet};
use signal_hook::consts::{SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::SignalOnly;
use signal_hook::low_level::emulate_default_handler;

/// What has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// A child has ended.
    Child,
    /// Ctrl-Z.
    Stop,
    /// The process goes on after it was stopped.
    Continue,
    Resize,
    /// Everything has to end, as by this signal.
    End(i32),
}

pub struct Signals {
    delivery: SignalDelivery<UnixStream, SignalOnly>,
}

impl Signals {
    pub fn catch() -> anyhow::Result<Signals> {
        let mut all = vec![SIGCHLD, SIGCONT, SIGWINCH];
        // One that the caller ignores (nohup, a shell's `&`) stays ignored.
        let ignored = ignored();
        let may_be_ignored = [SIGTSTP, SIGHUP, SIGINT, SIGQUIT, SIGTERM];
        all.extend(may_be_ignored.into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0));
        let context = "catch signals";
        let (read, write) = UnixStream::pair().context(context)?;
        read.set_nonblocking(true).context(context)?;
        let delivery = SignalDelivery::with_pipe(read, write, SignalOnly, all).context(context)?;
        Ok(Signals { delivery })
    }

    pub fn take(&mut self) -> Vec<Signal> {
        let signal = |number| match number {
            SIGCHLD => Signal::Child,
            SIGTSTP => Signal::Stop,
            SIGCONT => Signal::Continue,
            SIGWINCH => Signal::Resize,
            other => Signal::End(other),
        };
        self.delivery.pending().map(signal).collect()
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.delivery.get_read().as_fd()
    }
}

/// The signals that this process was started with as ignored, a bit for each.
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Stops this process as Ctrl-Z would, until it is continued. Where nobody could continue it, as in
/// a window of its own without a shell, the kernel lets it go on (setpgid(2)): so it must be
/// SIGTSTP with its own action, not SIGSTOP.
pub fn stop() {
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY:
    // obligation: a handler must be async-signal-safe (sigaction(2)).
    // here: it is the default action, no handler.
    // broken by: installing a function.
    let Ok(before) = (unsafe { signal::sigaction(signal::SIGTSTP, &default) }) else { return };
    // A signal to this thread takes effect before the call returns.
    let _ = signal::raise(signal::SIGTSTP);
    // SAFETY:
    // obligation: a handler must be async-signal-safe (sigaction(2)).
    // here: it is what was installed before, signal-hook's, which is.
    // broken by: another action than the one that the call above has returned.
    let _ = unsafe { signal::sigaction(signal::SIGTSTP, &before) };
}

/// Ends this process by the signal, so that whoever waits for it sees which.
pub fn end_by(number: i32) {
    // It does not return for one that ends processes.
    let _ = emulate_default_handler(number);
}
