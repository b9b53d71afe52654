//! What the threads of a tree do, read from /proc without any of the doctor's code: a second
//! opinion.

use std::fs;
use std::path::Path;

/// One thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// `parent`, `child-2`, `child-2.1`, or `orphan` for what is below the launcher only.
    pub role: String,
    pub pid: i32,
    pub tid: i32,
    /// The call, or `runs`, `stopped`, `traced`, `hidden`.
    pub call: String,
    /// The call's first argument, where that is a descriptor.
    pub fd: Option<i32>,
    /// How often it has been taken off a processor.
    switches: Option<u64>,
}

/// Names of one family count as the same: which of them a C library uses is its own affair.
pub fn family(call: &str) -> &str {
    match call {
        "ppoll" => "poll",
        "pselect6" | "pselect" => "select",
        "epoll_pwait" | "epoll_pwait2" => "epoll_wait",
        "openat" => "open",
        "wait4" | "waitid" | "waitpid" => "wait",
        "clone" | "clone3" => "vfork",
        "rt_sigsuspend" => "sigsuspend",
        "nanosleep" | "clock_nanosleep" => "sleep",
        other => other,
    }
}

/// All threads below the launcher, with the program itself as `parent`.
pub fn tasks(launcher: i32, program: i32) -> Vec<Task> {
    let all = processes();
    let mut found = Vec::new();
    add(&all, program, "parent", &mut found);
    let is_orphan = |(pid, parent): &&(i32, i32)| *parent == launcher && *pid != program;
    for &(pid, _) in all.iter().filter(is_orphan) {
        add(&all, pid, "orphan", &mut found);
    }
    found
}

/// The first child of a process.
pub fn child(of: i32) -> Option<i32> {
    processes().into_iter().find(|(_, parent)| *parent == of).map(|(pid, _)| pid)
}

/// Every process and its parent, the elder first. Numbers of processes may wrap around: by when
/// they were started.
fn processes() -> Vec<(i32, i32)> {
    let mut found: Vec<(u64, i32, i32)> = Vec::new();
    for entry in fs::read_dir("/proc").expect("read /proc").flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let Some((_, rest)) = stat.rsplit_once(") ") else { continue };
        let fields: Vec<&str> = rest.split(' ').collect();
        let (Ok(parent), Ok(started)) = (fields[1].parse(), fields[19].parse()) else { continue };
        found.push((started, pid, parent));
    }
    found.sort_unstable();
    found.into_iter().map(|(_, pid, parent)| (pid, parent)).collect()
}

fn add(all: &[(i32, i32)], pid: i32, role: &str, found: &mut Vec<Task>) {
    let folder = format!("/proc/{pid}/task");
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if let Some(tid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) {
            found.extend(task(&entry.path(), role, pid, tid));
        }
    }
    let prefix = if role == "parent" { "child-".to_owned() } else { format!("{role}.") };
    let mut number = 0;
    for &(child, parent) in all {
        if parent == pid {
            let so_far = found.len();
            add(all, child, &format!("{prefix}{}", number + 1), found);
            // One that has ended has no number.
            number += usize::from(found.len() > so_far);
        }
    }
}

fn task(path: &Path, role: &str, pid: i32, tid: i32) -> Option<Task> {
    let read = |file: &str| fs::read_to_string(path.join(file));
    let stat = read("stat").ok()?;
    let state = stat.rsplit_once(") ")?.1.chars().next()?;
    let (call, fd) = match state {
        'Z' | 'X' => return None,
        'R' => ("runs".to_owned(), None),
        'T' => ("stopped".to_owned(), None),
        't' => ("traced".to_owned(), None),
        _ => read("syscall").map_or(("hidden".to_owned(), None), |line| call(&line)),
    };
    let switches = read("status").ok().and_then(|status| {
        let numbers = status.lines().filter(|line| line.contains("ctxt_switches"));
        numbers.map(|line| line.rsplit('\t').next()?.parse::<u64>().ok()).sum()
    });
    Some(Task { role: role.to_owned(), pid, tid, call, fd, switches })
}

/// Of a line of /proc/PID/task/TID/syscall: `0 0x3 0x7ffe… …`.
fn call(line: &str) -> (String, Option<i32>) {
    let mut words = line.split_ascii_whitespace();
    let Some(number) = words.next().and_then(|word| word.parse::<i64>().ok()) else {
        return ("runs".to_owned(), None);
    };
    let Some((_, name)) = CALLS.iter().find(|(known, _)| *known == number) else {
        return (format!("call {number}"), None);
    };
    let first = words.next().and_then(|word| word.strip_prefix("0x"));
    let first = first.and_then(|hex| u64::from_str_radix(hex, 16).ok());
    let takes_fd = !["wait", "futex", "select", "poll", "open"].contains(&family(name));
    let fd = first.filter(|_| takes_fd).and_then(|value| i32::try_from(value).ok());
    (family(name).to_owned(), fd)
}

const CALLS: &[(i64, &str)] = &[
    (libc::SYS_read, "read"),
    (libc::SYS_readv, "readv"),
    (libc::SYS_write, "write"),
    (libc::SYS_writev, "writev"),
    (libc::SYS_splice, "splice"),
    (libc::SYS_tee, "tee"),
    (libc::SYS_vmsplice, "vmsplice"),
    (libc::SYS_sendfile, "sendfile"),
    (libc::SYS_openat, "openat"),
    (libc::SYS_ppoll, "ppoll"),
    (libc::SYS_pselect6, "pselect6"),
    (libc::SYS_epoll_pwait, "epoll_pwait"),
    (libc::SYS_wait4, "wait4"),
    (libc::SYS_waitid, "waitid"),
    (libc::SYS_clone, "clone"),
    (libc::SYS_clone3, "clone3"),
    (libc::SYS_futex, "futex"),
    (libc::SYS_nanosleep, "nanosleep"),
    (libc::SYS_clock_nanosleep, "clock_nanosleep"),
    (libc::SYS_rt_sigsuspend, "rt_sigsuspend"),
    (libc::SYS_flock, "flock"),
    (libc::SYS_fcntl, "fcntl"),
    (libc::SYS_io_uring_enter, "io_uring_enter"),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_open, "open"),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_poll, "poll"),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_select, "select"),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_epoll_wait, "epoll_wait"),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_vfork, "vfork"),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_pause, "pause"),
];
