//! Every thread of the tree: whether it waits, and how often it has run.
//!
//! All of it comes from one file a thread, /proc/PID/task/TID/status (proc_pid_status(5)), so that
//! a look is cheap: about 10 µs a thread on Linux 6.18.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::tree::{WithThreads, read_at_once};

/// What setitimer(2) and alarm(2) raise.
const TIMER_SIGNALS: [Signal; 3] = [Signal::SIGALRM, Signal::SIGVTALRM, Signal::SIGPROF];

/// What only the program's own acts raise, or a fault, and what glibc keeps for itself (SIGCANCEL
/// and SIGSETXID, nptl(7)): a handler for one of these says nothing about how the program is meant
/// to go on.
const NEVER_PLANNED: u64 = bit(libc::SIGPIPE)
    | bit(libc::SIGCHLD)
    | bit(libc::SIGSEGV)
    | bit(libc::SIGBUS)
    | bit(libc::SIGFPE)
    | bit(libc::SIGILL)
    | bit(libc::SIGTRAP)
    | bit(libc::SIGABRT)
    | bit(libc::SIGSYS)
    | bit(32)
    | bit(33);

const fn bit(signal: i32) -> u64 {
    1 << (signal - 1)
}

/// One thread at one look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    pub pid: Pid,
    pub tid: Pid,
    /// R, S, D, T, t, Z, X, I, as in /proc; `?` where it cannot be read.
    pub state: char,
    /// How often it has left a processor, of its own will or not.
    pub switches: u64,
    /// Signals with a handler, and signals that are blocked, as in /proc/PID/status.
    pub caught: u64,
    pub blocked: u64,
    /// Who traces it; 0 is nobody.
    pub tracer: i32,
    /// Its number in the PID namespace of /proc, and in each below that which it is in.
    pub numbers: Vec<i32>,
}

impl Task {
    /// It has ended, and waits only for its parent.
    pub fn has_ended(&self) -> bool {
        is_end(self.state)
    }

    /// It waits in a way that a signal could end. Who is stopped or waits for a disk goes on
    /// without anybody of the tree.
    pub fn waits(&self) -> bool {
        self.state == 'S'
    }

    /// The same, or it waits for the kernel, as the parent of a vfork does.
    #[must_use]
    pub fn may_rest(&self) -> bool {
        is_rest(self.state)
    }

    /// Signals with a handler that may be how the program is meant to go on.
    #[must_use]
    pub fn planned_signals(&self) -> u64 {
        let planned = self.caught & !self.blocked & !NEVER_PLANNED;
        if planned == 0 { 0 } else { planned & !habits(self.pid) }
    }

    /// It handles, or blocks and may so wait for, a signal of a timer that /proc does not show.
    #[must_use]
    pub fn takes_timer_signals(&self) -> bool {
        holds_timer_signals(self.caught | self.blocked)
    }

    /// Its number as one sees it who is so many PID namespaces below /proc's.
    #[must_use]
    pub fn number_at(&self, level: usize) -> Option<i32> {
        self.numbers.get(level).copied()
    }

    /// Neither: it runs, or is stopped.
    #[must_use]
    pub fn moves(&self) -> bool {
        !self.may_rest() && !self.has_ended()
    }

    /// Whether that is so at this moment. Costs a fraction of a whole look at it.
    #[must_use]
    pub fn moves_again(&self) -> bool {
        // The first three lines, of which the name is the longest: 15 bytes, each as up to 4.
        let mut start = [0; 256];
        let path = format!("/proc/{}/task/{}/status", self.pid, self.tid);
        let count = File::open(path).and_then(|mut file| file.read(&mut start)).unwrap_or(0);
        let text = String::from_utf8_lossy(&start[..count]);
        let state = text.split_once("\nState:\t").and_then(|(_, rest)| rest.chars().next());
        state.is_some_and(|state| !is_rest(state) && !is_end(state))
    }

    pub(crate) fn read(pid: Pid, tid: Pid) -> Option<Task> {
        match read_at_once(&format!("/proc/{pid}/task/{tid}/status")) {
            Ok(text) => Some(Task::parse(pid, tid, &String::from_utf8_lossy(&text))),
            // It has ended since it was listed.
            Err(error) if is_gone(&error) => None,
            Err(_) => Some(Task::parse(pid, tid, "")),
        }
    }

    fn parse(pid: Pid, tid: Pid, text: &str) -> Task {
        let mut task = Task {
            pid,
            tid,
            state: '?',
            switches: 0,
            caught: 0,
            blocked: 0,
            tracer: 0,
            numbers: Vec::new(),
        };
        let mask = |value| u64::from_str_radix(value, 16).unwrap_or(u64::MAX);
        // Of some 60 lines: to take all of them apart would cost as much as the rest of a look.
        let may_matter =
            |line: &&str| matches!(line.as_bytes().first(), Some(b'S' | b'T' | b'N' | b'v' | b'n'));
        let lines = text.lines().filter(may_matter);
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            let value = value.trim();
            match name {
                "State" => task.state = value.chars().next().unwrap_or('?'),
                "SigBlk" => task.blocked = mask(value),
                "SigCgt" => task.caught = mask(value),
                "TracerPid" => task.tracer = value.parse().unwrap_or(-1),
                "NSpid" => {
                    let numbers = value.split_ascii_whitespace();
                    task.numbers = numbers.filter_map(|number| number.parse().ok()).collect();
                }
                "voluntary_ctxt_switches" | "nonvoluntary_ctxt_switches" => {
                    task.switches += value.parse::<u64>().unwrap_or(0);
                }
                _ => {}
            }
        }
        if task.numbers.is_empty() {
            // A kernel without PID namespaces.
            task.numbers.push(tid.as_raw());
        }
        task
    }
}

fn is_rest(state: char) -> bool {
    matches!(state, 'S' | 'D')
}

fn is_end(state: char) -> bool {
    matches!(state, 'Z' | 'X')
}

/// Whether a mask of /proc/PID/status holds `signal`.
#[must_use]
pub fn is_in(mask: u64, signal: Signal) -> bool {
    mask >> (signal as i32 - 1) & 1 == 1
}

/// Whether one of a set of signals may come from a timer that /proc does not show.
pub fn holds_timer_signals(mask: u64) -> bool {
    TIMER_SIGNALS.into_iter().any(|signal| is_in(mask, signal))
}

/// The first signal of a mask that no other rule speaks of: those of timers and SIGIO have rules of
/// their own.
pub fn other_signal(mask: u64) -> Option<i32> {
    let others = mask & !TIMER_SIGNALS.iter().fold(bit(libc::SIGIO), |all, &s| all | bit(s as i32));
    (1..=64).find(|&signal| others & bit(signal) != 0)
}

/// Signals that a program handles as a habit: shells and Python Ctrl-C, and sort(1) whatever would
/// end it, to remove its files first. Of a program that may not be looked at nothing is known.
pub fn habits(pid: Pid) -> u64 {
    let Ok(path) = fs::read_link(format!("/proc/{pid}/exe")) else { return 0 };
    habits_of(&path)
}

fn habits_of(path: &Path) -> u64 {
    const SHELLS: [&str; 6] = ["sh", "bash", "dash", "ksh", "zsh", "busybox"];
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    if path == Path::new("/usr/bin/sort") || path == Path::new("/bin/sort") {
        u64::MAX
    } else if SHELLS.contains(&name) || name.starts_with("python") {
        bit(libc::SIGINT)
    } else {
        0
    }
}

/// Whether it says that a process, or a thread, has ended.
pub(crate) fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::ESRCH)
}

/// The threads of these processes, one by one as they are asked for.
pub fn tasks(tree: Vec<WithThreads>) -> impl Iterator<Item = Task> {
    let of_one = |(pid, threads): WithThreads| {
        threads.into_iter().filter_map(move |tid| Task::read(pid, tid))
    };
    tree.into_iter().flat_map(of_one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree;

    fn parse(text: &str) -> Task {
        Task::parse(Pid::from_raw(1), Pid::from_raw(2), text)
    }

    #[test]
    fn what_is_not_there_is_not_taken_for_rest() {
        assert!(!parse("").waits());
        assert!(!parse("State:\tR (running)\n").waits());
        assert!(!parse("State:\tD (disk sleep)\n").waits());
        assert!(parse("State:\tS (sleeping)\n").waits());
        assert!(parse("State:\tS (sleeping)\nSigCgt:\tunclear\n").takes_timer_signals());
    }

    #[test]
    fn both_kinds_of_switches_and_both_masks_count() {
        let task = parse(
            "Name:\tState: R\nState:\tS (sleeping)\nSigBlk:\t0000000000002000\n\
             SigCgt:\t0000000000000001\nvoluntary_ctxt_switches:\t7\n\
             nonvoluntary_ctxt_switches:\t4\n",
        );
        assert_eq!((task.state, task.switches, task.takes_timer_signals()), ('S', 11, true));
        let task = parse("SigBlk:\t0000000000000001\nSigCgt:\t0000000000010000\n");
        assert!(!task.takes_timer_signals());
        assert_eq!((task.blocked, task.caught), (1, 0x10000));
    }

    #[test]
    fn a_habit_is_no_plan() {
        let habits = |path| habits_of(Path::new(path));
        assert_eq!(habits("/usr/bin/dash"), bit(libc::SIGINT));
        assert_eq!(habits("/opt/bin/python3.12"), bit(libc::SIGINT));
        assert_eq!(habits("/usr/bin/sort"), u64::MAX);
        // Another program of that name has plans of its own.
        assert_eq!(habits("/home/a/sort"), 0);
    }

    #[test]
    fn a_handler_that_is_called_may_be_a_plan() {
        // This process is none of those with habits.
        let planned = |caught: u64, blocked: u64| {
            let me = nix::unistd::getpid();
            let text = format!("SigBlk:\t{blocked:016x}\nSigCgt:\t{caught:016x}\n");
            Task::parse(me, me, &text).planned_signals()
        };
        assert_eq!(planned(bit(libc::SIGCHLD) | bit(libc::SIGSEGV) | bit(32), 0), 0);
        assert_eq!(planned(bit(libc::SIGALRM), 0), bit(libc::SIGALRM));
        assert_eq!(planned(bit(libc::SIGALRM), bit(libc::SIGALRM)), 0);
        assert_eq!(planned(bit(libc::SIGINT) | bit(libc::SIGPIPE), 0), bit(libc::SIGINT));
        assert_eq!(planned(bit(35), 0), bit(35));
    }

    #[test]
    fn numbers_in_inner_namespaces_are_kept() {
        let task = parse("NSpid:\t4711\t7\nTracerPid:\t12\n");
        assert_eq!((task.tracer, task.number_at(0), task.number_at(1)), (12, Some(4711), Some(7)));
        assert_eq!(task.number_at(2), None);
    }

    #[test]
    fn this_process_is_among_what_can_be_read() {
        let me = nix::unistd::getpid();
        let tid = nix::unistd::gettid();
        let task = Task::read(me, tid).expect("this thread");
        assert_eq!(task.state, 'R');
        assert!(tree::threads(me).contains(&tid));
        // No process has this number.
        assert_eq!(Task::read(Pid::from_raw(i32::MAX), tid), None);
    }

    #[test]
    fn a_glance_tells_who_runs_from_who_waits() {
        let me = nix::unistd::getpid();
        let (number, numbers) = std::sync::mpsc::channel();
        // Ends when it is dropped, at the latest by a panic of this thread.
        let (end, until) = std::sync::mpsc::channel::<()>();
        let other = std::thread::spawn(move || {
            number.send(nix::unistd::gettid()).expect("tell its number");
            // Disconnected, which is the end.
            let _ = until.recv();
        });
        let tid = numbers.recv().expect("the thread's number");
        let waits = || Task::read(me, tid).is_some_and(|task| task.may_rest());
        // It waits as soon as it has a processor.
        while !waits() {
            std::thread::yield_now();
        }
        let of = |tid| Task::parse(me, tid, "");
        assert!(!of(tid).moves_again());
        assert!(of(nix::unistd::gettid()).moves_again());
        assert!(!of(Pid::from_raw(i32::MAX)).moves_again());
        drop(end);
        other.join().expect("the thread");
    }
}
