//! Removes the FIFO and its directory when a signal ends the lesson, and ends the programs that the
//! lesson has started.
//!
//! The default action of a signal runs no destructor, so Ctrl-C would leave all of them behind. A
//! handler may make only async-signal-safe calls (signal-safety(7)): it works with names and pids
//! that were noted before, and then lets the signal do what it does without a handler, so that
//! whoever waits for the lesson sees "killed by SIGINT" and not an invented status.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering};

use anyhow::Context;
use nix::sys::signal::{SigHandler, Signal, kill, raise, signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// What to remove, in the form that the system calls take: a handler may not allocate.
struct Names {
    owner: u32,
    fifo: CString,
    directory: CString,
}

static NAMES: AtomicPtr<Names> = AtomicPtr::new(ptr::null_mut());

/// Stands in a free place: no program of a part has this pid (any will do).
const FREE: i32 = 0;

/// The programs that run now, by pid. No part has more than two.
static PROGRAMS: [AtomicI32; 2] = [AtomicI32::new(FREE), AtomicI32::new(FREE)];

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

/// Tells the handler which program to end, until [`forget_program`].
pub fn note_program(pid: i32) {
    replace_program(FREE, pid);
}

pub fn forget_program(pid: i32) {
    replace_program(pid, FREE);
}

fn replace_program(before: i32, after: i32) {
    let replace = |place: &AtomicI32| {
        place.compare_exchange(before, after, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    };
    PROGRAMS.iter().any(replace);
}

// ANCHOR: removed-by-handler
pub extern "C" fn remove_and_die(number: libc::c_int) {
    // SAFETY:
    // obligation: the pointer is null or points to a value that lives and is not changed (as_ref).
    // here: `note` stores only leaked boxes, `forget` only null.
    // broken by: a `forget` that frees the names.
    let names = unsafe { NAMES.load(Ordering::SeqCst).as_ref() };

    // A child made by fork has this handler too, and Ctrl-C reaches the whole process group. The
    // directory is not the child's, and neither are the programs.
    if let Some(names) = names.filter(|names| names.owner == std::process::id()) {
        end_programs();
        // SAFETY:
        // obligation: the name is a C string (unlink(2)); the call is async-signal-safe.
        // here: a CString, made before; signal-safety(7) lists unlink.
        // broken by: removing with std::fs, which allocates.
        unsafe { libc::unlink(names.fifo.as_ptr()) };
        // SAFETY:
        // obligation: the name is a C string (rmdir(2)); the call is async-signal-safe.
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

/// Kills and reaps what the lesson has started. Otherwise a program could still wait in open of a
/// FIFO that no longer has a name.
fn end_programs() {
    for program in &PROGRAMS {
        let pid = program.load(Ordering::SeqCst);
        // The part may have reaped it just now, and then the pid can be somebody else's: only a
        // child of ours is still alive for waitpid. A pid of 0 would mean the whole group.
        if pid == FREE {
            continue;
        }
        let pid = Pid::from_raw(pid);
        if waitpid(pid, Some(WaitPidFlag::WNOHANG)) == Ok(WaitStatus::StillAlive) {
            let _ = kill(pid, Signal::SIGKILL);
            let _ = waitpid(pid, None);
        }
    }
}
