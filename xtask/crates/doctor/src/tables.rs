//! Tables of descriptors, which need not be one a process.
//!
//! A thread may have a table of its own (CLONE_FILES of unshare(2)), and the table of a first
//! thread that has ended is gone although its process lives. So tables are asked for by threads:
//! /proc/TID is there for every thread, although /proc does not list it.

use std::fs;
use std::io;

use nix::unistd::Pid;

/// KCMP_FILES and KCMP_EPOLL_TFD of kcmp(2), from linux/kcmp.h.
const KCMP_FILES: libc::c_int = 2;
const KCMP_EPOLL_TFD: libc::c_int = 7;

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

/// `struct kcmp_epoll_slot` of linux/kcmp.h: in which instance, under which number, and how many
/// others with that number stand before it.
#[repr(C)]
struct Slot {
    epoll: u32,
    fd: u32,
    before: u32,
}

/// Whether descriptor `fd` of a thread still is what stands in its epoll instance under that
/// number; `before`: how many others under the same number stand before it.
///
/// # Errors
/// When the kernel does not tell: it was built without kcmp(2), or refuses it.
pub fn is_registered(tid: Pid, epoll: i32, fd: i32, before: u32) -> io::Result<bool> {
    let slot = Slot { epoll: epoll.cast_unsigned(), fd: fd.cast_unsigned(), before };
    let (tid, number) = (tid.as_raw(), u64::from(slot.fd));
    // SAFETY:
    // obligation: the arguments are those of the call: two thread numbers, a kind, and for this
    //   kind a descriptor and a pointer to a slot, which the kernel only reads (kcmp(2)).
    // here: `slot` is a local one of the kernel's layout.
    // broken by: another kind, or another order of the members.
    let order =
        unsafe { libc::syscall(libc::SYS_kcmp, tid, tid, KCMP_EPOLL_TFD, number, &raw const slot) };
    if order < 0 { Err(io::Error::last_os_error()) } else { Ok(order == 0) }
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
