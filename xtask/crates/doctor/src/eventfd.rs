//! Who could write to an eventfd beside the threads of the tree.

use std::fs;

use nix::unistd::Pid;

/// What tells an eventfd from all others: they have one inode together (proc_pid_fdinfo(5)). `None`
/// before Linux 5.2.
pub fn id(tid: Pid, fd: i32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{tid}/fdinfo/{fd}")).ok()?;
    text.lines().find_map(|line| line.strip_prefix("eventfd-id:"))?.trim().parse().ok()
}

/// Whether a process has asked the kernel for something asynchronous (io_setup(2)), which may tell
/// by an eventfd that it is done. One whose memory may not be looked at might have.
pub fn may_use_aio(pid: Pid) -> bool {
    let maps = fs::read(format!("/proc/{pid}/maps"));
    maps.map_or(true, |maps| maps.windows(6).any(|bytes| bytes == b"/[aio]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_none() {
        let me = nix::unistd::getpid();
        assert!(!may_use_aio(me));
        // Standard input is no eventfd.
        assert_eq!(id(me, 0), None);
    }
}
