//! What every thread of the tree waits for, at one moment, and whether anything known can end that.
//!
//! On a tree that moves, a snapshot is true of each thread and of no two threads together. See
//! [`proof`](crate::proof) for when it is true of all.

use nix::unistd::Pid;

use crate::calls::{Blocked, Direction, Takes};
use crate::descriptors::{Descriptor, Kind, Object, Process, fifo_at};
use crate::memory::{has_timers, memory_at, string_at};
use crate::outside::Outside;
use crate::stuck::{Holder, Stuck};
use crate::tasks::{Task, holds_timer_signals};

/// So many threads are described. Of a tree with more nobody says that it stands still.
const THREADS_MAX: usize = 256;

/// All threads, in the order of the tree.
#[derive(Debug, Default)]
pub struct Snapshot {
    pub stuck: Vec<Stuck>,
    /// Something that is no thread of the tree may make one of them go on: time, the outside, or
    /// what could not be looked into.
    pub may_move: bool,
    /// The same, but not time.
    pub outside_may_move: bool,
}

impl Snapshot {
    pub fn take(tasks: impl IntoIterator<Item = Task>, outside: &Outside) -> Snapshot {
        let alive = tasks.into_iter().filter(|task| !task.has_ended());
        let mut tasks: Vec<Task> = alive.take(THREADS_MAX + 1).collect();
        let are_too_many = tasks.len() > THREADS_MAX;
        let mut snapshot =
            Snapshot { stuck: Vec::new(), may_move: are_too_many, outside_may_move: are_too_many };
        tasks.truncate(THREADS_MAX);
        let mut pids: Vec<Pid> = tasks.iter().map(|task| task.pid).collect();
        // The threads of one process stand together.
        pids.dedup();
        let tree = Tree { processes: pids.into_iter().map(Process::read).collect(), outside };
        for task in &tasks {
            let (stuck, by) = tree.look_at(task);
            snapshot.stuck.push(stuck);
            snapshot.may_move |= by.is_some();
            snapshot.outside_may_move |= by == Some(By::Outside);
        }
        snapshot
    }
}

/// What may make a thread go on.
#[derive(PartialEq, Eq)]
enum By {
    Time,
    /// Or what could not be looked into.
    Outside,
}

struct Tree<'a> {
    processes: Vec<Process>,
    outside: &'a Outside,
}

impl Tree<'_> {
    /// What the thread waits for, and whether something beside the tree may make it go on.
    fn look_at(&self, task: &Task) -> (Stuck, Option<By>) {
        let process = self.processes.iter().find(|process| process.pid == task.pid);
        let mut stuck = Stuck {
            pid: task.pid.as_raw(),
            tid: task.tid.as_raw(),
            command: process.map(|process| process.command.clone()).unwrap_or_default(),
            state: task.state,
            call: None,
            fd: None,
            direction: None,
            on: None,
            other_end: Vec::new(),
            launcher_holds: false,
        };
        let (Some(process), Some(blocked)) =
            (process, Blocked::read(task.pid, task.tid).ok().flatten())
        else {
            return (stuck, Some(By::Outside));
        };
        let name = blocked.call.map(|call| call.name.to_owned());
        stuck.call = Some(name.unwrap_or_else(|| format!("system call {}", blocked.number)));
        let by_the_outside = self.fill_in(&mut stuck, process, &blocked);
        let by_itself = !task.waits()
            || task.takes_timer_signals()
            || blocked.ends_by_itself()
            || has_timers(task.pid);
        let by = match (by_the_outside, by_itself) {
            (true, _) => Some(By::Outside),
            (false, true) => Some(By::Time),
            (false, false) => None,
        };
        (stuck, by)
    }

    /// Adds what the call is about. Tells whether the outside may end it.
    fn fill_in(&self, stuck: &mut Stuck, process: &Process, blocked: &Blocked) -> bool {
        // A thread may have a table, and a working directory, of its own.
        let tid = Pid::from_raw(stuck.tid);
        match blocked.call.map(|call| call.takes) {
            Some(Takes::Descriptor(direction)) => {
                let fd = blocked.int(0);
                (stuck.fd, stuck.direction) = (Some(fd), direction);
                Descriptor::of(tid, fd).is_none_or(|found| self.waits_on(stuck, &found))
            }
            // Which of them it waits for is not looked up: it may be any.
            Some(Takes::Between { .. } | Takes::Poll | Takes::Select | Takes::Epoll) => {
                let mut all = process.descriptors.iter();
                !process.is_complete || all.any(|descriptor| self.outside.holds(descriptor))
            }
            Some(Takes::Open { path, flags }) => {
                let found = Self::opens(tid, blocked, path);
                stuck.direction = match blocked.int(flags) & libc::O_ACCMODE {
                    libc::O_RDONLY => Some(Direction::Read),
                    libc::O_WRONLY => Some(Direction::Write),
                    _ => None,
                };
                let is_fifo = found.is_some();
                stuck.on = found;
                !is_fifo
            }
            Some(Takes::Lock) => {
                let fd = blocked.int(0);
                stuck.fd = Some(fd);
                stuck.on = Descriptor::of(tid, fd).map(|found| found.words);
                // Whoever holds the lock may be anywhere.
                true
            }
            Some(Takes::Signals) => {
                let mut mask = [0; 8];
                let count = memory_at(process.pid, blocked.argument(0), &mut mask);
                count < mask.len() || holds_timer_signals(u64::from_ne_bytes(mask))
            }
            Some(Takes::Suspend | Takes::Child | Takes::Vfork | Takes::Futex | Takes::Sleep) => {
                false
            }
            None => true,
        }
    }

    fn waits_on(&self, stuck: &mut Stuck, descriptor: &Descriptor) -> bool {
        stuck.on = Some(descriptor.words.clone());
        if let (Kind::Pipe, Some(direction)) = (descriptor.kind, stuck.direction) {
            stuck.other_end = self.other_end(descriptor.object, direction);
            stuck.launcher_holds = self.outside.relays.contains(&descriptor.object);
            let is_answered = self.outside.caller_waits && self.outside.is_stdin(descriptor);
            if stuck.other_end.is_empty() && !stuck.launcher_holds && !is_answered {
                // Without another end the call would have ended: somebody outside has it.
                return true;
            }
        }
        self.outside.holds(descriptor)
    }

    fn other_end(&self, object: Object, direction: Direction) -> Vec<Holder> {
        let mut found = Vec::new();
        for process in &self.processes {
            let all = process.descriptors.iter();
            for descriptor in all.filter(|d| d.object == object && d.goes(direction.opposite())) {
                let (pid, command) = (process.pid.as_raw(), process.command.clone());
                found.push(Holder { pid, command, fd: descriptor.fd });
            }
        }
        found
    }

    /// The FIFO that the call of this thread opens, in words.
    fn opens(tid: Pid, blocked: &Blocked, path: usize) -> Option<String> {
        let directory = if path == 0 { libc::AT_FDCWD } else { blocked.int(path - 1) };
        let path = string_at(tid, blocked.argument(path))?;
        fifo_at(tid, directory, &path)
    }
}
