//! Scenes made by hand, for the tests of what is concluded from them.

use crate::calls::Direction;
use crate::scene::{
    Cause, End, Pipe, PipeId, Process, ProcessId, Scene, Thread, ThreadId, Wait, Want, Why,
};

/// A scene that is being made.
#[derive(Default)]
pub struct Stage {
    pub scene: Scene,
}

impl Stage {
    pub fn process(&mut self, parent: Option<ProcessId>, command: &str) -> ProcessId {
        let pid = 100 + i32::try_from(self.scene.processes.len()).expect("a small scene");
        let command = command.to_owned();
        self.scene.processes.push(Process { pid, parent, command, ..Process::default() });
        self.scene.processes.len() - 1
    }

    /// One that has called exec.
    pub fn program(&mut self, parent: ProcessId, command: &str) -> ProcessId {
        let id = self.process(Some(parent), command);
        self.scene.processes[id].has_execed = true;
        id
    }

    pub fn pipe(&mut self) -> PipeId {
        self.scene.pipes.push(Pipe::default());
        self.scene.pipes.len() - 1
    }

    pub fn fifo(&mut self, path: &str) -> PipeId {
        let id = self.pipe();
        self.scene.pipes[id].path = Some(path.to_owned());
        id
    }

    pub fn end(&mut self, pipe: PipeId, process: ProcessId, fd: i32, direction: Direction) {
        let end = End { process, fd, direction, is_close_on_exec: false };
        self.scene.pipes[pipe].ends.push(end);
    }

    pub fn reads(&mut self, pipe: PipeId, process: ProcessId, fd: i32) {
        self.end(pipe, process, fd, Direction::Read);
    }

    pub fn writes(&mut self, pipe: PipeId, process: ProcessId, fd: i32) {
        self.end(pipe, process, fd, Direction::Write);
    }

    pub fn thread(&mut self, process: ProcessId, call: &str, wait: Wait) -> ThreadId {
        let tid = 1000 + i32::try_from(self.scene.threads.len()).expect("a small scene");
        let fd = match &wait {
            Wait::Any(wants) => match wants.as_slice() {
                [Want::Pipe { fd, .. }] => Some(*fd),
                _ => None,
            },
            _ => None,
        };
        self.scene.threads.push(Thread {
            process,
            tid,
            call: Some(call.to_owned()),
            fd,
            wait,
            wakes_for_children: false,
            doubts: Vec::new(),
        });
        self.scene.threads.len() - 1
    }

    /// A thread that waits in read; the descriptor is one of its process.
    pub fn waits_to_read(&mut self, pipe: PipeId, process: ProcessId, fd: i32) -> ThreadId {
        self.reads(pipe, process, fd);
        let want = Want::Pipe { pipe, direction: Direction::Read, fd };
        self.thread(process, "read", Wait::Any(vec![want]))
    }

    /// A thread that waits in write; the descriptor is one of its process.
    pub fn waits_to_write(&mut self, pipe: PipeId, process: ProcessId, fd: i32) -> ThreadId {
        self.writes(pipe, process, fd);
        let want = Want::Pipe { pipe, direction: Direction::Write, fd };
        self.thread(process, "write", Wait::Any(vec![want]))
    }

    pub fn open(&mut self, process: ProcessId, pipe: PipeId, direction: Direction) -> ThreadId {
        self.thread(process, "openat", Wait::Open { pipe, direction })
    }

    pub fn sleeps(&mut self, process: ProcessId) -> ThreadId {
        let words = "sleeps in nanosleep".to_owned();
        self.thread(process, "nanosleep", Wait::Moves(Why { cause: Cause::Time, words }))
    }
}
