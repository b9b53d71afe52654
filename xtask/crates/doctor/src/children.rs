//! What a thread waits for that waits for its children.

use std::fs;

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::calls::Blocked;
use crate::memory::u64_at;
use crate::scene::{Cause, ProcessId, Wait};
use crate::tasks::{Task, is_in};
use crate::waits::{Names, moves};

/// Where the kernel lets the parent of a vfork wait, under its names of all versions.
const VFORK_PLACES: [&str; 4] = ["kernel_clone", "wait_for_vfork_done", "_do_fork", "do_fork"];
/// `wait4(pid, …)`, `waitid(idtype, id, …)`.
pub fn child(names: &Names, task: &Task, blocked: &Blocked, call: &str) -> Wait {
    let number = if call == "wait4" {
        blocked.int(0)
    } else {
        match (blocked.int(0).cast_unsigned(), blocked.int(1)) {
            (libc::P_PID, id) => id,
            (libc::P_PIDFD, fd) => {
                let process = process_behind(names, task.tid, fd);
                return process.map_or_else(gone_child, |child| Wait::Child(Some(child)));
            }
            (libc::P_ALL, _) => -1,
            _ => -2,
        }
    };
    let is_own = |pid: &Pid, parent: &Pid| *pid != task.pid && *parent == task.pid;
    if number <= 0 {
        let has_zombie = names.ended.iter().any(|(pid, parent)| is_own(pid, parent));
        // One that has ended would end the wait for any.
        return if has_zombie && number == -1 { gone_child() } else { Wait::Child(None) };
    }
    let level = names.numbers.get(&task.pid).map_or(1, Vec::len) - 1;
    let is_named =
        |pid: &Pid| names.numbers.get(pid).and_then(|all| all.get(level)).copied() == Some(number);
    let child = names.processes.iter().find(|(pid, _)| **pid != task.pid && is_named(pid));
    child.map_or_else(gone_child, |(_, &child)| Wait::Child(Some(child)))
}

/// The process of the tree that a pidfd stands for (`Pid:` of proc_pid_fdinfo(5)).
pub fn process_behind(names: &Names, tid: Pid, fd: i32) -> Option<ProcessId> {
    let text = fs::read_to_string(format!("/proc/{tid}/fdinfo/{fd}")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pid:"))?;
    names.processes.get(&Pid::from_raw(line.trim().parse().ok()?)).copied()
}

/// The wait would have ended: it will in a moment.
fn gone_child() -> Wait {
    moves(Cause::Outside, "waits for a process that is not, or no longer, in the tree")
}

/// For a signal. A shell that waits for its children so has a handler for SIGCHLD, and no other
/// that it may be waiting for.
pub fn suspend(task: &Task) -> Wait {
    let is_woken = is_in(task.caught & !task.blocked, Signal::SIGCHLD);
    if is_woken && task.planned_signals() == 0 { Wait::Child(None) } else { Wait::Signal }
}

/// Whether a thread that waits for the kernel is the parent of a vfork, from where it waits.
pub fn is_vfork(pid: Pid, call: &str, blocked: &Blocked, place: &str) -> bool {
    makes_vfork(pid, call, blocked) && VFORK_PLACES.contains(&place)
}

/// Whether the parent waits until its child calls exec or ends (vfork(2), clone(2)).
fn makes_vfork(pid: Pid, call: &str, blocked: &Blocked) -> bool {
    let flags = match call {
        "vfork" => return true,
        "clone" => Some(blocked.argument(0)),
        // The first member of `struct clone_args`.
        "clone3" => u64_at(pid, blocked.argument(0)),
        _ => None,
    };
    flags.is_some_and(|flags| flags & u64::from(libc::CLONE_VFORK.cast_unsigned()) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(caught: u64, blocked: u64) -> Task {
        let me = Pid::from_raw(1);
        Task {
            pid: me,
            tid: me,
            state: 'S',
            switches: 0,
            caught,
            blocked,
            tracer: 0,
            numbers: vec![1],
        }
    }

    #[test]
    fn a_shell_that_suspends_waits_for_its_children() {
        assert_eq!(suspend(&task(0x1_0000, 0)), Wait::Child(None));
        // Blocked, or with a second handler, it is for any signal.
        assert_eq!(suspend(&task(0x1_0000, 0x1_0000)), Wait::Signal);
        assert_eq!(suspend(&task(0x1_0200, 0)), Wait::Signal);
        // SIGSEGV is no signal to wait for.
        assert_eq!(suspend(&task(0x1_0400, 0)), Wait::Child(None));
        assert_eq!(suspend(&task(0, 0)), Wait::Signal);
    }

    #[test]
    fn clone_is_vfork_where_its_flags_say_so() {
        let call = |number: i64, flags: u64| {
            let line =
                format!("{number} {flags:#x} 0x0 0x0 0x0 0x0 0x0 0x7ffd00000000 0x7f0000000000\n");
            Blocked::parse(&line).expect("a call")
        };
        let me = nix::unistd::getpid();
        let is_vfork = |name, blocked: &Blocked| makes_vfork(me, name, blocked);
        assert!(is_vfork("clone", &call(libc::SYS_clone, 0x4111)));
        assert!(!is_vfork("clone", &call(libc::SYS_clone, 0x0111)));
        let arguments = [0x4100_u64, 0];
        assert!(is_vfork("clone3", &call(libc::SYS_clone3, arguments.as_ptr() as u64)));
        assert!(!is_vfork("clone3", &call(libc::SYS_clone3, 8)));
    }
}
