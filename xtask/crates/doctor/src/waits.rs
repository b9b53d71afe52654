//! What one thread waits for, from the call that it is in.

use std::collections::HashMap;
use std::io;
use std::time::SystemTime;

use nix::unistd::Pid;

use crate::calls::{Blocked, Call, Direction, Takes};
use crate::children;
use crate::descriptors::{Descriptor, Kind};
use crate::eventfd;
use crate::fifo;
use crate::futex;
use crate::holders::Wanted;
use crate::memory::string_at;
use crate::ready;
use crate::scene::{Cause, Pipe, PipeId, ProcessId, ThreadId, Wait, Want, Why};
use crate::tasks::Task;
use crate::tree::text_at_once;

/// Where a thread waits that its call does not tell of: for a supervisor, for a thaw.
const OTHER_PLACES: [&str; 2] = ["seccomp", "freez"];
/// So far from the end of its stack a thread finds what is its own.
const OWN_BYTES: u64 = 64 << 10;

/// Everybody of the tree, for looking up what a call names, and the pipes that were named so far.
pub struct Names<'a> {
    pub tasks: &'a [Task],
    pub processes: HashMap<Pid, ProcessId>,
    pub threads: HashMap<Pid, ThreadId>,
    /// Children that have ended, and their parents.
    pub ended: HashMap<Pid, Pid>,
    /// The processes' numbers in their PID namespaces.
    pub numbers: HashMap<Pid, Vec<i32>>,
    pub is_launched: bool,
    /// See [`Outside`](crate::Outside).
    pub since: Option<SystemTime>,
    pub pipes: Vec<Pipe>,
    pub wanted: Wanted,
}

/// What was seen of a thread.
pub struct Seen {
    pub call: Option<String>,
    pub fd: Option<i32>,
    pub wait: Wait,
    /// Why it may wait for something else, as the end of a sentence about it.
    pub doubt: Option<String>,
}

pub fn moves(cause: Cause, words: impl Into<String>) -> Wait {
    Wait::Moves(Why { cause, words: words.into() })
}

impl Names<'_> {
    pub fn look_at(&mut self, task: &Task) -> Seen {
        let unseen = |wait| Seen { call: None, fd: None, wait, doubt: None };
        if task.tracer != 0 {
            return unseen(moves(Cause::Stopped, "is traced by a debugger"));
        }
        match task.state {
            'S' | 'D' => {}
            'R' => return unseen(moves(Cause::Runs, "runs")),
            'T' => return unseen(moves(Cause::Stopped, "is stopped by a signal (SIGSTOP)")),
            't' => return unseen(moves(Cause::Stopped, "is stopped by a debugger")),
            _ => return unseen(moves(Cause::Hidden, "cannot be inspected")),
        }
        match Blocked::read(task.pid, task.tid) {
            Ok(Some(blocked)) => self.blocked(task, &blocked),
            Ok(None) => unseen(moves(Cause::Runs, "waits outside any system call")),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                let words = "cannot be inspected: the kernel refuses it (the process has made \
                             itself undumpable, or belongs to another user)";
                unseen(moves(Cause::Hidden, words))
            }
            Err(error) => {
                unseen(moves(Cause::Hidden, format!("cannot be inspected: its call: {error}")))
            }
        }
    }

    fn blocked(&mut self, task: &Task, blocked: &Blocked) -> Seen {
        let Some(call) = blocked.call else {
            let name = format!("system call {}", blocked.number);
            let words = format!("waits in {name}, which the doctor does not know");
            let wait = moves(Cause::Outside, words);
            return Seen { call: Some(name), fd: None, wait, doubt: None };
        };
        let fd = match call.takes {
            Takes::Descriptor(_) | Takes::Lock | Takes::Epoll => Some(blocked.int(0)),
            _ => None,
        };
        let wait = self.wait(task, blocked, call.name, call.takes);
        let doubt = self.may_be_changed(task, blocked, call).then(|| {
            format!("waits in {} for a set that another of its threads may change", call.name)
        });
        Seen { call: Some(call.name.to_owned()), fd, wait, doubt }
    }

    /// The kernel has taken its copy of the set when the call began. Another thread may have
    /// written to that memory since, unless it is on the stack of the thread that waits.
    fn may_be_changed(&self, task: &Task, blocked: &Blocked, call: &Call) -> bool {
        let addresses = match call.takes {
            Takes::Poll => 0..1,
            Takes::Select => 1..4,
            _ => return false,
        };
        let is_own = |address: u64| {
            address == 0 || address.checked_sub(blocked.stack).is_some_and(|far| far < OWN_BYTES)
        };
        let is_other = |other: &Task| other.pid == task.pid && other.tid != task.tid;
        !addresses.into_iter().all(|index| is_own(blocked.argument(index)))
            && self.tasks.iter().any(is_other)
    }

    fn wait(&mut self, task: &Task, blocked: &Blocked, call: &str, takes: Takes) -> Wait {
        let place = text_at_once(&format!("/proc/{}/task/{}/wchan", task.pid, task.tid));
        let place = place.unwrap_or_default();
        if OTHER_PLACES.iter().any(|other| place.contains(other)) {
            return moves(Cause::Outside, format!("is held in {call} from outside ({place})"));
        }
        if task.state == 'D' {
            let is_vfork = takes == Takes::Vfork
                && children::is_vfork(task.tid, call, blocked, place.trim_end());
            return if is_vfork {
                Wait::Vfork
            } else {
                moves(Cause::Outside, format!("waits in {call} for the kernel (a disk)"))
            };
        }
        if takes == Takes::Sleep {
            return moves(Cause::Time, format!("sleeps in {call}"));
        }
        if blocked.ends_by_itself() {
            return moves(Cause::Time, format!("waits in {call} with a timeout"));
        }
        match takes {
            Takes::Descriptor(direction) => {
                confirmed(self.one(task.tid, call, blocked.int(0), direction), call, &place)
            }
            Takes::Between { from, to } => {
                let ends = [(from, Direction::Read), (to, Direction::Write)];
                let fds = ends.map(|(index, direction)| (blocked.int(index), Some(direction)));
                confirmed(self.all(task.tid, call, &fds), call, &place)
            }
            Takes::Poll | Takes::Select => self.set(task.tid, call, blocked),
            Takes::Epoll => self.epoll(task.tid, call, blocked.int(0)),
            Takes::Open { path, flags } => self.open(task.tid, call, blocked, path, flags),
            Takes::Lock => {
                let on = Descriptor::of(task.tid, blocked.int(0));
                let on = on.map_or("a file".to_owned(), |found| found.words);
                moves(Cause::Outside, format!("waits in {call} for a lock on {on}"))
            }
            Takes::Child => children::child(self, task, blocked, call),
            Takes::Futex => futex::wait(self, task, blocked),
            Takes::Suspend => children::suspend(task),
            Takes::Signals => Wait::Signal,
            Takes::Vfork | Takes::Sleep => moves(Cause::Runs, format!("is in {call}")),
        }
    }

    /// A call on one descriptor, in the thread's own table: see [`tables`](crate::tables).
    fn one(&mut self, tid: Pid, call: &str, fd: i32, direction: Option<Direction>) -> Wait {
        let Some(found) = Descriptor::of(tid, fd) else {
            return moves(Cause::Hidden, format!("waits in {call}({fd}) on what cannot be seen"));
        };
        match (found.kind, direction) {
            (Kind::Pipe, Some(direction)) => Wait::Any(self.wants(&found, &[direction])),
            (Kind::Pipe, None) => Wait::Any(self.wants(&found, &ways(&found))),
            (Kind::Eventfd, _) if self.is_launched => match self.eventfd(tid, &found) {
                Some(want) => Wait::Any(vec![want]),
                None => hidden_eventfd(call, fd),
            },
            (Kind::Signalfd, _) => Wait::Signal,
            _ => moves(Cause::Outside, format!("waits in {call}({fd}) on {}", found.words)),
        }
    }

    /// A call on several descriptors, of which the first that is ready ends it.
    fn all(&mut self, tid: Pid, call: &str, fds: &[(i32, Option<Direction>)]) -> Wait {
        let mut found = Vec::with_capacity(fds.len());
        for &(fd, direction) in fds {
            let Some(descriptor) = Descriptor::of(tid, fd) else {
                let words = format!("waits in {call} on fd {fd}, which cannot be seen");
                return moves(Cause::Hidden, words);
            };
            found.push((descriptor, direction));
        }
        self.any_of(tid, call, &found)
    }

    fn any_of(&mut self, tid: Pid, call: &str, all: &[(Descriptor, Option<Direction>)]) -> Wait {
        let is_copying = all.iter().any(|(_, direction)| direction.is_some());
        let mut wants = Vec::new();
        for (found, direction) in all {
            match found.kind {
                Kind::Pipe => {
                    let ways = direction.map_or_else(|| ways(found), |one| vec![one]);
                    wants.extend(self.wants(found, &ways));
                }
                Kind::Eventfd if self.is_launched => match self.eventfd(tid, found) {
                    Some(want) => wants.push(want),
                    None => return hidden_eventfd(call, found.fd),
                },
                Kind::Pidfd => match children::process_behind(self, tid, found.fd) {
                    Some(process) => wants.push(Want::Exit { process, fd: found.fd }),
                    None => {
                        let words = format!("waits in {call} for a process outside the tree");
                        return moves(Cause::Outside, words);
                    }
                },
                Kind::Epoll => match ready::behind(tid, found.fd, 1) {
                    Some(inner) => {
                        let inner: Vec<_> = inner.into_iter().map(|one| (one, None)).collect();
                        match self.any_of(tid, call, &inner) {
                            Wait::Any(more) => wants.extend(more),
                            other => return other,
                        }
                    }
                    None => return unreadable_set(call),
                },
                // A copy from or to a file waits for nothing there.
                Kind::Inside if is_copying => {}
                _ => {
                    let words = format!("waits in {call} for {} (fd {})", found.words, found.fd);
                    return moves(Cause::Outside, words);
                }
            }
        }
        Wait::Any(wants)
    }

    fn set(&mut self, tid: Pid, call: &str, blocked: &Blocked) -> Wait {
        match ready::descriptors(tid, blocked) {
            Some(fds) => {
                let fds: Vec<_> = fds.into_iter().map(|fd| (fd, None)).collect();
                self.all(tid, call, &fds)
            }
            None => unreadable_set(call),
        }
    }

    fn epoll(&mut self, tid: Pid, call: &str, epoll: i32) -> Wait {
        match ready::behind(tid, epoll, 0) {
            Some(found) => {
                let found: Vec<_> = found.into_iter().map(|one| (one, None)).collect();
                self.any_of(tid, call, &found)
            }
            None => unreadable_set(call),
        }
    }

    fn open(&mut self, tid: Pid, call: &str, blocked: &Blocked, path: usize, flags: usize) -> Wait {
        let directory = if path == 0 { libc::AT_FDCWD } else { blocked.int(path - 1) };
        let Some(path) = string_at(tid, blocked.argument(path)) else {
            return moves(Cause::Hidden, format!("waits in {call} for what cannot be seen"));
        };
        let Some(fifo) = fifo::opened(tid, directory, &path, self.since) else {
            let path = crate::descriptors::printable(&path);
            return moves(Cause::Outside, format!("waits in {call} for {path}, which is no FIFO"));
        };
        let direction = match blocked.int(flags) & libc::O_ACCMODE {
            libc::O_RDONLY => Direction::Read,
            libc::O_WRONLY => Direction::Write,
            // It does not wait for a peer.
            _ => return moves(Cause::Runs, format!("opens {}", fifo.path)),
        };
        let pipe = self.pipe(fifo.object, Some(&fifo.path), fifo.is_reachable);
        Wait::Open { pipe, direction }
    }

    fn eventfd(&mut self, tid: Pid, found: &Descriptor) -> Option<Want> {
        self.wanted.eventfds.insert(eventfd::id(tid, found.fd)?);
        Some(Want::Anyone { fd: found.fd, what: found.words.clone() })
    }

    fn wants(&mut self, found: &Descriptor, ways: &[Direction]) -> Vec<Want> {
        let fd = found.fd;
        let fifo = fifo::held(found, self.since);
        let pipe = match &fifo {
            Some(fifo) => self.pipe(found.object, Some(&fifo.path), fifo.is_reachable),
            None => self.pipe(found.object, None, false),
        };
        ways.iter().map(|&direction| Want::Pipe { pipe, direction, fd }).collect()
    }

    fn pipe(&mut self, object: crate::Object, path: Option<&str>, is_reachable: bool) -> PipeId {
        if let Some(pipe) = self.wanted.get(object) {
            self.pipes[pipe].is_reachable |= is_reachable;
            return pipe;
        }
        let pipe = self.pipes.len();
        let path = path.map(str::to_owned);
        self.wanted.insert(object, path.as_deref(), pipe);
        self.pipes.push(Pipe { path, is_reachable, ..Pipe::default() });
        pipe
    }
}

/// A descriptor may be another now than when the call began: dup2(2) in another thread. And a copy
/// may wait for the file that it reads. So where the kernel tells the place, it has to be one for
/// pipes: `pipe_read`, `anon_pipe_write`, `pipe_wait_readable`, before Linux 5.5 `pipe_wait`.
fn confirmed(wait: Wait, call: &str, place: &str) -> Wait {
    let is_for_a_pipe = match &wait {
        Wait::Any(wants) => wants.iter().any(|want| matches!(want, Want::Pipe { .. })),
        _ => false,
    };
    let place = place.trim_end();
    if !is_for_a_pipe || place.is_empty() || place == "0" || place.contains("pipe") {
        return wait;
    }
    moves(Cause::Hidden, format!("waits in {call} for something else than that pipe ({place})"))
}

fn hidden_eventfd(call: &str, fd: i32) -> Wait {
    let words = format!("waits in {call} on an eventfd (fd {fd}), and who else has it is not seen");
    moves(Cause::Outside, words)
}

fn unreadable_set(call: &str) -> Wait {
    moves(Cause::Hidden, format!("waits in {call} for a set of descriptors that cannot be seen"))
}

/// The ways that bytes go through it.
fn ways(found: &Descriptor) -> Vec<Direction> {
    [Direction::Read, Direction::Write].into_iter().filter(|&way| found.goes(way)).collect()
}
