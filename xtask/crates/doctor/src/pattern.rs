//! Which kind of hang it is, and what helps where closing does not.

mod rest;

use std::collections::{HashMap, HashSet};

use crate::calls::Direction;
use crate::cure::{Close, Cure, cure, is_above, waits_for};
use crate::fixpoint::Graph;
use crate::kind::Kind;
use crate::scene::{PipeId, ProcessId, ThreadId, Wait};
use crate::words::gerund;

/// So many waits of one process for another are compared with each other.
const EDGES_MAX: usize = 2000;

/// A longer circle is not told.
const CIRCLE_MAX: usize = 12;

/// What was found out about a tree in which all threads are stuck.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub kind: Kind,
    pub cure: Option<Cure>,
    /// In whole sentences.
    pub advice: Option<String>,
}

/// Finds the kind of a hang.
#[must_use]
pub fn find(graph: &Graph) -> Finding {
    let eye = Eye { graph, roles: graph.scene.roles() };
    if let Some(cure) = cure(graph) {
        let first: &Close = &cure.closes[0];
        let kind = match first.end.direction {
            Direction::Write => Kind::LeakedWriteEnd,
            Direction::Read => Kind::LeakedReadEnd,
        };
        let advice = crate::fix::advice(graph.scene, &eye.roles, &cure);
        return Finding { kind, cure: Some(cure), advice };
    }
    let patterns =
        [Eye::opens, Eye::waits_before_reading, Eye::both_full, Eye::other_full, Eye::each_waits];
    let rest = [Eye::both_ways, Eye::unread, Eye::locks, Eye::joins, Eye::signals, Eye::alone];
    let first = [Eye::for_nothing, Eye::edge];
    let all = first.iter().chain(&patterns).chain(&rest);
    let found = all.copied().find_map(|pattern| pattern(&eye));
    let (kind, advice) = found.unwrap_or((
        Kind::Circle,
        "Each of them waits for another of them: one has to do its part without waiting."
            .to_owned(),
    ));
    Finding { kind, cure: None, advice: Some(advice) }
}

/// What is looked for; each pattern is one way in which processes can wait for each other.
struct Eye<'a> {
    graph: &'a Graph<'a>,
    roles: Vec<String>,
}

type Found = Option<(Kind, String)>;

/// A thread that waits on a pipe, and a process that has the other end.
struct Edge {
    from: ProcessId,
    pipe: PipeId,
    direction: Direction,
    to: ProcessId,
}

impl Eye<'_> {
    fn role(&self, process: ProcessId) -> &str {
        &self.roles[process]
    }

    fn pipe(&self, pipe: PipeId) -> String {
        self.graph.scene.pipe_name(pipe)
    }

    /// A process speaks for what it has started.
    fn is_or_above(&self, above: ProcessId, below: ProcessId) -> bool {
        above == below || is_above(self.graph.scene, above, below)
    }

    fn edges(&self) -> Vec<Edge> {
        let scene = self.graph.scene;
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        for thread in &scene.threads {
            for (pipe, direction, _) in thread.pipes() {
                let from = thread.process;
                for end in scene.pipes[pipe].ends(direction.opposite()) {
                    let to = end.process;
                    if from != to && seen.insert((from, pipe, direction, to)) {
                        found.push(Edge { from, pipe, direction, to });
                    }
                }
                if found.len() > EDGES_MAX {
                    return found;
                }
            }
        }
        found
    }

    /// The edges of one direction.
    fn waiting(&self, direction: Direction) -> Vec<Edge> {
        let mut edges = self.edges();
        edges.retain(|edge| edge.direction == direction);
        edges
    }

    fn opens(&self) -> Found {
        let scene = self.graph.scene;
        let all: Vec<(ThreadId, PipeId, Direction)> = scene
            .threads
            .iter()
            .enumerate()
            .filter_map(|(id, thread)| match thread.wait {
                Wait::Open { pipe, direction } => Some((id, pipe, direction)),
                _ => None,
            })
            .collect();
        let (first, fifo, way) = *all.first()?;
        let process = |id: ThreadId| scene.threads[id].process;
        let crossing = all
            .iter()
            .find(|&&(id, pipe, _)| pipe != fifo && process(id) != process(first))
            .copied();
        let opposite = gerund(way.opposite());
        if let Some((other, second, _)) = crossing {
            let advice = format!(
                "Opening a FIFO waits until somebody opens its other end. Both have to open them \
                 in the same order: let {} open {} for {opposite} before it opens {}.",
                self.role(process(other)),
                self.pipe(fifo),
                self.pipe(second),
            );
            return Some((Kind::FifoOrder, advice));
        }
        let advice = format!(
            "Nobody opens {} for {opposite}. Start who does, or open it with O_NONBLOCK{}.",
            self.pipe(fifo),
            match way {
                Direction::Read => ": for reading that never waits",
                Direction::Write => ", which fails with ENXIO where nobody reads",
            }
        );
        Some((Kind::FifoNoPeer, advice))
    }

    /// For the end of the writer, or of one that waits for it in turn.
    fn waits_before_reading(&self) -> Found {
        let scene = self.graph.scene;
        let full = self.waiting(Direction::Write);
        let waits_for_children = |process: ProcessId| {
            let mut threads = self.graph.threads_of(process).iter();
            threads.any(|&id| matches!(scene.threads[id].wait, Wait::Child(_)))
        };
        let edge = full
            .iter()
            .find(|edge| waits_for(self.graph, edge.to, edge.from))
            .or_else(|| full.iter().find(|edge| waits_for_children(edge.to)))?;
        let (writer, reader) = (self.role(edge.from), self.role(edge.to));
        let advice = format!(
            "{reader} has to read {pipe} until end-of-file first, and to wait then: {writer} \
             cannot end before all that it writes has found room. (If another was to read \
             {pipe}, {reader} should have closed its read end.)",
            pipe = self.pipe(edge.pipe),
        );
        Some((Kind::WaitBeforeRead, advice))
    }

    fn both_full(&self) -> Found {
        let full = self.waiting(Direction::Write);
        let (one, other) = full.iter().find_map(|one| {
            let is_answer = |other: &&Edge| other.from == one.to && other.to == one.from;
            full.iter().find(is_answer).map(|other| (one, other))
        })?;
        let first = self.role(one.from);
        let advice = format!(
            "Both pipes are full, and closing does not help: each writes before it reads. Let \
             {first} read {} while it writes {} (poll(2) with O_NONBLOCK, or a thread for each \
             direction).",
            self.pipe(other.pipe),
            self.pipe(one.pipe),
        );
        Some((Kind::BothFull, advice))
    }

    fn other_full(&self) -> Found {
        let (full, empty) = (self.waiting(Direction::Write), self.waiting(Direction::Read));
        let (one, other) = full.iter().find_map(|one| {
            let is_other =
                |other: &&Edge| other.from == one.to && self.is_or_above(other.to, one.from);
            empty.iter().find(is_other).map(|other| (one, other))
        })?;
        let (writer, reader) = (self.role(one.from), self.role(other.from));
        let advice = format!(
            "{reader} waits for bytes of {}, and {writer} cannot send them before {full} has room. \
             {reader} has to read both while they fill: with poll(2), or with a thread for each. \
             (If another was to read {full}, {reader} should have closed its read end.)",
            self.pipe(other.pipe),
            full = self.pipe(one.pipe),
        );
        Some((Kind::OtherPipeFull, advice))
    }

    fn each_waits(&self) -> Found {
        let empty = self.waiting(Direction::Read);
        let circle = circle(&empty)?;
        let all: Vec<String> = circle
            .iter()
            .map(|&at| {
                let edge = &empty[at];
                let (from, to) = (self.role(edge.from), self.role(edge.to));
                format!("{from} waits for {to} to write {}", self.pipe(edge.pipe))
            })
            .collect();
        let advice = format!(
            "{}. One of them has to write before it reads; or, where one has written all that it \
             was to write, it has to close its write end, so that the next sees end-of-file.",
            all.join(", ")
        );
        Some((Kind::EachWaitsForTheOther, advice))
    }

    fn both_ways(&self) -> Found {
        let scene = self.graph.scene;
        let (thread, pipe, fd) = scene.threads.iter().find_map(|thread| {
            let is_both = |&(pipe, direction, fd): &(PipeId, Direction, i32)| {
                let mut others = scene.pipes[pipe].ends(direction.opposite());
                others.any(|end| (end.process, end.fd) == (thread.process, fd))
            };
            thread.pipes().find(is_both).map(|(pipe, _, fd)| (thread, pipe, fd))
        })?;
        let advice = format!(
            "{} has {} open for reading and writing at once (fd {fd}): who reads it so is one of \
             its writers, and end-of-file never comes. Open it for one way only.",
            self.role(thread.process),
            self.pipe(pipe),
        );
        Some((Kind::FifoBothWays, advice))
    }

    fn unread(&self) -> Found {
        let full = self.waiting(Direction::Write);
        let edge = full.first()?;
        let advice = format!(
            "{} cannot go on before {} reads {}, which is full: it has to read while it waits for \
             the others, or before it does.",
            self.role(edge.from),
            self.role(edge.to),
            self.pipe(edge.pipe),
        );
        Some((Kind::NobodyReads, advice))
    }
}

/// Edges of which each begins where the one before it leads to, and the first where the last does.
fn circle(edges: &[Edge]) -> Option<Vec<usize>> {
    let mut begins: HashMap<ProcessId, usize> = HashMap::new();
    for (at, edge) in edges.iter().enumerate() {
        begins.entry(edge.from).or_insert(at);
    }
    for (start, edge) in edges.iter().enumerate() {
        let mut path = vec![start];
        let mut at = edge.to;
        while path.len() <= CIRCLE_MAX {
            if at == edge.from {
                return Some(path);
            }
            let Some(&next) = begins.get(&at) else { break };
            path.push(next);
            at = edges[next].to;
        }
    }
    None
}
