//! A tree of processes at one moment, as data: who waits for what, and who holds which end.
//!
//! Everything that the doctor concludes, it concludes from this. How a scene is taken from /proc is
//! in [`look`](crate::look()); here nothing asks the kernel.

use crate::calls::Direction;

/// Calls that copy from one pipe to another, and so wait for one of two at a time.
pub const COPIES: [&str; 3] = ["splice", "tee", "sendfile"];

/// Indices into the vectors of a [`Scene`].
pub type ProcessId = usize;
pub type ThreadId = usize;
pub type PipeId = usize;

/// All of a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scene {
    /// Parents before their children; the first is the program itself.
    pub processes: Vec<Process>,
    /// The threads of one process stand together.
    pub threads: Vec<Thread>,
    /// Those that a thread waits on: not every pipe of the tree.
    pub pipes: Vec<Pipe>,
    /// Why no proof can come of this scene, whatever its threads wait for; whole sentences' ends.
    pub doubts: Vec<String>,
}

/// One process that has not ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    pub pid: i32,
    /// `None` for the program itself, and for an orphan.
    pub parent: Option<ProcessId>,
    /// `comm`, without control characters.
    pub command: String,
    /// It has called exec since it was forked.
    pub has_execed: bool,
    /// Children that have ended and were not waited for.
    pub zombies: usize,
}

/// One thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    pub process: ProcessId,
    pub tid: i32,
    /// The call, for people: `read`, `wait4`; `None` where it is in none.
    pub call: Option<String>,
    /// The descriptor that the call names first.
    pub fd: Option<i32>,
    pub wait: Wait,
    /// It has a handler for SIGCHLD, so that the end of any child wakes it.
    pub wakes_for_children: bool,
    /// What may end the wait although nothing shows that it will: a handler for an alarm.
    pub doubts: Vec<String>,
}

/// What would let a thread go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Something that is no thread of this tree, or nothing at all.
    Moves(Why),
    /// Any one of these.
    Any(Vec<Want>),
    /// Somebody who opens the same FIFO the other way.
    Open { pipe: PipeId, direction: Direction },
    /// The end of a child: of this one, or of any.
    Child(Option<ProcessId>),
    /// The end of a child that shares its memory, or its call of exec.
    Vfork,
    /// The end of a thread of its own process.
    Join(ThreadId),
    /// Another thread of its process: a lock, a condition.
    Siblings,
    /// A signal. Nobody in the tree is known to send it.
    Signal,
}

/// Why a thread may go on without anybody of its tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    pub cause: Cause,
    /// What it does, as the end of a sentence about it: "sleeps in nanosleep".
    pub words: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It runs, or will as soon as a processor is free.
    Runs,
    /// A timeout, a sleep, a timer.
    Time,
    /// What somebody outside the tree may do: type, send, unlock.
    Outside,
    /// It is stopped, or traced.
    Stopped,
    /// It could not be seen what it waits for.
    Hidden,
}

/// One of the things that a call waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// To read from, or to write to, a pipe.
    Pipe { pipe: PipeId, direction: Direction, fd: i32 },
    /// The end of a process, through a pidfd.
    Exit { process: ProcessId, fd: i32 },
    /// What any thread of the tree could do: an eventfd.
    Anyone { fd: i32, what: String },
}

/// A pipe or a FIFO.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pipe {
    /// `None`: it has no name in the file system.
    pub path: Option<String>,
    pub ends: Vec<End>,
    /// Who outside the tree holds a read end, and a write end.
    pub readers_beyond: Beyond,
    pub writers_beyond: Beyond,
    /// It is a FIFO that a program outside the tree could still open.
    pub is_reachable: bool,
    /// Bytes in it, and how many fit; `None` where it was not, or could not be, asked.
    pub bytes: Option<u64>,
    pub capacity: Option<u64>,
}

/// Somebody outside the tree who may have one end of a pipe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Beyond {
    #[default]
    Nobody,
    /// It could not be ruled out: why, as the end of a sentence.
    Perhaps(String),
    /// Who it is.
    Somebody(String),
}

/// One descriptor of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct End {
    pub process: ProcessId,
    pub fd: i32,
    pub direction: Direction,
    /// It would not survive exec.
    pub is_close_on_exec: bool,
}

impl Pipe {
    /// Who outside the tree has the ends of one direction.
    #[must_use]
    pub fn beyond(&self, direction: Direction) -> &Beyond {
        match direction {
            Direction::Read => &self.readers_beyond,
            Direction::Write => &self.writers_beyond,
        }
    }

    pub fn beyond_mut(&mut self, direction: Direction) -> &mut Beyond {
        match direction {
            Direction::Read => &mut self.readers_beyond,
            Direction::Write => &mut self.writers_beyond,
        }
    }

    /// The ends of one direction.
    pub fn ends(&self, direction: Direction) -> impl Iterator<Item = &End> {
        self.ends.iter().filter(move |end| end.direction == direction)
    }
}

impl Thread {
    /// The pipes that it waits on, and in which way.
    pub fn pipes(&self) -> impl Iterator<Item = (PipeId, Direction, i32)> {
        let wants = match &self.wait {
            Wait::Any(wants) => wants.as_slice(),
            _ => &[],
        };
        wants.iter().filter_map(|want| match want {
            Want::Pipe { pipe, direction, fd } => Some((*pipe, *direction, *fd)),
            _ => None,
        })
    }
}

impl Scene {
    /// Everything that keeps a tree in which all threads are stuck from being called a proved
    /// deadlock.
    #[must_use]
    pub fn all_doubts(&self) -> Vec<String> {
        let roles = self.roles();
        let mut doubts = self.doubts.clone();
        for (id, thread) in self.threads.iter().enumerate() {
            let name = self.thread_name(&roles, id);
            doubts.extend(thread.doubts.iter().map(|doubt| format!("{name} {doubt}")));
            if thread.wait == Wait::Signal {
                doubts.push(format!("{name} waits for a signal, which anybody may send"));
            }
            let opened = match thread.wait {
                Wait::Open { pipe, .. } => Some(pipe),
                _ => None,
            };
            for (pipe, direction, _) in thread.pipes() {
                if let Beyond::Perhaps(who) = self.pipes[pipe].beyond(direction.opposite()) {
                    doubts.push(format!("of {}, {who}", self.pipe_name(pipe)));
                }
            }
            let used = thread.pipes().map(|(pipe, ..)| pipe).chain(opened);
            for pipe in used.filter(|&pipe| self.pipes[pipe].is_reachable) {
                let name = self.pipe_name(pipe);
                doubts.push(format!("{name} could still be opened by a program outside the tree"));
            }
        }
        let mut seen = std::collections::HashSet::new();
        doubts.retain(|doubt| seen.insert(doubt.clone()));
        doubts
    }

    /// `A`, `B`, …, `Z`, `A1`, …
    #[must_use]
    pub fn letter(pipe: PipeId) -> String {
        let letter = char::from(b'A' + u8::try_from(pipe % 26).unwrap_or(0));
        if pipe < 26 { letter.to_string() } else { format!("{letter}{}", pipe / 26) }
    }

    /// `pipe A`, `FIFO B`.
    #[must_use]
    pub fn pipe_name(&self, pipe: PipeId) -> String {
        let kind = if self.pipes[pipe].path.is_some() { "FIFO" } else { "pipe" };
        format!("{kind} {}", Scene::letter(pipe))
    }

    /// For each process `parent (sh)`, `child-1 (wc)`, `child-1.2 (cat)` for a grandchild,
    /// `orphan-1 (sleep)` for a process whose parent has ended.
    #[must_use]
    pub fn roles(&self) -> Vec<String> {
        let mut paths: Vec<String> = Vec::with_capacity(self.processes.len());
        let mut children = vec![0; self.processes.len()];
        let mut orphans = 0;
        for (id, process) in self.processes.iter().enumerate() {
            paths.push(match process.parent {
                Some(0) => {
                    children[0] += 1;
                    format!("child-{}", children[0])
                }
                // Parents stand before their children.
                Some(parent) => {
                    children[parent] += 1;
                    format!("{}.{}", paths[parent], children[parent])
                }
                None if id == 0 => "parent".to_owned(),
                None => {
                    orphans += 1;
                    format!("orphan-{orphans}")
                }
            });
        }
        let named = |(path, process): (String, &Process)| format!("{path} ({})", process.command);
        paths.into_iter().zip(&self.processes).map(named).collect()
    }

    /// `parent (sh)`; with its number where the process has more than one thread.
    #[must_use]
    pub fn thread_name(&self, roles: &[String], id: ThreadId) -> String {
        let process = self.threads[id].process;
        let of_process = |thread: &&Thread| thread.process == process;
        let role = &roles[process];
        // They stand together.
        let before = self.threads[..id].iter().rev().take_while(of_process).count();
        let after = self.threads[id + 1..].iter().take_while(of_process).count();
        if before + after == 0 { role.clone() } else { format!("{role}, thread {}", before + 1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::Stage;

    #[test]
    fn roles_tell_who_started_whom() {
        let mut stage = Stage::default();
        let parent = stage.process(None, "sh");
        let first = stage.process(Some(parent), "wc");
        stage.process(Some(parent), "cat");
        stage.process(Some(first), "tr");
        stage.process(None, "sleep");
        let roles = stage.scene.roles();
        assert_eq!(
            roles,
            ["parent (sh)", "child-1 (wc)", "child-2 (cat)", "child-1.1 (tr)", "orphan-1 (sleep)"]
        );
    }

    #[test]
    fn pipes_have_letters_and_threads_numbers() {
        assert_eq!([0, 25, 26, 53].map(Scene::letter), ["A", "Z", "A1", "B2"]);
        let mut stage = Stage::default();
        let parent = stage.process(None, "sh");
        let child = stage.process(Some(parent), "wc");
        stage.thread(parent, "wait4", Wait::Child(None));
        stage.thread(child, "futex", Wait::Siblings);
        stage.thread(child, "futex", Wait::Siblings);
        let scene = stage.scene;
        let roles = scene.roles();
        let names: Vec<String> = (0..3).map(|id| scene.thread_name(&roles, id)).collect();
        assert_eq!(names, ["parent (sh)", "child-1 (wc), thread 1", "child-1 (wc), thread 2"]);
    }

    #[test]
    fn what_may_still_happen_is_said_once() {
        let mut stage = Stage::default();
        let parent = stage.process(None, "sh");
        let fifo = stage.fifo("/tmp/a");
        stage.scene.pipes[fifo].is_reachable = true;
        stage.open(parent, fifo, Direction::Read);
        stage.open(parent, fifo, Direction::Read);
        let reachable = "FIFO A could still be opened by a program outside the tree";
        assert_eq!(stage.scene.all_doubts(), [reachable]);
        let other = stage.process(Some(parent), "pause");
        stage.thread(other, "pause", Wait::Signal);
        let signal = "child-1 (pause) waits for a signal, which anybody may send";
        assert_eq!(stage.scene.all_doubts(), [reachable, signal]);
    }
}
