//! Who can ever go on.
//!
//! Every thread is taken for stuck, and each is given back that something live can free: itself, a
//! holder of the other end that can still run, a child that can still end. What is left when
//! nothing changes any more can be freed by nobody: it is the greatest set of threads of which each
//! waits only for others of the set.

use std::collections::{BTreeSet, HashMap};

use crate::calls::Direction;
use crate::scene::{Beyond, End, PipeId, ProcessId, Scene, Thread, ThreadId, Wait, Want};

/// Ends that are imagined to be closed: mostly so few that comparing is quicker than a hash.
pub type Closed = BTreeSet<(PipeId, End)>;

/// A scene, ordered by who frees whom, so that a question costs one walk over it.
pub struct Graph<'a> {
    pub scene: &'a Scene,
    threads_of: Vec<Vec<ThreadId>>,
    /// For each process the ends that it holds.
    ends_of: Vec<Vec<(PipeId, End)>>,
    /// For each pipe who waits for something to be done at its read end, and at its write end.
    waiters: Vec<[Vec<ThreadId>; 2]>,
    /// For each process whom its end wakes.
    waits_for_end: Vec<Vec<ThreadId>>,
    has_children: Vec<bool>,
    joiners: HashMap<ThreadId, Vec<ThreadId>>,
    /// Those whom any thread of the tree could free.
    free_to_all: Vec<ThreadId>,
}

fn side(direction: Direction) -> usize {
    match direction {
        Direction::Read => 0,
        Direction::Write => 1,
    }
}

impl<'a> Graph<'a> {
    #[must_use]
    pub fn new(scene: &'a Scene) -> Graph<'a> {
        let processes = scene.processes.len();
        let mut graph = Graph {
            scene,
            threads_of: vec![Vec::new(); processes],
            ends_of: vec![Vec::new(); processes],
            waiters: vec![[Vec::new(), Vec::new()]; scene.pipes.len()],
            waits_for_end: vec![Vec::new(); processes],
            has_children: vec![false; processes],
            joiners: HashMap::new(),
            free_to_all: Vec::new(),
        };
        for (pipe, found) in scene.pipes.iter().enumerate() {
            for end in &found.ends {
                graph.ends_of[end.process].push((pipe, *end));
            }
        }
        let mut children: Vec<Vec<ProcessId>> = vec![Vec::new(); processes];
        for (child, process) in scene.processes.iter().enumerate() {
            if let Some(parent) = process.parent {
                children[parent].push(child);
                graph.has_children[parent] = true;
            }
        }
        for (id, thread) in scene.threads.iter().enumerate() {
            graph.threads_of[thread.process].push(id);
            graph.note(id, thread, &children[thread.process]);
        }
        graph
    }

    fn note(&mut self, id: ThreadId, thread: &Thread, children: &[ProcessId]) {
        if thread.wakes_for_children {
            children.iter().for_each(|&child| self.waits_for_end[child].push(id));
        }
        match &thread.wait {
            Wait::Any(wants) => wants.iter().for_each(|want| match want {
                Want::Pipe { pipe, direction, .. } => {
                    self.waiters[*pipe][side(direction.opposite())].push(id);
                }
                Want::Exit { process, .. } => self.waits_for_end[*process].push(id),
                Want::Anyone { .. } => self.free_to_all.push(id),
            }),
            Wait::Open { .. } => self.free_to_all.push(id),
            Wait::Child(Some(child)) => self.waits_for_end[*child].push(id),
            Wait::Child(None) | Wait::Vfork => {
                children.iter().for_each(|&child| self.waits_for_end[child].push(id));
            }
            Wait::Join(other) => self.joiners.entry(*other).or_default().push(id),
            Wait::Moves(_) | Wait::Siblings | Wait::Signal => {}
        }
    }

    /// The threads of a process.
    #[must_use]
    pub fn threads_of(&self, process: ProcessId) -> &[ThreadId] {
        &self.threads_of[process]
    }

    /// The ends that a process holds.
    #[must_use]
    pub fn ends_of(&self, process: ProcessId) -> &[(PipeId, End)] {
        &self.ends_of[process]
    }

    /// Who waits for something to be done at one end of a pipe.
    #[must_use]
    pub fn waiters(&self, pipe: PipeId, end: Direction) -> &[ThreadId] {
        &self.waiters[pipe][side(end)]
    }

    /// For each thread whether it can ever go on, if these ends were closed.
    #[must_use]
    pub fn live(&self, closed: &Closed) -> Vec<bool> {
        let count = self.scene.threads.len();
        let mut walk = Walk {
            live: vec![false; count],
            next: Vec::new(),
            served: vec![[false; 2]; self.scene.pipes.len()],
        };
        let mut visited = vec![false; self.scene.processes.len()];
        let mut any = false;
        for id in (0..count).filter(|&id| self.begins_live(id, closed)) {
            walk.free(id);
        }
        while let Some(id) = walk.next.pop() {
            if !std::mem::replace(&mut any, true) {
                self.free_to_all.iter().for_each(|&id| walk.free(id));
            }
            for &joiner in self.joiners.get(&id).into_iter().flatten() {
                walk.free(joiner);
            }
            let process = self.scene.threads[id].process;
            if !std::mem::replace(&mut visited[process], true) {
                self.visit(process, closed, &mut walk);
            }
        }
        walk.live
    }

    /// What a process with a live thread may do: use its descriptors, end, unlock.
    fn visit(&self, process: ProcessId, closed: &Closed, walk: &mut Walk) {
        for held in self.ends_of[process].iter().filter(|held| !closed.contains(held)) {
            let (pipe, side) = (held.0, side(held.1.direction));
            if !std::mem::replace(&mut walk.served[pipe][side], true) {
                self.waiters[pipe][side].iter().for_each(|&id| walk.free(id));
            }
        }
        self.waits_for_end[process].iter().for_each(|&id| walk.free(id));
        for &id in &self.threads_of[process] {
            if self.scene.threads[id].wait == Wait::Siblings {
                walk.free(id);
            }
        }
    }

    fn begins_live(&self, id: ThreadId, closed: &Closed) -> bool {
        let thread = &self.scene.threads[id];
        match &thread.wait {
            Wait::Moves(_) => true,
            Wait::Any(wants) => wants.iter().any(|want| match want {
                Want::Pipe { pipe, direction, .. } => self.ends_the_wait(*pipe, *direction, closed),
                Want::Exit { .. } | Want::Anyone { .. } => false,
            }),
            // The call says that there are none.
            Wait::Child(None) | Wait::Vfork => !self.has_children[thread.process],
            _ => false,
        }
    }

    /// Whether the other end is with somebody outside the tree, or with nobody: end-of-file, EPIPE.
    fn ends_the_wait(&self, pipe: PipeId, direction: Direction, closed: &Closed) -> bool {
        let other = direction.opposite();
        let found = &self.scene.pipes[pipe];
        if matches!(found.beyond(other), Beyond::Somebody(_)) {
            return true;
        }
        found.ends(other).all(|end| closed.contains(&(pipe, *end)))
    }

    /// Whether there is a thread, and none can ever go on.
    #[must_use]
    pub fn all_stuck(&self) -> bool {
        !self.scene.threads.is_empty() && !self.live(&Closed::new()).contains(&true)
    }
}

struct Walk {
    live: Vec<bool>,
    next: Vec<ThreadId>,
    /// For each pipe whether those have been freed who wait for its read end, and its write end.
    served: Vec<[bool; 2]>,
}

impl Walk {
    fn free(&mut self, id: ThreadId) {
        if !std::mem::replace(&mut self.live[id], true) {
            self.next.push(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::Stage;

    fn stuck(scene: &Scene) -> bool {
        Graph::new(scene).all_stuck()
    }

    #[test]
    fn who_holds_its_own_write_end_waits_for_ever() {
        let mut stage = Stage::default();
        let one = stage.process(None, "leak");
        let pipe = stage.pipe();
        stage.waits_to_read(pipe, one, 3);
        // Nobody holds the other end: end-of-file.
        assert!(!stuck(&stage.scene));
        stage.writes(pipe, one, 4);
        assert!(stuck(&stage.scene));
        stage.scene.pipes[pipe].writers_beyond = Beyond::Somebody("a shell".to_owned());
        assert!(!stuck(&stage.scene));
    }

    #[test]
    fn one_sleeper_frees_a_whole_chain() {
        let mut stage = Stage::default();
        let parent = stage.process(None, "sh");
        let reader = stage.process(Some(parent), "wc");
        let sleeper = stage.process(Some(parent), "sleep");
        let pipe = stage.pipe();
        stage.thread(parent, "wait4", Wait::Child(None));
        stage.waits_to_read(pipe, reader, 0);
        stage.writes(pipe, sleeper, 1);
        stage.sleeps(sleeper);
        let live = Graph::new(&stage.scene).live(&Closed::new());
        assert_eq!(live, [true, true, true]);
        // The same with a sleeper that waits for its parent.
        stage.scene.threads[2].wait = Wait::Any(Vec::new());
        assert!(stuck(&stage.scene));
    }

    #[test]
    fn a_thread_of_the_process_can_use_its_descriptors() {
        let mut stage = Stage::default();
        let one = stage.process(None, "threads");
        let pipe = stage.pipe();
        stage.writes(pipe, one, 4);
        stage.thread(one, "futex", Wait::Join(1));
        stage.waits_to_read(pipe, one, 3);
        assert!(stuck(&stage.scene));
        stage.sleeps(one);
        assert!(!stuck(&stage.scene));
    }

    #[test]
    fn a_handler_for_children_wakes_only_for_a_child_that_can_end() {
        let mut stage = Stage::default();
        let parent = stage.process(None, "bash");
        let child = stage.process(Some(parent), "cat");
        let pipe = stage.pipe();
        stage.writes(pipe, parent, 4);
        stage.waits_to_read(pipe, parent, 3);
        stage.thread(child, "pause", Wait::Signal);
        stage.scene.threads[0].wakes_for_children = true;
        assert!(stuck(&stage.scene));
        stage.sleeps(child);
        // Its descriptors are of no use to the parent, and its end wakes it.
        assert_eq!(Graph::new(&stage.scene).live(&Closed::new()), [true, false, true]);
        stage.scene.threads[0].wakes_for_children = false;
        assert_eq!(Graph::new(&stage.scene).live(&Closed::new()), [false, false, true]);
    }

    #[test]
    fn any_one_of_several_is_enough() {
        let mut stage = Stage::default();
        let parent = stage.process(None, "poll");
        let child = stage.process(Some(parent), "sleep");
        let (silent, other) = (stage.pipe(), stage.pipe());
        stage.writes(silent, parent, 4);
        stage.writes(other, child, 1);
        let want = |pipe, fd| Want::Pipe { pipe, direction: Direction::Read, fd };
        stage.thread(parent, "poll", Wait::Any(vec![want(silent, 3), want(other, 5)]));
        stage.sleeps(child);
        assert!(!stuck(&stage.scene));
        stage.scene.threads[1].wait = Wait::Signal;
        assert!(stuck(&stage.scene));
    }

    #[test]
    fn an_empty_scene_is_not_stuck() {
        assert!(!stuck(&Scene::default()));
    }
}
