//! Which eventfd a descriptor is: they all have one inode together.

use std::fs;

use nix::unistd::Pid;

/// What tells an eventfd from all others (proc_pid_fdinfo(5)). `None` before Linux 5.2.
pub fn id(tid: Pid, fd: i32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{tid}/fdinfo/{fd}")).ok()?;
    id_in(&text)
}

fn id_in(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix("eventfd-id:"))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_the_kernel_is_read() {
        assert_eq!(id_in("pos:\t0\neventfd-count:                0\neventfd-id: 16\n"), Some(16));
        assert_eq!(id_in("pos:\t0\n"), None);
    }
}
