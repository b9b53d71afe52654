//! Which descriptor should have been closed.
//!
//! A counterfactual: the smallest set of ends which, if they were closed, would let everybody come
//! to an end, or where there is none, go on. Not every end may be in it. Closing the only write end
//! of a process that was to answer would end the wait as well, and would be wrong; so an end is a
//! candidate only if something says that it was forgotten, and [`Because`] is what.

use std::collections::{HashMap, HashSet};

use crate::calls::Direction;
use crate::ending::all_end;
use crate::fixpoint::{Closed, Graph};
use crate::scene::{End, PipeId, ProcessId, Scene, ThreadId, Wait};

/// So many candidates are tried in sets of two, and of three.
const PAIRS_OF: usize = 48;
const TRIPLES_OF: usize = 20;
/// So many are tried at all.
const CANDIDATES_MAX: usize = 4096;
/// Of those who wait for one end, so many are asked why it may have been forgotten.
const WAITERS_MAX: usize = 8;
/// Threads and ends that are gone through in all questions together: a fraction of a second.
const WORK_MAX: usize = 10_000_000;

/// Why an end is taken for forgotten, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Because {
    /// The process that waits has the other end itself.
    Own,
    /// It came through exec, above standard error.
    SurvivedExec,
    /// Its process waits for the end of the process that waits for this end to be closed.
    WaitingParent,
    /// Its process feeds the standard input of a program and waits for that program's answer.
    FeedsProgram,
    /// It is a copy that came by fork, and its process waits for others.
    Copy,
    /// It feeds a process below its own, which waits for others.
    Feeds,
}

/// An end that may have been forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close {
    pub pipe: PipeId,
    pub end: End,
    pub because: Because,
    /// Who waits for it to be closed.
    pub waits: ThreadId,
}

/// What would let everybody go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cure {
    /// To be closed, all of them.
    pub closes: Vec<Close>,
    /// Another set of the same size would do as well.
    pub is_one_of_several: bool,
}

/// The cure of a tree in which all threads are stuck, where closing helps.
#[must_use]
pub fn cure(graph: &Graph) -> Option<Cure> {
    let mut all = candidates(graph);
    all.sort_by_key(|close| (close.because, close.waits, close.pipe, close.end));
    all.truncate(CANDIDATES_MAX);
    let ends: usize = graph.scene.pipes.iter().map(|pipe| pipe.ends.len()).sum();
    let questions = WORK_MAX / (graph.scene.threads.len() + ends).max(1);
    let mut search = Search { graph, questions, goal: Goal::End };
    // A sure one first, however many of them it takes.
    let limits = [Because::WaitingParent, Because::FeedsProgram, Because::Copy, Because::Feeds];
    for goal in [Goal::End, Goal::GoOn] {
        (search.goal, search.questions) = (goal, questions);
        for limit in limits {
            let surest = all.partition_point(|close| close.because <= limit);
            if let Some(closes) = search.smallest(&all[..surest]) {
                let is_one_of_several = search.has_another(&all, &closes);
                return Some(Cure { closes, is_one_of_several });
            }
        }
    }
    None
}

/// What a cure has to bring about for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goal {
    /// See [`ending`](crate::ending).
    End,
    /// See [`fixpoint`](crate::fixpoint).
    GoOn,
}

/// Asks what would be if, as often as there is time for.
struct Search<'a> {
    graph: &'a Graph<'a>,
    questions: usize,
    goal: Goal,
}

impl Search<'_> {
    fn frees(&mut self, closes: &[Close]) -> bool {
        if self.questions == 0 {
            return false;
        }
        let closed: Closed = closes.iter().map(|close| (close.pipe, close.end)).collect();
        match self.goal {
            Goal::End => {
                let (all_end, rounds) = all_end(self.graph, &closed);
                self.questions = self.questions.saturating_sub(rounds);
                all_end
            }
            Goal::GoOn => {
                self.questions -= 1;
                !self.graph.live(&closed).contains(&false)
            }
        }
    }

    fn smallest(&mut self, all: &[Close]) -> Option<Vec<Close>> {
        if all.is_empty() || !self.frees(all) {
            return None;
        }
        if let Some(one) = all.iter().find(|&&one| self.frees(&[one])) {
            return Some(vec![*one]);
        }
        let few = &all[..all.len().min(PAIRS_OF)];
        for (at, &one) in few.iter().enumerate() {
            let mut rest = few[at + 1..].iter();
            if let Some(&other) = rest.find(|&&other| self.frees(&[one, other])) {
                return Some(vec![one, other]);
            }
        }
        let few = &all[..all.len().min(TRIPLES_OF)];
        for (at, &one) in few.iter().enumerate() {
            for (further, &two) in few.iter().enumerate().skip(at + 1) {
                let mut rest = few[further + 1..].iter();
                if let Some(&three) = rest.find(|&&three| self.frees(&[one, two, three])) {
                    return Some(vec![one, two, three]);
                }
            }
        }
        Some(self.thinned(all))
    }

    /// Leaves out what can be left out, the least sure first: none of what remains can be, as far
    /// as there was time to ask.
    fn thinned(&mut self, all: &[Close]) -> Vec<Close> {
        let mut kept = all.to_vec();
        for at in (0..kept.len()).rev() {
            let one = kept.remove(at);
            if !self.frees(&kept) {
                kept.insert(at, one);
            }
        }
        kept
    }

    fn has_another(&mut self, all: &[Close], closes: &[Close]) -> bool {
        match closes {
            [only] => all.iter().any(|other| other != only && self.frees(&[*other])),
            // Larger sets are not compared: "close these" is what helps.
            _ => false,
        }
    }
}

fn candidates(graph: &Graph) -> Vec<Close> {
    let scene = graph.scene;
    let mut found = Vec::new();
    let mut reach = Reach { graph, known: HashMap::new() };
    for (pipe, ends) in scene.pipes.iter().map(|pipe| &pipe.ends).enumerate() {
        for end in ends {
            let waiters = graph.waiters(pipe, end.direction);
            // A thread of the same process tells the most.
            let is_own = |&&waits: &&ThreadId| scene.threads[waits].process == end.process;
            let own = waiters.iter().find(is_own).into_iter();
            let asked = own.chain(waiters.iter().take(WAITERS_MAX));
            let closes = asked.filter_map(|&waits| {
                let because = forgotten(&mut reach, waits, pipe, end)?;
                Some(Close { pipe, end: *end, because, waits })
            });
            found.extend(closes.min_by_key(|close| close.because));
        }
    }
    found
}

fn forgotten(reach: &mut Reach, waits: ThreadId, pipe: PipeId, end: &End) -> Option<Because> {
    let graph = reach.graph;
    let scene = graph.scene;
    let (waiting, holder) = (scene.threads[waits].process, end.process);
    if holder == waiting {
        // Opened for both ways, it cannot be closed for one of them.
        let is_the_same =
            scene.threads[waits].pipes().any(|(on, _, fd)| on == pipe && fd == end.fd);
        // Who joins the writer may be about to read when that has ended.
        let is_joined = end.direction == Direction::Read && is_joined(graph, waits);
        return (!is_the_same && !is_joined).then_some(Because::Own);
    }
    if survived_exec(scene, pipe, end) {
        return Some(Because::SurvivedExec);
    }
    let is_awaited = waits_for(graph, holder, waiting);
    if end.direction == Direction::Read {
        // Who has started the writer may have been its reader, unless another was: one that has
        // ended.
        let is_starter = is_above(scene, holder, waiting);
        return match is_awaited || is_starter {
            true => (scene.processes[holder].zombies > 0).then_some(Because::WaitingParent),
            false => copied(reach, pipe, waiting, end),
        };
    }
    if is_awaited {
        return Some(Because::WaitingParent);
    }
    let is_fed = scene.threads[waits].pipes().any(|(fed, _, fd)| fed == pipe && fd == 0);
    if is_fed && scene.processes[waiting].has_execed && is_above(scene, holder, waiting) {
        return Some(Because::FeedsProgram);
    }
    copied(reach, pipe, waiting, end)
}

/// Whether another thread of its process waits for the end of this one.
fn is_joined(graph: &Graph, thread: ThreadId) -> bool {
    let threads = &graph.scene.threads;
    let siblings = graph.threads_of(threads[thread].process);
    siblings.iter().any(|&id| threads[id].wait == Wait::Join(thread))
}

/// An end of a FIFO may have been opened by whoever has it; that it came from another is known only
/// where another has it too, under the same number. Of an orphan, its starter may have had it, who
/// is gone.
fn may_be_inherited(scene: &Scene, pipe: PipeId, end: &End) -> bool {
    let is_it = |other: &&End| (other.fd, other.direction) == (end.fd, end.direction);
    let mut others = scene.pipes[pipe].ends.iter().filter(is_it);
    let is_orphan = end.process != 0 && scene.processes[end.process].parent.is_none();
    scene.pipes[pipe].path.is_none()
        || is_orphan
        || others.any(|other| other.process != end.process)
}

/// It is above standard error in a program that was started by exec, and the pipe is older than
/// that: somebody beside it knows the pipe too.
#[must_use]
pub fn survived_exec(scene: &Scene, pipe: PipeId, end: &End) -> bool {
    let process = &scene.processes[end.process];
    let is_leftover = process.has_execed && end.fd > 2 && !end.is_close_on_exec;
    let is_known_beside = || {
        let mut others = scene.pipes[pipe].ends.iter().map(|other| other.process);
        others.any(|other| other != end.process && !is_above(scene, end.process, other))
    };
    is_leftover
        && process.parent.is_some()
        && may_be_inherited(scene, pipe, end)
        && is_known_beside()
}

/// Whether one process waits for the end of another, or of one above that.
#[must_use]
pub fn waits_for(graph: &Graph, waiter: ProcessId, awaited: ProcessId) -> bool {
    let scene = graph.scene;
    let is_or_above = |one: ProcessId| one == awaited || is_above(scene, one, awaited);
    graph.threads_of(waiter).iter().any(|&id| match scene.threads[id].wait {
        Wait::Child(Some(child)) => is_or_above(child),
        Wait::Child(None) | Wait::Vfork => is_above(scene, waiter, awaited),
        _ => false,
    })
}

/// Whether one process has started another, or one above that.
#[must_use]
pub fn is_above(scene: &Scene, above: ProcessId, below: ProcessId) -> bool {
    let mut at = below;
    while let Some(parent) = scene.processes[at].parent {
        if parent == above {
            return true;
        }
        at = parent;
    }
    false
}

/// Not what a program was given as a standard stream, and not an end over which the two wait for
/// each other: there each has work for the other, and nothing was forgotten. What goes from a
/// process to one above it is an answer, unless whoever was to give it has ended.
fn copied(reach: &mut Reach, pipe: PipeId, waiting: ProcessId, end: &End) -> Option<Because> {
    let scene = reach.graph.scene;
    let holder = end.process;
    let is_given = scene.processes[holder].has_execed && end.fd <= 2;
    let is_answer = is_above(scene, waiting, holder) && scene.processes[waiting].zombies == 0;
    let is_above = is_above(scene, holder, waiting);
    let is_stray = !is_above && is_stray(reach.graph, pipe, end);
    let is_inherited = may_be_inherited(scene, pipe, end);
    if !is_inherited || is_given || is_answer || (!is_stray && reach.leads_to(holder, waiting)) {
        return None;
    }
    Some(if is_above { Because::Feeds } else { Because::Copy })
}

/// A write end whose process has a read end of the same pipe as well, and waits at neither: who was
/// to write there would have closed the one that it has no use for.
fn is_stray(graph: &Graph, pipe: PipeId, end: &End) -> bool {
    let scene = graph.scene;
    let mut others = scene.pipes[pipe].ends(Direction::Read);
    let has_both = others.any(|other| other.process == end.process && other.fd != end.fd);
    let waits_there = |&id: &ThreadId| scene.threads[id].pipes().any(|(on, ..)| on == pipe);
    end.direction == Direction::Write
        && has_both
        && !graph.threads_of(end.process).iter().any(waits_there)
}

/// For whom each process waits over pipes, from holder to holder.
struct Reach<'a> {
    graph: &'a Graph<'a>,
    known: HashMap<ProcessId, Vec<bool>>,
}

impl Reach<'_> {
    fn leads_to(&mut self, from: ProcessId, to: ProcessId) -> bool {
        let graph = self.graph;
        self.known.entry(from).or_insert_with(|| reached(graph, from))[to]
    }
}

fn reached(graph: &Graph, from: ProcessId) -> Vec<bool> {
    let scene = graph.scene;
    let mut reached = vec![false; scene.processes.len()];
    let mut asked = HashSet::new();
    let mut next = vec![from];
    while let Some(process) = next.pop() {
        for &id in graph.threads_of(process) {
            for (pipe, direction, _) in scene.threads[id].pipes() {
                if !asked.insert((pipe, direction)) {
                    continue;
                }
                for end in scene.pipes[pipe].ends(direction.opposite()) {
                    if !std::mem::replace(&mut reached[end.process], true) {
                        next.push(end.process);
                    }
                }
            }
        }
    }
    reached
}
