//! Removes the FIFO and its directory when a signal ends the lesson.
//!
//! The default action of a signal runs no destructor, so Ctrl-C would leave both behind. A handler
//! may make only async-signal-safe calls (signal-safety(7)): it unlinks names that were prepared
//! before, and then lets the signal do what it does without a handler, so that whoever waits for
//! the lesson sees "killed by SIGINT" and not an invented status.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use anyhow::Context;
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, raise, sigaction, signal,
};

/// What Ctrl-C sends, what `kill` sends, and what a closed terminal sends.
pub const SIGNALS: [Signal; 3] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP];

/// What to remove, in the form that the system calls take: a handler may not allocate.
struct Names {
    owner: u32,
    fifo: CString,
    directory: CString,
}

static NAMES: AtomicPtr<Names> = AtomicPtr::new(ptr::null_mut());

/// Tells the handler what to remove, until [`forget`].
pub fn note(directory: &Path, fifo: &Path) -> anyhow::Result<()> {
    let names = Names {
        owner: std::process::id(),
        fifo: CString::new(fifo.as_os_str().as_bytes()).context("name the FIFO")?,
        directory: CString::new(directory.as_os_str().as_bytes()).context("name the directory")?,
    };
    // Leaked on purpose: a handler may look at the names at any moment.
    let before = NAMES.swap(Box::leak(Box::new(names)), Ordering::SeqCst);
    anyhow::ensure!(before.is_null(), "the handler can remove only one directory at a time");
    Ok(())
}

pub fn forget() {
    NAMES.store(ptr::null_mut(), Ordering::SeqCst);
}

// ANCHOR: removed-by-handler
extern "C" fn remove_and_die(number: libc::c_int) {
    // SAFETY:
    // obligation: the pointer is null or points to a value that lives and is not changed (as_ref).
    // here: `note` stores only leaked boxes, `forget` only null.
    // broken by: a `forget` that frees the names.
    let names = unsafe { NAMES.load(Ordering::SeqCst).as_ref() };

    // A child made by fork has this handler too, and Ctrl-C reaches the whole process group. The
    // directory is not the child's.
    if let Some(names) = names.filter(|names| names.owner == std::process::id()) {
        // SAFETY:
        // obligation: the name is a C string (unlink(2)); the call is async-signal-safe.
        // here: a CString, made before; signal-safety(7) lists unlink.
        // broken by: removing with std::fs, which allocates.
        unsafe { libc::unlink(names.fifo.as_ptr()) };
        // SAFETY: as above, for rmdir(2).
        // obligation: the name is a C string; the call is async-signal-safe.
        // here: a CString, made before; signal-safety(7) lists rmdir.
        // broken by: removing with std::fs, which allocates.
        unsafe { libc::rmdir(names.directory.as_ptr()) };
    }

    let Ok(number) = Signal::try_from(number) else { return };
    // SAFETY:
    // obligation: a handler may make only async-signal-safe calls (signal-safety(7)).
    // here: the default action runs no code of ours, and signal is on that list.
    // broken by: a handler of our own instead of the default.
    let _ = unsafe { signal(number, SigHandler::SigDfl) };
    // The signal is blocked while its handler runs: it takes effect when this function returns.
    let _ = raise(number);
}
// ANCHOR_END: removed-by-handler

fn all_signals() -> SigSet {
    SIGNALS.into_iter().collect()
}

fn catch(number: Signal) -> nix::Result<SigAction> {
    // None of the three may interrupt the handler of another.
    let handler = SigHandler::Handler(remove_and_die);
    let action = SigAction::new(handler, SaFlags::empty(), all_signals());
    // SAFETY:
    // obligation: the handler makes only async-signal-safe calls (signal-safety(7)).
    // here: it loads a pointer and calls getpid, unlink, rmdir, signal and raise.
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
