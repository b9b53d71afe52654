//! Who comes to an end.
//!
//! [`fixpoint`](crate::fixpoint) asks who can go on, if only to the next read of the same pipe.
//! What a cure has to bring about is more: readers see end-of-file, and all end. So here nobody is
//! helped by what another *may* write, and every process is taken to end once its waits have ended.
//! Where processes wait for each other's words this is too strict: then the other question counts.

use crate::calls::Direction;
use crate::fixpoint::{Closed, Graph};
use crate::scene::{Beyond, PipeId, ProcessId, Scene, ThreadId, Wait, Want};

/// Whether everybody ends, if these ends were closed; and how often all threads were gone through.
pub fn all_end(graph: &Graph, closed: &Closed) -> (bool, usize) {
    let mut ending = Ending::new(graph, closed);
    let mut rounds = 0;
    loop {
        rounds += 1;
        let mut has_changed = false;
        for id in 0..graph.scene.threads.len() {
            if !ending.threads[id] && ending.is_over(id) {
                ending.note(id, closed);
                has_changed = true;
            }
        }
        if !has_changed {
            return (!ending.threads.contains(&false), rounds);
        }
    }
}

struct Ending<'a> {
    graph: &'a Graph<'a>,
    /// Whose waits have ended.
    threads: Vec<bool>,
    has_any: bool,
    /// For each process its threads that still wait, and its children that have not ended.
    waiting: Vec<usize>,
    children: Vec<usize>,
    /// For each pipe its read ends, and its write ends.
    ends: Vec<[Ends; 2]>,
}

#[derive(Clone, Copy, Default)]
struct Ends {
    open: usize,
    /// One of those who had it went on.
    was_used: bool,
}

fn side(direction: Direction) -> usize {
    usize::from(direction == Direction::Write)
}

impl<'a> Ending<'a> {
    fn new(graph: &'a Graph<'a>, closed: &Closed) -> Ending<'a> {
        let scene = graph.scene;
        let processes = scene.processes.len();
        let mut children = vec![0; processes];
        for parent in scene.processes.iter().filter_map(|process| process.parent) {
            children[parent] += 1;
        }
        let mut ends = vec![[Ends::default(); 2]; scene.pipes.len()];
        for (pipe, found) in scene.pipes.iter().enumerate() {
            for end in found.ends.iter().filter(|end| !closed.contains(&(pipe, **end))) {
                ends[pipe][side(end.direction)].open += 1;
            }
        }
        Ending {
            graph,
            threads: vec![false; scene.threads.len()],
            has_any: false,
            waiting: (0..processes).map(|id| graph.threads_of(id).len()).collect(),
            children,
            ends,
        }
    }

    fn scene(&self) -> &'a Scene {
        self.graph.scene
    }

    /// A thread's wait has ended; with its last one a process closes all that it has.
    fn note(&mut self, id: ThreadId, closed: &Closed) {
        let process = self.scene().threads[id].process;
        (self.threads[id], self.has_any) = (true, true);
        self.waiting[process] -= 1;
        if self.waiting[process] > 0 {
            return;
        }
        if let Some(parent) = self.scene().processes[process].parent {
            self.children[parent] -= 1;
        }
        for held in self.graph.ends_of(process).iter().filter(|held| !closed.contains(held)) {
            let ends = &mut self.ends[held.0][side(held.1.direction)];
            ends.open -= 1;
            ends.was_used = true;
        }
    }

    fn has_ended(&self, process: ProcessId) -> bool {
        self.waiting[process] == 0
    }

    fn is_over(&self, id: ThreadId) -> bool {
        let process = self.scene().threads[id].process;
        match &self.scene().threads[id].wait {
            Wait::Moves(_) => true,
            Wait::Any(wants) => self.is_any_over(wants),
            Wait::Open { .. } => self.has_any,
            Wait::Child(Some(child)) => self.has_ended(*child),
            // Who waits for one waits for all of them, one after the other.
            Wait::Child(None) | Wait::Vfork => self.children[process] == 0,
            Wait::Join(other) => self.threads[*other],
            Wait::Siblings => self.waiting[process] < self.graph.threads_of(process).len(),
            Wait::Signal => false,
        }
    }

    /// Who waits for several pipes at once goes round and round until it has seen the end of all
    /// that it reads.
    fn is_any_over(&self, wants: &[Want]) -> bool {
        let is_met = |want: &Want| match want {
            Want::Pipe { pipe, direction, .. } => self.is_met(*pipe, *direction),
            Want::Exit { process, .. } => self.has_ended(*process),
            Want::Anyone { .. } => self.has_any,
        };
        let is_read = |want: &&Want| matches!(want, Want::Pipe { direction: Direction::Read, .. });
        match wants.iter().any(|want| is_read(&want)) {
            true => wants.iter().filter(is_read).all(is_met),
            false => wants.iter().any(is_met),
        }
    }

    /// End-of-file; or of a full pipe, that nobody has its read end any more, or that one had it
    /// who went on. (That is another than who waits here.)
    fn is_met(&self, pipe: PipeId, direction: Direction) -> bool {
        let other = direction.opposite();
        let ends = &self.ends[pipe][side(other)];
        matches!(self.scene().pipes[pipe].beyond(other), Beyond::Somebody(_))
            || ends.open == 0
            || (direction == Direction::Write && ends.was_used)
    }
}
