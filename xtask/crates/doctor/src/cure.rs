//! Which descriptor should have been closed.
//!
//! A counterfactual: the smallest set of ends which, if they were closed, would let everybody go
//! on. Not every end may be in it. Closing the only write end of a process that was to answer would
//! end the wait as well, and would be wrong; so an end is a candidate only if something says that
//! it was forgotten, and [`Because`] is what.

use crate::calls::Direction;
use crate::fixpoint::{Closed, Graph};
use crate::scene::{End, PipeId, ProcessId, Scene, ThreadId, Wait};

/// So many candidates are tried in sets of two, and of three.
const PAIRS_OF: usize = 48;
const TRIPLES_OF: usize = 20;
/// So many are tried at all.
const CANDIDATES_MAX: usize = 512;

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
    all.dedup_by_key(|close| (close.pipe, close.end));
    let mut seen = Closed::new();
    all.retain(|close| seen.insert((close.pipe, close.end)));
    all.truncate(CANDIDATES_MAX);
    // A sure one first, however many of them it takes.
    let limits = [Because::WaitingParent, Because::FeedsProgram, Because::Copy, Because::Feeds];
    for limit in limits {
        let surest = all.partition_point(|close| close.because <= limit);
        if let Some(closes) = smallest(graph, &all[..surest]) {
            let is_one_of_several = has_another(graph, &all, &closes);
            return Some(Cure { closes, is_one_of_several });
        }
    }
    None
}

fn frees(graph: &Graph, closes: &[Close]) -> bool {
    let closed: Closed = closes.iter().map(|close| (close.pipe, close.end)).collect();
    !graph.live(&closed).contains(&false)
}

fn smallest(graph: &Graph, all: &[Close]) -> Option<Vec<Close>> {
    if all.is_empty() || !frees(graph, all) {
        return None;
    }
    if let Some(one) = all.iter().find(|&&one| frees(graph, &[one])) {
        return Some(vec![*one]);
    }
    let few = &all[..all.len().min(PAIRS_OF)];
    for (at, &one) in few.iter().enumerate() {
        if let Some(&other) = few[at + 1..].iter().find(|&&other| frees(graph, &[one, other])) {
            return Some(vec![one, other]);
        }
    }
    let few = &all[..all.len().min(TRIPLES_OF)];
    for (at, &one) in few.iter().enumerate() {
        for (further, &two) in few.iter().enumerate().skip(at + 1) {
            let mut rest = few[further + 1..].iter();
            if let Some(&three) = rest.find(|&&three| frees(graph, &[one, two, three])) {
                return Some(vec![one, two, three]);
            }
        }
    }
    Some(thinned(graph, all))
}

/// Leaves out what can be left out, the least sure first: none of what remains can be.
fn thinned(graph: &Graph, all: &[Close]) -> Vec<Close> {
    let mut kept = all.to_vec();
    for at in (0..kept.len()).rev() {
        let one = kept.remove(at);
        if !frees(graph, &kept) {
            kept.insert(at, one);
        }
    }
    kept
}

fn has_another(graph: &Graph, all: &[Close], closes: &[Close]) -> bool {
    let [first, rest @ ..] = closes else { return false };
    match rest {
        [] => all.iter().any(|other| other != first && frees(graph, &[*other])),
        // Larger sets are not compared: "close these" is what helps.
        _ => false,
    }
}

fn candidates(graph: &Graph) -> Vec<Close> {
    let scene = graph.scene;
    let mut found = Vec::new();
    for (waits, thread) in scene.threads.iter().enumerate() {
        for (pipe, direction, _) in thread.pipes() {
            for end in scene.pipes[pipe].ends(direction.opposite()) {
                let because = forgotten(graph, waits, pipe, end);
                found.extend(because.map(|because| Close { pipe, end: *end, because, waits }));
            }
        }
    }
    found
}

fn forgotten(graph: &Graph, waits: ThreadId, pipe: PipeId, end: &End) -> Option<Because> {
    let scene = graph.scene;
    let (waiting, holder) = (scene.threads[waits].process, end.process);
    if holder == waiting {
        // Opened for both ways, it cannot be closed for one of them.
        let is_the_same =
            scene.threads[waits].pipes().any(|(on, _, fd)| on == pipe && fd == end.fd);
        return (!is_the_same).then_some(Because::Own);
    }
    if survived_exec(scene, pipe, end) {
        return Some(Because::SurvivedExec);
    }
    let is_awaited = waits_for(graph, holder, waiting);
    if end.direction == Direction::Read {
        // Who waits for a writer before it reads has to read, unless another was the reader: one
        // that has ended.
        return match is_awaited {
            true if scene.processes[holder].zombies > 0 => Some(Because::WaitingParent),
            true => None,
            false => copied(graph, holder, waiting, end).filter(|&why| why == Because::Copy),
        };
    }
    if is_awaited {
        return Some(Because::WaitingParent);
    }
    let is_fed = scene.threads[waits].pipes().any(|(fed, _, fd)| fed == pipe && fd == 0);
    if is_fed && scene.processes[waiting].has_execed && is_above(scene, holder, waiting) {
        return Some(Because::FeedsProgram);
    }
    copied(graph, holder, waiting, end)
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
    is_leftover && process.parent.is_some() && is_known_beside()
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
fn copied(graph: &Graph, holder: ProcessId, waiting: ProcessId, end: &End) -> Option<Because> {
    let scene = graph.scene;
    let is_given = scene.processes[holder].has_execed && end.fd <= 2;
    let is_answer = is_above(scene, waiting, holder) && scene.processes[waiting].zombies == 0;
    if is_given || is_answer || leads_to(graph, holder, waiting) {
        return None;
    }
    Some(if is_above(scene, holder, waiting) { Because::Feeds } else { Because::Copy })
}

/// Whether one process waits over pipes, from holder to holder, for another.
fn leads_to(graph: &Graph, from: ProcessId, to: ProcessId) -> bool {
    let scene = graph.scene;
    let mut seen = vec![false; scene.processes.len()];
    let mut next = vec![from];
    while let Some(process) = next.pop() {
        for &id in graph.threads_of(process) {
            for (pipe, direction, _) in scene.threads[id].pipes() {
                for end in scene.pipes[pipe].ends(direction.opposite()) {
                    // Its own end keeps it waiting for itself, not for another.
                    if end.process == to {
                        return true;
                    }
                    if !std::mem::replace(&mut seen[end.process], true) {
                        next.push(end.process);
                    }
                }
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::Stage;

    type Cured = (Vec<(ProcessId, i32)>, Vec<Because>, bool);

    fn cured(stage: &Stage) -> Option<Cured> {
        let graph = Graph::new(&stage.scene);
        assert!(graph.all_stuck());
        cure(&graph).map(|found| {
            let ends = found.closes.iter().map(|close| (close.end.process, close.end.fd));
            let because = found.closes.iter().map(|close| close.because);
            (ends.collect(), because.collect(), found.is_one_of_several)
        })
    }

    fn parent_and_child(call: Wait) -> (Stage, ProcessId, ProcessId) {
        let mut stage = Stage::default();
        let parent = stage.process(None, "sh");
        let child = stage.process(Some(parent), "wc");
        stage.thread(parent, "wait4", call);
        (stage, parent, child)
    }

    #[test]
    fn the_readers_own_write_end_comes_first() {
        let (mut stage, _, child) = parent_and_child(Wait::Child(None));
        let pipe = stage.pipe();
        stage.waits_to_read(pipe, child, 3);
        stage.writes(pipe, child, 4);
        assert_eq!(cured(&stage), Some((vec![(child, 4)], vec![Because::Own], false)));
    }

    #[test]
    fn both_copies_have_to_go() {
        let (mut stage, parent, child) = parent_and_child(Wait::Child(Some(1)));
        let pipe = stage.pipe();
        stage.waits_to_read(pipe, child, 3);
        stage.writes(pipe, parent, 4);
        stage.writes(pipe, child, 4);
        let (ends, because, _) = cured(&stage).expect("a cure");
        assert_eq!(ends, [(child, 4), (parent, 4)]);
        assert_eq!(because, [Because::Own, Because::WaitingParent]);
    }

    #[test]
    fn what_survived_exec_is_named_and_not_a_standard_stream() {
        let (mut stage, parent, child) = parent_and_child(Wait::Child(None));
        let other = stage.program(parent, "cat");
        let (pipe, silent) = (stage.pipe(), stage.pipe());
        stage.waits_to_read(pipe, child, 0);
        stage.writes(pipe, other, 7);
        stage.waits_to_read(silent, other, 0);
        stage.writes(silent, child, 1);
        let (ends, because, _) = cured(&stage).expect("a cure");
        assert_eq!((ends, because), (vec![(other, 7)], vec![Because::SurvivedExec]));
        // As its standard output it is where its answer is to go.
        stage.scene.pipes[pipe].ends[1].fd = 1;
        assert_eq!(cured(&stage), None);
        // Opened after exec it did not survive one.
        stage.scene.pipes[pipe].ends[1].fd = 7;
        stage.scene.pipes[pipe].ends[1].is_close_on_exec = true;
        assert_eq!(cured(&stage), None);
    }

    #[test]
    fn a_siblings_copy_is_one_of_two_cures() {
        // The parent waits for the first worker, which waits for end-of-file: the second, which
        // waits for the parent, has kept the write end.
        let (mut stage, parent, first) = parent_and_child(Wait::Child(Some(1)));
        let second = stage.process(Some(parent), "worker");
        let (to_first, to_second) = (stage.pipe(), stage.pipe());
        stage.waits_to_read(to_first, first, 3);
        stage.writes(to_first, second, 4);
        stage.waits_to_read(to_second, second, 5);
        stage.writes(to_second, parent, 6);
        assert_eq!(cured(&stage), Some((vec![(second, 4)], vec![Because::Copy], true)));
    }

    #[test]
    fn of_three_workers_the_later_ones_have_kept_what_the_first_waits_for() {
        let (mut stage, parent, first) = parent_and_child(Wait::Child(Some(1)));
        let workers =
            [first, stage.process(Some(parent), "worker"), stage.process(Some(parent), "worker")];
        for (at, &worker) in workers.iter().enumerate() {
            let pipe = stage.pipe();
            stage.waits_to_read(pipe, worker, 3);
            let fd = 4 + i32::try_from(at).expect("a small number");
            for &later in &workers[at + 1..] {
                stage.writes(pipe, later, fd);
            }
            if at > 0 {
                stage.writes(pipe, parent, fd);
            }
        }
        let (ends, because, _) = cured(&stage).expect("a cure");
        assert_eq!(ends, [(workers[1], 4), (workers[2], 4)]);
        assert_eq!(because, [Because::Copy, Because::Copy]);
    }

    #[test]
    fn an_answer_is_not_forgotten_unless_its_writer_has_ended() {
        // The parent reads standard output, a grandchild fills standard error.
        let mut stage = Stage::default();
        let parent = stage.process(None, "python3");
        let shell = stage.program(parent, "sh");
        let seq = stage.program(shell, "seq");
        let (out, err) = (stage.pipe(), stage.pipe());
        stage.waits_to_read(out, parent, 3);
        stage.reads(err, parent, 5);
        stage.writes(out, shell, 10);
        stage.scene.pipes[out].ends[1].is_close_on_exec = true;
        stage.thread(shell, "wait4", Wait::Child(None));
        stage.waits_to_write(err, seq, 1);
        assert_eq!(cured(&stage), None);
        stage.scene.processes[parent].zombies = 1;
        assert_eq!(cured(&stage), Some((vec![(shell, 10)], vec![Because::Copy], false)));
    }

    #[test]
    fn two_that_wait_for_each_other_have_forgotten_nothing() {
        let mut stage = Stage::default();
        let one = stage.process(None, "one");
        let other = stage.process(Some(one), "other");
        let (to, back) = (stage.pipe(), stage.pipe());
        stage.writes(to, one, 4);
        stage.waits_to_read(back, one, 5);
        stage.writes(back, other, 1);
        stage.waits_to_read(to, other, 3);
        assert_eq!(cured(&stage), None);
        // A program that reads its standard input is another matter: it may wait for its end.
        stage.scene.processes[other].has_execed = true;
        stage.scene.threads[1].wait = Wait::Any(vec![crate::scene::Want::Pipe {
            pipe: to,
            direction: Direction::Read,
            fd: 0,
        }]);
        assert_eq!(cured(&stage), Some((vec![(one, 4)], vec![Because::FeedsProgram], false)));
    }

    #[test]
    fn who_waits_before_it_reads_must_not_close_unless_the_reader_has_gone() {
        let (mut stage, parent, child) = parent_and_child(Wait::Child(None));
        let pipe = stage.pipe();
        stage.waits_to_write(pipe, child, 1);
        stage.reads(pipe, parent, 3);
        assert_eq!(cured(&stage), None);
        stage.scene.processes[parent].zombies = 1;
        assert_eq!(cured(&stage), Some((vec![(parent, 3)], vec![Because::WaitingParent], false)));
        stage.scene.processes[parent].zombies = 0;
        stage.scene.pipes[pipe].ends[1].process = child;
        assert_eq!(cured(&stage), Some((vec![(child, 3)], vec![Because::Own], false)));
    }

    #[test]
    fn many_leaks_are_all_named() {
        let (mut stage, _, _) = parent_and_child(Wait::Child(None));
        stage.scene.threads[0].wait = Wait::Child(Some(1));
        for worker in 1..=6 {
            if worker > 1 {
                stage.process(Some(worker - 1), "wc");
            }
            let pipe = stage.pipe();
            stage.waits_to_read(pipe, worker, 3);
            stage.writes(pipe, worker, 4);
        }
        let (ends, ..) = cured(&stage).expect("a cure");
        assert_eq!(ends, (1..=6).map(|worker| (worker, 4)).collect::<Vec<_>>());
    }
}
