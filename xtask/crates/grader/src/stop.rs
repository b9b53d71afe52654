//! Ctrl-C in the middle: the programs that run are ended, what is finished is kept, and nothing of
//! the sandbox is left.

use std::fs;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;

use anyhow::Context;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::{Pid, getpid};

/// The signal that asked to stop, or 0.
static STOPPED: AtomicI32 = AtomicI32::new(0);

/// From now on these signals do not end the grader at once. Before any thread is started.
///
/// # Errors
/// When they cannot be blocked.
pub fn listen() -> anyhow::Result<()> {
    let signals: SigSet = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP].into_iter().collect();
    signals.thread_block().context("block the signals that stop the grader")?;
    thread::spawn(move || {
        while let Ok(signal) = signals.wait() {
            let first = STOPPED.swap(signal as i32, Ordering::SeqCst) == 0;
            end_the_boxes(if first { Signal::SIGTERM } else { Signal::SIGKILL });
        }
    });
    Ok(())
}

/// The signal that asked to stop, if one has come.
#[must_use]
pub fn asked() -> Option<Signal> {
    Signal::try_from(STOPPED.load(Ordering::SeqCst)).ok()
}

/// The launchers of the boxes end their trees when they are told to stop.
fn end_the_boxes(signal: Signal) {
    let threads = fs::read_dir(format!("/proc/{}/task", getpid())).into_iter().flatten().flatten();
    for thread in threads {
        let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        for child in children.split_whitespace().filter_map(|child| child.parse().ok()) {
            // One that has ended meanwhile is a zombie of ours, and nobody else has its number.
            let _ = kill(Pid::from_raw(child), signal);
        }
    }
}
