//! Which signals end the lesson, how they are caught, and how they are made to wait.

use anyhow::Context;
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, sigaction, signal,
};

use super::removal::remove_and_die;

/// What Ctrl-C sends, what `kill` sends, and what a closed terminal sends.
pub const SIGNALS: [Signal; 3] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP];

pub fn all_signals() -> SigSet {
    SIGNALS.into_iter().collect()
}

fn catch(number: Signal) -> nix::Result<SigAction> {
    // None of the three may interrupt the handler of another.
    let handler = SigHandler::Handler(remove_and_die);
    let action = SigAction::new(handler, SaFlags::empty(), all_signals());
    // SAFETY:
    // obligation: the handler makes only async-signal-safe calls (signal-safety(7)).
    // here: it loads atomics and calls getpid, waitpid, kill, unlink, rmdir, signal and raise.
    // broken by: a print or an allocation in the handler.
    unsafe { sigaction(number, &action) }
}

pub fn catch_unless_ignored() -> nix::Result<()> {
    for number in SIGNALS {
        let before = catch(number)?;
        // `nohup` and a script's `&` start a program with a signal ignored, and mean it.
        if matches!(before.handler(), SigHandler::SigIgn) {
            // SAFETY:
            // obligation: a handler makes only async-signal-safe calls (signal-safety(7)).
            // here: the action is to ignore the signal, as it was before.
            // broken by: putting back an action that is not known.
            unsafe { sigaction(number, &before) }?;
        }
    }
    Ok(())
}

/// What a program finds that is started from a terminal, in the foreground.
pub fn default_actions() -> nix::Result<()> {
    for number in SIGNALS {
        // SAFETY:
        // obligation: a handler makes only async-signal-safe calls (signal-safety(7)).
        // here: the default action runs no code of ours.
        // broken by: a handler of our own instead of the default.
        unsafe { signal(number, SigHandler::SigDfl) }?;
    }
    all_signals().thread_unblock()
}

/// Catches the signals even where whoever started the lesson had them ignored or blocked.
///
/// Async-signal-safe: it may be called between fork and `_exit`.
pub fn catch_always() -> nix::Result<()> {
    for number in SIGNALS {
        catch(number)?;
    }
    all_signals().thread_unblock()
}

/// Makes the signals wait. They take effect when this value goes out of scope.
pub struct Deferred {
    before: SigSet,
}

impl Deferred {
    pub fn new() -> anyhow::Result<Self> {
        let before = all_signals()
            .thread_swap_mask(SigmaskHow::SIG_BLOCK)
            .context("make signals wait for a moment")?;
        Ok(Self { before })
    }
}

impl Drop for Deferred {
    fn drop(&mut self) {
        // It fails only for a mask that the kernel did not hand out.
        let _ = self.before.thread_set_mask();
    }
}
