//! The launcher's descendants: who they are, what they use, how to end them.
//!
//! They are found by going down /proc/PID/task/TID/children from the launcher, which needs no look
//! at other processes; where the kernel was built without that file, by reading every parent ID in
//! /proc. A process can only leave the tree by ending.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, SysconfVar, getpid, sysconf};
use rustix::process::{PidfdFlags, pidfd_open, pidfd_send_signal};

/// What the processes of the tree use together, at one look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// Processes, without zombies.
    pub alive: usize,
    pub resident_bytes: u64,
    /// User and system time, with that of children that were waited for.
    pub cpu: Duration,
    /// Bytes handed to any write.
    pub written_bytes: u64,
}

/// All descendants of this process, parents before their children.
///
/// # Errors
/// When /proc is not there.
pub fn descendants() -> io::Result<Vec<Pid>> {
    let me = getpid();
    let mut found: Vec<Pid> = children(me)?;
    let mut seen: HashSet<Pid> = found.iter().copied().collect();
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        next += 1;
        // A process that has ended meanwhile has no children any more: they are ours now, and
        // the next look finds them.
        for child in children(parent).unwrap_or_default() {
            if child != me && seen.insert(child) {
                found.push(child);
            }
        }
    }
    Ok(found)
}

/// The children of all threads of `parent`.
fn children(parent: Pid) -> io::Result<Vec<Pid>> {
    let mut found = Vec::new();
    for task in fs::read_dir(format!("/proc/{parent}/task"))? {
        let path = task?.path().join("children");
        match fs::read_to_string(path) {
            Ok(line) => found.extend(line.split_ascii_whitespace().filter_map(parse_pid)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return children_by_parent_id(parent);
            }
            // The thread ended between the listing and the read.
            Err(_) => {}
        }
    }
    Ok(found)
}

fn children_by_parent_id(parent: Pid) -> io::Result<Vec<Pid>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(parse_pid) else { continue };
        if Stat::read(pid).is_some_and(|stat| stat.parent == parent) {
            found.push(pid);
        }
    }
    Ok(found)
}

fn parse_pid(text: &str) -> Option<Pid> {
    text.parse().ok().map(Pid::from_raw)
}

/// Sums over the processes that are there now.
pub fn used_by(processes: &[Pid], with_written: bool) -> Use {
    // Neither can fail on Linux; the fallbacks are its usual values.
    let page_bytes = sysconf(SysconfVar::PAGE_SIZE).ok().flatten().unwrap_or(4096);
    let ticks = sysconf(SysconfVar::CLK_TCK).ok().flatten().unwrap_or(100);
    let mut sum = Use::default();
    for &pid in processes {
        let Some(stat) = Stat::read(pid) else { continue };
        sum.alive += usize::from(!stat.is_zombie);
        sum.resident_bytes += stat.resident_pages * page_bytes.unsigned_abs();
        sum.cpu += Duration::from_millis(stat.cpu_ticks * 1000 / ticks.unsigned_abs());
        if with_written {
            sum.written_bytes += written_bytes(pid);
        }
    }
    sum
}

/// The fields of /proc/PID/stat that the launcher uses (proc_pid_stat(5)).
struct Stat {
    is_zombie: bool,
    parent: Pid,
    cpu_ticks: u64,
    resident_pages: u64,
}

impl Stat {
    /// `None` once the process has been reaped.
    fn read(pid: Pid) -> Option<Stat> {
        Stat::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    fn parse(line: &str) -> Option<Stat> {
        // The command's name is in parentheses and may hold any character, parentheses included.
        let fields: Vec<&str> = line.rsplit_once(')')?.1.split_ascii_whitespace().collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        Some(Stat {
            is_zombie: matches!(*fields.first()?, "Z" | "X"),
            parent: parse_pid(fields.get(1)?)?,
            cpu_ticks: number(11)? + number(12)? + number(13)? + number(14)?,
            resident_pages: number(21)?,
        })
    }
}

fn written_bytes(pid: Pid) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/io")).unwrap_or_default();
    text.lines()
        .find_map(|line| line.strip_prefix("wchar: "))
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

/// Whether `pid` ignores `signal` (`SigIgn` of proc_pid_status(5)).
pub fn ignores(pid: Pid, signal: Signal) -> bool {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    text.lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask >> (signal as i32 - 1) & 1 == 1)
}

/// Sends `signal` to every descendant. `program` gets it even where /proc is missing.
pub fn signal_all(signal: Signal, program: Option<Pid>) {
    let Ok(processes) = descendants() else {
        if let Some(program) = program {
            // It may have ended; then there is nothing to do.
            let _ = kill(program, signal);
        }
        return;
    };
    let known: HashSet<Pid> = processes.iter().copied().chain([getpid()]).collect();
    for pid in processes {
        signal_one(pid, signal, &known);
    }
}

/// Signals `pid` unless its number has meanwhile gone to a process outside the tree: a pidfd holds
/// on to the process, and its parent is looked up only then.
fn signal_one(pid: Pid, signal: Signal, tree: &HashSet<Pid>) {
    let still_ours = || Stat::read(pid).is_some_and(|stat| tree.contains(&stat.parent));
    let Some(raw) = rustix::process::Pid::from_raw(pid.as_raw()) else { return };
    match pidfd_open(raw, PidfdFlags::empty()) {
        Ok(pidfd) if still_ours() => {
            if let Some(signal) = rustix::process::Signal::from_named_raw(signal as i32) {
                // It may have ended; then there is nothing to do.
                let _ = pidfd_send_signal(&pidfd, signal);
            }
        }
        // Before Linux 5.3 there are no pidfds.
        Err(rustix::io::Errno::NOSYS) if still_ours() => {
            let _ = kill(pid, signal);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_name_with_parentheses_does_not_shift_the_fields() {
        let line = "42 (a) b) (c) Z 7 1 1 0 -1 0 0 0 0 0 3 4 5 6 20 0 1 0 99 1000 12 0";
        let stat = Stat::parse(line).expect("a well-formed line");
        assert!(stat.is_zombie);
        assert_eq!(stat.parent, Pid::from_raw(7));
        assert_eq!(stat.cpu_ticks, 3 + 4 + 5 + 6);
        assert_eq!(stat.resident_pages, 12);
    }
}
