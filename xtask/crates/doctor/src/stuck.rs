//! A thread that waited when its tree was ended, as data and in words.

use std::fmt::Write;

pub use crate::calls::Direction;

/// So many holders of the other end are named in words; all of them are in the data.
const NAMED_MAX: usize = 3;

/// What one thread was doing when a limit ended its tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    pub pid: i32,
    /// The thread; the process's first has its number.
    pub tid: i32,
    /// The process's name (`comm`, at most 15 bytes), without control characters.
    pub command: String,
    /// R, S, D, T, t as in /proc/PID/stat (proc_pid_stat(5)); `?` where it cannot be read.
    pub state: char,
    /// The name of the system call, or "system call N"; `None` where the thread runs, or cannot be
    /// looked into.
    pub call: Option<String>,
    /// Where the call takes a descriptor as its first argument.
    pub fd: Option<i32>,
    /// The way that bytes would go; of an `open`, the way that the FIFO is opened for.
    pub direction: Option<Direction>,
    /// What the descriptor is, in words: "a pipe", "a socket", "the FIFO /tmp/x/a". Of an `open`,
    /// what is opened.
    pub on: Option<String>,
    /// Who in the tree holds the other end of that pipe or FIFO.
    pub other_end: Vec<Holder>,
    /// The launcher holds the other end: it is the program's standard input, output or error.
    pub launcher_holds: bool,
}

/// A descriptor for the other end of a pipe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    pub pid: i32,
    pub command: String,
    pub fd: i32,
}

impl Stuck {
    /// One line: "ex-01 (pid 4711) waits in read(3) on a pipe; still open for writing in: …".
    #[must_use]
    pub fn words(&self) -> String {
        let mut line = format!("{} (pid {}", self.command, self.pid);
        if self.tid != self.pid {
            // A String takes every write.
            let _ = write!(line, ", thread {}", self.tid);
        }
        line + ") " + &self.doing()
    }

    fn doing(&self) -> String {
        let Some(call) = self.call.as_deref() else { return self.without_a_call().to_owned() };
        match call {
            "open" | "openat" => self.opening(call),
            "wait4" | "waitid" => format!("waits in {call} for a child to end"),
            "nanosleep" | "clock_nanosleep" => format!("sleeps in {call}"),
            "futex" => format!("waits in {call} for another thread (to join it, or for a lock)"),
            "pause" | "rt_sigsuspend" | "rt_sigtimedwait" => {
                format!("waits in {call} for a signal")
            }
            _ => self.waiting(call),
        }
    }

    fn without_a_call(&self) -> &'static str {
        match self.state {
            'R' => "runs",
            'D' => "waits for the kernel (a disk, or a child of vfork)",
            'T' => "is stopped by a signal",
            't' => "is stopped by a debugger",
            _ => "waits; what for cannot be seen",
        }
    }

    fn opening(&self, call: &str) -> String {
        let Some(on) = &self.on else { return format!("waits in {call}") };
        let way = self.direction.map_or("opening", gerund);
        format!("waits to open {on} for {way}; nobody opens it for {}", self.opposite())
    }

    fn waiting(&self, call: &str) -> String {
        let mut line = format!("waits in {call}");
        let on = self.on.as_deref().unwrap_or("what cannot be seen");
        // A String takes every write.
        let _ = match self.fd {
            Some(fd) => match standard(fd) {
                Some(name) => write!(line, " on {name}, {on}"),
                None => write!(line, "({fd}) on {on}"),
            },
            None if call.starts_with("system call") => Ok(()),
            None => write!(line, " for a descriptor to become ready"),
        };
        line + &self.holders()
    }

    /// Who keeps the other end open: for a reader, why it does not see end-of-file.
    fn holders(&self) -> String {
        let mut all: Vec<String> = self.other_end.iter().map(Holder::words).collect();
        if all.len() > NAMED_MAX {
            let rest = all.split_off(NAMED_MAX - 1).len();
            all.push(format!("{rest} more"));
        }
        if self.launcher_holds {
            all.push("the runner".to_owned());
        }
        if all.is_empty() {
            return String::new();
        }
        format!("; still open for {} in: {}", self.opposite(), all.join(", "))
    }

    fn opposite(&self) -> &'static str {
        self.direction.map_or("the other way", |direction| gerund(direction.opposite()))
    }
}

impl Holder {
    fn words(&self) -> String {
        let Holder { pid, command, fd } = self;
        match standard(*fd) {
            Some(name) => format!("{command} (pid {pid}) as {name}"),
            None => format!("{command} (pid {pid}) as fd {fd}"),
        }
    }
}

fn gerund(direction: Direction) -> &'static str {
    match direction {
        Direction::Read => "reading",
        Direction::Write => "writing",
    }
}

fn standard(fd: i32) -> Option<&'static str> {
    match fd {
        0 => Some("standard input"),
        1 => Some("standard output"),
        2 => Some("standard error"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stuck(call: &str) -> Stuck {
        Stuck {
            pid: 4711,
            tid: 4711,
            command: "ex-01".to_owned(),
            state: 'S',
            call: Some(call.to_owned()),
            fd: None,
            direction: None,
            on: None,
            other_end: Vec::new(),
            launcher_holds: false,
        }
    }

    fn pipe(call: &str, fd: i32, direction: Direction, holders: &[(i32, i32)]) -> Stuck {
        let holder = |&(pid, fd)| Holder { pid, command: "ex-01".to_owned(), fd };
        Stuck {
            fd: Some(fd),
            direction: Some(direction),
            on: Some("a pipe".to_owned()),
            other_end: holders.iter().map(holder).collect(),
            ..stuck(call)
        }
    }

    #[test]
    fn a_pipe_names_who_holds_the_other_end() {
        assert_eq!(
            pipe("read", 3, Direction::Read, &[(4711, 4)]).words(),
            "ex-01 (pid 4711) waits in read(3) on a pipe; \
             still open for writing in: ex-01 (pid 4711) as fd 4"
        );
        assert_eq!(
            pipe("write", 4, Direction::Write, &[(1, 0), (2, 5), (3, 6), (4, 7)]).words(),
            "ex-01 (pid 4711) waits in write(4) on a pipe; still open for reading in: \
             ex-01 (pid 1) as standard input, ex-01 (pid 2) as fd 5, 2 more"
        );
        let stdin = Stuck { launcher_holds: true, ..pipe("read", 0, Direction::Read, &[]) };
        assert_eq!(
            stdin.words(),
            "ex-01 (pid 4711) waits in read on standard input, a pipe; \
             still open for writing in: the runner"
        );
    }

    #[test]
    fn a_fifo_names_its_path() {
        let on = Some("the FIFO /tmp/x/a".to_owned());
        let stuck = Stuck { on, direction: Some(Direction::Read), ..stuck("openat") };
        assert_eq!(
            stuck.words(),
            "ex-01 (pid 4711) waits to open the FIFO /tmp/x/a for reading; \
             nobody opens it for writing"
        );
    }

    #[test]
    fn everything_else_says_what_it_waits_for() {
        let says = |stuck: Stuck| stuck.words().split_once(") ").expect("a name").1.to_owned();
        assert_eq!(says(stuck("wait4")), "waits in wait4 for a child to end");
        assert_eq!(says(stuck("poll")), "waits in poll for a descriptor to become ready");
        assert_eq!(says(stuck("system call 9999")), "waits in system call 9999");
        assert_eq!(says(stuck("pause")), "waits in pause for a signal");
        assert_eq!(says(stuck("clock_nanosleep")), "sleeps in clock_nanosleep");
        assert_eq!(says(Stuck { call: None, state: 'R', ..stuck("") }), "runs");
        assert_eq!(says(Stuck { call: None, state: 'T', ..stuck("") }), "is stopped by a signal");
        assert_eq!(says(Stuck { call: None, ..stuck("") }), "waits; what for cannot be seen");
        let thread = Stuck { tid: 4712, ..stuck("futex") };
        assert!(thread.words().starts_with("ex-01 (pid 4711, thread 4712) waits in futex"));
    }
}
