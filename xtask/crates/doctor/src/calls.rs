//! System calls in which a program on pipes can wait, and how to tell in which one a thread does.

use std::io;

use libc::c_long;
use nix::unistd::Pid;

use crate::tree::text_at_once;

/// The way that bytes go through a descriptor, seen from the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    Read,
    Write,
}

impl Direction {
    /// In the report's JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Direction::Read => "read",
            Direction::Write => "write",
        }
    }

    #[must_use]
    pub fn opposite(self) -> Direction {
        match self {
            Direction::Read => Direction::Write,
            Direction::Write => Direction::Read,
        }
    }
}

/// What a call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// The descriptor that is its first argument.
    Descriptor(Option<Direction>),
    /// The descriptors that are these two arguments: bytes go from the one to the other.
    Between { from: usize, to: usize },
    /// The descriptors in an array in memory.
    Poll,
    /// The descriptors in up to three sets in memory.
    Select,
    /// The descriptors in the epoll instance that is its first argument.
    Epoll,
    /// Another process that opens the same FIFO. The arguments of the path and of the flags; the
    /// directory, where there is one, is the argument before the path.
    Open { path: usize, flags: usize },
    /// A lock on the file that is its first argument.
    Lock,
    /// Signals in a set in memory, whose address is the first argument; as long as the call lasts,
    /// the thread's mask does not show them.
    Signals,
    /// A signal with a handler.
    Suspend,
    /// A child.
    Child,
    /// A child until it calls exec or ends, where the call is one that makes such a child.
    Vfork,
    /// Another thread: its end, a lock, a condition.
    Futex,
    /// Time.
    Sleep,
}

/// When a call ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Timeout {
    Never,
    Always,
    /// This argument is an `int` of milliseconds; negative is never.
    Millis(usize),
    /// This argument points to a time; NULL is never.
    Pointer(usize),
}

/// A system call in which a thread can wait.
#[derive(Debug, PartialEq, Eq)]
pub struct Call {
    number: c_long,
    pub name: &'static str,
    pub takes: Takes,
    timeout: Timeout,
}

const fn call(number: c_long, name: &'static str, takes: Takes) -> Call {
    Call { number, name, takes, timeout: Timeout::Never }
}

impl Call {
    const fn until(self, timeout: Timeout) -> Call {
        Call { timeout, ..self }
    }
}

const READS: Takes = Takes::Descriptor(Some(Direction::Read));
const WRITES: Takes = Takes::Descriptor(Some(Direction::Write));

/// The calls that every architecture has.
const CALLS: &[Call] = &[
    call(libc::SYS_read, "read", READS),
    call(libc::SYS_readv, "readv", READS),
    call(libc::SYS_recvfrom, "recvfrom", READS),
    call(libc::SYS_recvmsg, "recvmsg", READS),
    call(libc::SYS_recvmmsg, "recvmmsg", READS).until(Timeout::Pointer(4)),
    call(libc::SYS_accept, "accept", READS),
    call(libc::SYS_accept4, "accept4", READS),
    call(libc::SYS_write, "write", WRITES),
    call(libc::SYS_writev, "writev", WRITES),
    call(libc::SYS_pread64, "pread64", READS),
    call(libc::SYS_preadv, "preadv", READS),
    call(libc::SYS_preadv2, "preadv2", READS),
    call(libc::SYS_pwrite64, "pwrite64", WRITES),
    call(libc::SYS_pwritev, "pwritev", WRITES),
    call(libc::SYS_pwritev2, "pwritev2", WRITES),
    // It goes the way that its descriptor goes.
    call(libc::SYS_vmsplice, "vmsplice", Takes::Descriptor(None)),
    call(libc::SYS_sendto, "sendto", WRITES),
    call(libc::SYS_sendmsg, "sendmsg", WRITES),
    call(libc::SYS_connect, "connect", Takes::Descriptor(None)),
    call(libc::SYS_splice, "splice", Takes::Between { from: 0, to: 2 }),
    call(libc::SYS_tee, "tee", Takes::Between { from: 0, to: 1 }),
    call(libc::SYS_sendfile, "sendfile", Takes::Between { from: 1, to: 0 }),
    call(libc::SYS_ppoll, "ppoll", Takes::Poll).until(Timeout::Pointer(2)),
    call(libc::SYS_pselect6, "pselect6", Takes::Select).until(Timeout::Pointer(4)),
    call(libc::SYS_epoll_pwait, "epoll_pwait", Takes::Epoll).until(Timeout::Millis(3)),
    call(libc::SYS_epoll_pwait2, "epoll_pwait2", Takes::Epoll).until(Timeout::Pointer(3)),
    call(libc::SYS_openat, "openat", Takes::Open { path: 1, flags: 2 }),
    call(libc::SYS_flock, "flock", Takes::Lock),
    call(libc::SYS_fcntl, "fcntl", Takes::Lock),
    call(libc::SYS_clone, "clone", Takes::Vfork),
    call(libc::SYS_clone3, "clone3", Takes::Vfork),
    call(libc::SYS_wait4, "wait4", Takes::Child),
    call(libc::SYS_waitid, "waitid", Takes::Child),
    call(libc::SYS_futex, "futex", Takes::Futex).until(Timeout::Pointer(3)),
    call(libc::SYS_rt_sigsuspend, "rt_sigsuspend", Takes::Suspend),
    call(libc::SYS_rt_sigtimedwait, "rt_sigtimedwait", Takes::Signals).until(Timeout::Pointer(2)),
    call(libc::SYS_nanosleep, "nanosleep", Takes::Sleep).until(Timeout::Always),
    call(libc::SYS_clock_nanosleep, "clock_nanosleep", Takes::Sleep).until(Timeout::Always),
];

/// Those that newer architectures leave to the calls above.
#[cfg(target_arch = "x86_64")]
const OLDER_CALLS: &[Call] = &[
    call(libc::SYS_open, "open", Takes::Open { path: 0, flags: 1 }),
    call(libc::SYS_poll, "poll", Takes::Poll).until(Timeout::Millis(2)),
    call(libc::SYS_select, "select", Takes::Select).until(Timeout::Pointer(4)),
    call(libc::SYS_epoll_wait, "epoll_wait", Takes::Epoll).until(Timeout::Millis(3)),
    call(libc::SYS_pause, "pause", Takes::Suspend),
    call(libc::SYS_vfork, "vfork", Takes::Vfork),
];
#[cfg(not(target_arch = "x86_64"))]
const OLDER_CALLS: &[Call] = &[];

/// The call in which a thread waits, with its arguments.
#[derive(Debug, PartialEq, Eq)]
pub struct Blocked {
    pub number: c_long,
    /// `None` for one that stands in no table here.
    pub call: Option<&'static Call>,
    arguments: [u64; 6],
    /// Where the thread's stack ends.
    pub stack: u64,
}

impl Blocked {
    /// From /proc/PID/task/TID/syscall (proc_pid_syscall(5)). `None` where the thread runs, or
    /// waits outside a call.
    ///
    /// # Errors
    /// When the thread may not be looked into, or has ended.
    pub fn read(pid: Pid, tid: Pid) -> io::Result<Option<Blocked>> {
        let line = text_at_once(&format!("/proc/{pid}/task/{tid}/syscall"))?;
        Ok(Blocked::parse(&line))
    }

    pub(crate) fn parse(line: &str) -> Option<Blocked> {
        let mut words = line.split_ascii_whitespace();
        // "running", or -1 outside a call.
        let number = words.next()?.parse().ok().filter(|&number| number >= 0)?;
        let mut arguments = [0; 6];
        for argument in &mut arguments {
            *argument = u64::from_str_radix(words.next()?.strip_prefix("0x")?, 16).ok()?;
        }
        let mut address = || u64::from_str_radix(words.next()?.strip_prefix("0x")?, 16).ok();
        let (stack, code) = (address()?, address()?);
        let known = CALLS.iter().chain(OLDER_CALLS).find(|call| call.number == number);
        let call = known.filter(|_| !is_of_32_bits(stack, code));
        Some(Blocked { number, call, arguments, stack })
    }

    pub fn argument(&self, index: usize) -> u64 {
        self.arguments[index]
    }

    /// An argument that is an `int`: the upper half of its register is anything.
    pub fn int(&self, index: usize) -> i32 {
        (self.arguments[index] as u32).cast_signed()
    }

    /// Whether the call ends by itself, as far as is known.
    pub fn ends_by_itself(&self) -> bool {
        match self.call.map(|call| call.timeout) {
            Some(Timeout::Never) => false,
            Some(Timeout::Millis(index)) => self.int(index) >= 0,
            Some(Timeout::Pointer(index)) => self.arguments[index] != 0,
            Some(Timeout::Always) | None => true,
        }
    }
}

/// A program of 32 bits has other numbers for its calls: its `restart_syscall`, in which a sleep
/// goes on after SIGCONT, is the `read` of others.
fn is_of_32_bits(stack: u64, code: u64) -> bool {
    const MAX: u64 = u32::MAX as u64;
    cfg!(target_pointer_width = "64") && stack <= MAX && code <= MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocked(number: c_long, arguments: &str) -> Blocked {
        let places = "0x7ffd00000000 0x7f0000000000";
        Blocked::parse(&format!("{number} {arguments} {places}\n")).expect("a call")
    }

    #[test]
    fn timeouts_end_a_call() {
        let futex = |time| blocked(libc::SYS_futex, &format!("0x1 0x80 0x2 {time} 0x0 0x0"));
        assert!(!futex("0x0").ends_by_itself());
        assert!(futex("0x7ffc").ends_by_itself());
        let epoll = |time| blocked(libc::SYS_epoll_pwait, &format!("0x3 0x1 0x9 {time} 0x0 0x8"));
        assert!(epoll("0x0").ends_by_itself());
        assert!(epoll("0x3e8").ends_by_itself());
        // As a 32-bit and as a 64-bit -1.
        assert!(!epoll("0xffffffff").ends_by_itself());
        assert!(!epoll("0xffffffffffffffff").ends_by_itself());
        let sleep = blocked(libc::SYS_clock_nanosleep, "0x0 0x0 0x1 0x0 0x0 0x0");
        assert!(sleep.ends_by_itself());
        assert!(!blocked(libc::SYS_read, "0x3 0x1 0x9 0x0 0x0 0x0").ends_by_itself());
    }

    #[test]
    fn an_unknown_call_may_end_by_itself() {
        let unknown = blocked(9999, "0x0 0x0 0x0 0x0 0x0 0x0");
        assert_eq!(unknown.call, None);
        assert!(unknown.ends_by_itself());
    }

    #[test]
    fn the_numbers_of_a_program_of_32_bits_are_others() {
        let read = |places| Blocked::parse(&format!("0 0x0 0x1 0x9 0x0 0x0 0x0 {places}\n"));
        let call = |places| read(places).expect("a call").call.map(|call| call.name);
        assert_eq!(call("0x7ffd00000000 0x7f0000000000"), Some("read"));
        assert_eq!(call("0xffa01230 0xf7f01579"), None);
        // A thread may have put its stack there, and a program its code.
        assert_eq!(call("0xffa01230 0x7f0000000000"), Some("read"));
        assert_eq!(call("0x7ffd00000000 0x401000"), Some("read"));
    }

    #[test]
    fn who_runs_waits_in_no_call() {
        assert_eq!(Blocked::parse("running\n"), None);
        assert_eq!(Blocked::parse("-1 0x7ffd 0x7f00\n"), None);
        assert_eq!(Blocked::parse(""), None);
    }

    #[test]
    fn no_call_stands_twice() {
        let mut numbers: Vec<_> = CALLS.iter().chain(OLDER_CALLS).map(|call| call.number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), CALLS.len() + OLDER_CALLS.len());
    }
}
