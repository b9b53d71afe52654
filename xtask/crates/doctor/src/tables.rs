//! Tables of descriptors, which need not be one a process.
//!
//! A thread may have a table of its own (CLONE_FILES of unshare(2)), and the table of a first
//! thread that has ended is gone although its process lives. So tables are asked for by threads:
//! /proc/TID is there for every thread, although /proc does not list it.

use std::fs;
use std::io;

use nix::unistd::Pid;

/// KCMP_FILES of kcmp(2), from linux/kcmp.h.
const KCMP_FILES: libc::c_int = 2;

/// Whether two threads are known to share a table (kcmp(2)). Where the kernel does not tell, both
/// tables have to be read.
pub fn are_shared(one: Pid, other: Pid) -> bool {
    let (one, other) = (one.as_raw(), other.as_raw());
    // SAFETY:
    // obligation: the arguments are those of the call: two thread numbers, a kind, and two numbers
    //   that this kind does not use (kcmp(2)); no memory is touched.
    // here: two pid_t, KCMP_FILES and zeros.
    // broken by: another kind, of which the last one is a pointer.
    let order = unsafe { libc::syscall(libc::SYS_kcmp, one, other, KCMP_FILES, 0_u64, 0_u64) };
    order == 0
}

/// The entries of a thread's table, at most `max`; the rest is `true` where there are more.
///
/// # Errors
/// When the thread has ended, or may not be looked at.
pub fn entries(tid: Pid, max: usize) -> io::Result<(Vec<fs::DirEntry>, bool)> {
    let mut all = fs::read_dir(format!("/proc/{tid}/fd"))?;
    let found = all.by_ref().take(max).collect::<io::Result<_>>()?;
    Ok((found, all.next().is_some()))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;

    use nix::sched::{CloneFlags, unshare};
    use nix::unistd::gettid;

    use super::*;

    #[test]
    fn a_table_of_its_own_is_told_from_a_shared_one() {
        for has_own in [false, true] {
            let (number, numbers) = channel();
            // Ends when it is dropped, at the latest by a panic of this thread.
            let (end, until) = channel::<()>();
            let other = thread::spawn(move || {
                if has_own {
                    unshare(CloneFlags::CLONE_FILES).expect("take a table of its own");
                }
                number.send(gettid()).expect("tell its number");
                // Disconnected, which is the end.
                let _ = until.recv();
            });
            let tid = numbers.recv().expect("the thread's number");
            assert_eq!(are_shared(gettid(), tid), !has_own);
            drop(end);
            other.join().expect("the thread");
        }
    }
}
