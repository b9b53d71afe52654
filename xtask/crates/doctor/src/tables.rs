//! Tables of descriptors, which need not be one a process.
//!
//! A thread may have a table of its own (CLONE_FILES of unshare(2)), and the table of a first
//! thread that has ended is gone although its process lives. So tables are asked for by threads:
//! /proc/TID is there for every thread, although /proc does not list it.

use std::io;

use nix::dir::Dir;
use nix::fcntl::OFlag;
use nix::sys::stat::Mode;
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

/// What stands in a thread's table.
pub struct Table {
    /// The directory of /proc. Asked beneath it, the kernel need not find the thread again for each
    /// descriptor.
    pub directory: Dir,
    pub fds: Vec<i32>,
    pub has_more: bool,
}

impl Table {
    /// At most `max` descriptors.
    ///
    /// # Errors
    /// When the thread has ended, or may not be looked at.
    pub fn of(tid: Pid, max: usize) -> io::Result<Table> {
        let flags = OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let mut directory = Dir::open(path(tid).as_str(), flags, Mode::empty())?;
        let mut fds = Vec::new();
        for entry in directory.iter() {
            // The directory itself and the one above are no numbers.
            fds.extend(entry?.file_name().to_str().ok().and_then(|name| name.parse::<i32>().ok()));
        }
        let has_more = fds.len() > max;
        fds.truncate(max);
        Ok(Table { directory, fds, has_more })
    }
}

/// Where /proc has the table of a thread.
pub fn path(tid: Pid) -> String {
    format!("/proc/{tid}/fd")
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
