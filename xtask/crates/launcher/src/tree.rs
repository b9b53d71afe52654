//! The launcher's descendants: what they use, how to end them. [`doctor::tree`] finds them.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use doctor::Task;
use doctor::pidfd;
use doctor::tree::{WithThreads, parse_pid};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::{Pid, SysconfVar, getpid, sysconf};

/// What the processes of the tree use together, at one look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// Processes, without zombies.
    pub alive: usize,
    pub resident_bytes: u64,
    /// User and system time, with that of children that were waited for.
    pub cpu: Duration,
}

/// Fails where /proc is missing or shows another PID namespace: the tree would be out of reach.
pub fn check_proc() -> anyhow::Result<()> {
    let this = fs::read_link("/proc/self").context("read /proc/self (is /proc mounted?)")?;
    let this = this.to_str().and_then(parse_pid);
    ensure!(this == Some(getpid()), "/proc belongs to another PID namespace: mount it anew");
    Ok(())
}

/// All descendants of this process, parents before their children.
///
/// # Errors
/// When /proc is not there.
pub fn descendants() -> io::Result<Vec<Pid>> {
    doctor::tree::below(getpid())
}

/// The threads of all descendants, one by one as they are asked for.
///
/// # Errors
/// When /proc is not there.
pub fn tasks() -> io::Result<impl Iterator<Item = Task>> {
    Ok(doctor::tasks(with_threads()?))
}

/// All descendants of this process with their threads, parents before their children.
///
/// # Errors
/// When /proc is not there.
pub fn with_threads() -> io::Result<Vec<WithThreads>> {
    let mut tree = doctor::tree::whole(getpid())?;
    tree.remove(0);
    Ok(tree)
}

/// How many descendants there are, zombies included, by looking until a look finds nobody new.
pub fn count() -> io::Result<usize> {
    const LOOKS_MAX: usize = 10;
    let mut seen = HashSet::new();
    for _ in 0..LOOKS_MAX {
        let before = seen.len();
        seen.extend(descendants()?);
        if seen.len() == before {
            break;
        }
    }
    Ok(seen.len())
}

/// Sums over the processes that are there now.
pub fn used_by(processes: &[Pid]) -> Use {
    // Neither can fail on Linux; the fallbacks are its usual values.
    let page_bytes = sysconf(SysconfVar::PAGE_SIZE).ok().flatten().unwrap_or(4096);
    let ticks = sysconf(SysconfVar::CLK_TCK).ok().flatten().unwrap_or(100);
    let mut sum = Use::default();
    for &pid in processes {
        let Some(stat) = Stat::read(pid) else { continue };
        sum.alive += usize::from(!stat.is_zombie);
        sum.resident_bytes += stat.resident_pages * page_bytes.unsigned_abs();
        sum.cpu += Duration::from_millis(stat.cpu_ticks * 1000 / ticks.unsigned_abs());
    }
    sum
}

/// The fields of /proc/PID/stat that the launcher uses (proc_pid_stat(5)).
#[derive(Debug)]
struct Stat {
    /// The first thread has ended; the process has only where it was the last.
    first_ended: bool,
    is_zombie: bool,
    parent: Pid,
    group: Pid,
    cpu_ticks: u64,
    resident_pages: u64,
}

impl Stat {
    /// `None` once the process has been reaped.
    fn read(pid: Pid) -> Option<Stat> {
        let mut stat = Stat::read_at(Path::new(&format!("/proc/{pid}")))?;
        if stat.first_ended && !stat.is_zombie {
            // The kernel shows no memory for a thread that has ended: ask one that has not.
            let others = fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten();
            stat.resident_pages = others
                .filter_map(|task| Stat::read_at(&task.path()))
                .map(|task| task.resident_pages)
                .max()?;
        }
        Some(stat)
    }

    fn read_at(directory: &Path) -> Option<Stat> {
        // The command's name may be any bytes.
        let line = fs::read(directory.join("stat")).ok()?;
        Stat::parse(&String::from_utf8_lossy(&line))
    }

    fn parse(line: &str) -> Option<Stat> {
        // The command's name is in parentheses and may hold any character, parentheses included.
        let fields: Vec<&str> = line.rsplit_once(')')?.1.split_ascii_whitespace().collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        let first_ended = matches!(*fields.first()?, "Z" | "X");
        let threads = number(17)?;
        Some(Stat {
            first_ended,
            is_zombie: first_ended && threads <= 1,
            parent: parse_pid(fields.get(1)?)?,
            group: parse_pid(fields.get(2)?)?,
            cpu_ticks: number(11)? + number(12)? + number(13)? + number(14)?,
            resident_pages: number(21)?,
        })
    }
}

/// Bytes that `pid`, and whoever it has reaped, handed to any write (`wchar` of proc_pid_io(5)).
pub fn written_bytes(pid: Pid) -> u64 {
    field(pid, "io", "wchar:").and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Bytes that the thread, or the process whose first it is, has read and written (`rchar` and
/// `wchar` of proc_pid_io(5)). `None` where that may not be known.
pub fn moved_bytes(tid: Pid) -> Option<u64> {
    let count = |name| field(tid, "io", name)?.parse::<u64>().ok();
    Some(count("rchar:")? + count("wchar:")?)
}

/// The signals that `pid` ignores (`SigIgn` of proc_pid_status(5)).
pub fn ignored_signals(pid: Pid) -> u64 {
    field(pid, "status", "SigIgn:")
        .and_then(|mask| u64::from_str_radix(&mask, 16).ok())
        .unwrap_or(0)
}

fn field(pid: Pid, file: &str, name: &str) -> Option<String> {
    let text = fs::read(format!("/proc/{pid}/{file}")).ok()?;
    let text = String::from_utf8_lossy(&text);
    text.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
}

/// Sends `signal` to every descendant.
pub fn signal_all(signal: Signal) {
    let processes = descendants().unwrap_or_default();
    let known: HashSet<Pid> = processes.iter().copied().chain([getpid()]).collect();
    for pid in processes {
        signal_one(pid, signal, &known);
    }
}

/// Ends the program's process group with one call. No member can fork any more while it is under
/// way (kill(2) and fork(2) exclude each other), which stops what multiplies faster than a look
/// goes round. As long as a descendant is in the group, its number cannot go to another.
pub fn kill_group(group: Pid) {
    let is_member = |pid: &Pid| Stat::read(*pid).is_some_and(|stat| stat.group == group);
    if descendants().unwrap_or_default().iter().any(is_member) {
        // It may have ended; then there is nothing to do.
        let _ = killpg(group, Signal::SIGKILL);
    }
}

/// Signals `pid` unless its number has meanwhile gone to a process outside the tree: a pidfd holds
/// on to the process, and its parent is looked up only then.
fn signal_one(pid: Pid, signal: Signal, tree: &HashSet<Pid>) {
    let still_ours = || Stat::read(pid).is_some_and(|stat| tree.contains(&stat.parent));
    match pidfd::open(pid) {
        Ok(pidfd) if still_ours() => {
            // It may have ended; then there is nothing to do.
            let _ = pidfd::send_signal(&pidfd, signal);
        }
        // Before Linux 5.3 there are no pidfds.
        Err(error) if error.raw_os_error() == Some(libc::ENOSYS) && still_ours() => {
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
        let line = "42 (a) b) (c) Z 7 8 1 0 -1 0 0 0 0 0 3 4 5 6 20 0 1 0 99 1000 12 0";
        let stat = Stat::parse(line).expect("a well-formed line");
        assert!(stat.is_zombie);
        assert_eq!(stat.parent, Pid::from_raw(7));
        assert_eq!(stat.group, Pid::from_raw(8));
        assert_eq!(stat.cpu_ticks, 3 + 4 + 5 + 6);
        assert_eq!(stat.resident_pages, 12);
    }
}
