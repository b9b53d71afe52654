//! Signals as something to wait for. They are caught, not blocked: a handler is gone in whatever is
//! started, a mask would stay.

use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use anyhow::Context;
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
        let all = [SIGCHLD, SIGCONT, SIGWINCH, SIGTSTP, SIGHUP, SIGINT, SIGQUIT, SIGTERM];
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

/// Stops this process as Ctrl-Z would, until it is continued.
pub fn stop() {
    // It raises SIGSTOP, which cannot fail.
    let _ = emulate_default_handler(SIGTSTP);
}

/// Ends this process by the signal, so that whoever waits for it sees which.
pub fn end_by(number: i32) {
    // It does not return for one that ends processes.
    let _ = emulate_default_handler(number);
}
