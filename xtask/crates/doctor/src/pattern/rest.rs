//! Hangs in which closing and reading play no part, or not the first.

use super::{Eye, Found};
use crate::calls::Direction;
use crate::kind::Kind;
use crate::scene::{Wait, Want};

impl Eye<'_> {
    /// A set of descriptors that is empty.
    pub fn for_nothing(&self) -> Found {
        let threads = &self.graph.scene.threads;
        let is_empty = |wait: &Wait| matches!(wait, Wait::Any(wants) if wants.is_empty());
        let thread = threads.iter().find(|thread| is_empty(&thread.wait))?;
        let (role, call) =
            (self.role(thread.process), thread.call.as_deref().unwrap_or("its call"));
        let more = if call.contains("select") {
            " (The first argument of select is the highest descriptor and one more.)"
        } else {
            ""
        };
        let advice = format!(
            "{role} waits in {call} for no descriptor at all, and without a timeout: nothing ends \
             that but a signal.{more}"
        );
        Some((Kind::Circle, advice))
    }

    /// An edge-triggered wait that began when the bytes were there.
    pub fn edge(&self) -> Found {
        let scene = self.graph.scene;
        let waits = scene
            .threads
            .iter()
            .filter(|thread| thread.call.as_deref().is_some_and(|call| call.starts_with("epoll")));
        let (thread, pipe) = waits
            .flat_map(|thread| thread.pipes().map(move |(pipe, way, _)| (thread, pipe, way)))
            .find(|&(_, pipe, way)| way == Direction::Read && scene.pipes[pipe].bytes > Some(0))
            .map(|(thread, pipe, _)| (thread, pipe))?;
        let advice = format!(
            "{pipe} has bytes that {role} has not read, and an edge-triggered wait (EPOLLET) tells \
             only of what comes later. {role} has to read {pipe} until EAGAIN before it waits \
             again.",
            role = self.role(thread.process),
            pipe = self.pipe(pipe),
        );
        Some((Kind::Circle, advice))
    }

    pub fn locks(&self) -> Found {
        let threads = &self.graph.scene.threads;
        let thread = threads.iter().find(|thread| thread.wait == Wait::Siblings)?;
        let role = self.role(thread.process);
        let process = &self.graph.scene.processes[thread.process];
        if self.graph.threads_of(thread.process).len() > 1 {
            let advice = format!(
                "The threads of {role} wait for each other: for a lock that one of them has, or \
                 for a condition that none of them can signal any more."
            );
            return Some((Kind::Lock, advice));
        }
        if process.has_execed {
            let advice = format!(
                "{role} waits for a lock that nobody can give back: it has no other thread. It has \
                 the lock itself, or a thread that had it has ended."
            );
            return Some((Kind::Lock, advice));
        }
        let advice = format!(
            "{role} waits for a lock that nobody can give back: it has no other thread. If it was \
             forked from a process with threads, one of those held the lock at that moment (of \
             standard output, of malloc), and fork copied the lock but not the thread. Between \
             fork and exec only async-signal-safe calls are allowed."
        );
        Some((Kind::LockAfterFork, advice))
    }

    pub fn joins(&self) -> Found {
        let threads = &self.graph.scene.threads;
        let thread = threads.iter().find(|thread| matches!(thread.wait, Wait::Join(_)))?;
        let advice = format!(
            "{} waits for its own thread, which waits in turn: what that thread waits for has to \
             be done before it is joined.",
            self.role(thread.process)
        );
        Some((Kind::ThreadJoin, advice))
    }

    pub fn signals(&self) -> Found {
        let threads = &self.graph.scene.threads;
        let thread = threads.iter().find(|thread| thread.wait == Wait::Signal)?;
        let role = self.role(thread.process);
        let advice = format!("{role} waits for a signal that nobody in the tree sends.");
        Some((Kind::WaitsForASignal, advice))
    }

    /// One thread, and nobody else who could do what it waits for.
    pub fn alone(&self) -> Found {
        let [thread] = self.graph.scene.threads.as_slice() else { return None };
        let what = match &thread.wait {
            Wait::Any(wants) => match wants.as_slice() {
                [Want::Anyone { what, .. }] => what.as_str(),
                _ => "what it waits for",
            },
            _ => return None,
        };
        let advice = format!(
            "There is nobody but {} who could end its wait for {what}: it has to see to that \
             before it waits.",
            self.role(thread.process)
        );
        Some((Kind::Circle, advice))
    }
}
