//! Each kind of hang that closing does not end, as a scene.

use crate::calls::Direction;
use crate::fixpoint::Graph;
use crate::kind::Kind;
use crate::pattern::{Finding, find};
use crate::scene::{ProcessId, Wait, Want};
use crate::stage::Stage;

fn found(stage: &Stage) -> Finding {
    let graph = Graph::new(&stage.scene);
    assert!(graph.all_stuck());
    find(&graph)
}

#[track_caller]
fn is_advised(stage: &Stage, kind: Kind, words: &str) {
    let found = found(stage);
    assert_eq!((found.kind, found.cure), (kind, None));
    let advice = found.advice.expect("advice");
    assert!(advice.contains(words), "{advice}");
}

fn two() -> (Stage, ProcessId, ProcessId) {
    let mut stage = Stage::default();
    let parent = stage.process(None, "one");
    let child = stage.process(Some(parent), "two");
    (stage, parent, child)
}

#[test]
fn ids_are_unique() {
    let mut ids: Vec<_> = Kind::ALL.iter().map(|kind| kind.id()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), Kind::ALL.len());
}

#[test]
fn wait_before_read() {
    let (mut stage, parent, child) = two();
    let pipe = stage.pipe();
    stage.thread(parent, "wait4", Wait::Child(Some(child)));
    stage.waits_to_write(pipe, child, 1);
    stage.reads(pipe, parent, 3);
    let words = "parent (one) has to read pipe A until end-of-file first, and to wait then";
    is_advised(&stage, Kind::WaitBeforeRead, words);
    // The same at the end of a pipeline, of which the parent waits for the first stage.
    let last = stage.process(Some(parent), "three");
    let between = stage.pipe();
    stage.scene.threads[1].wait =
        Wait::Any(vec![Want::Pipe { pipe: between, direction: Direction::Write, fd: 1 }]);
    stage.writes(between, child, 1);
    stage.reads(between, last, 0);
    stage.scene.pipes[pipe].ends[0].process = last;
    stage.scene.processes[last].has_execed = true;
    let want = Want::Pipe { pipe, direction: Direction::Write, fd: 1 };
    stage.thread(last, "write", Wait::Any(vec![want]));
    is_advised(&stage, Kind::WaitBeforeRead, words);
}

#[test]
fn both_full() {
    let (mut stage, parent, child) = two();
    let (to, back) = (stage.pipe(), stage.pipe());
    stage.waits_to_write(to, parent, 4);
    stage.reads(back, parent, 5);
    stage.waits_to_write(back, child, 1);
    stage.reads(to, child, 0);
    is_advised(&stage, Kind::BothFull, "Let parent (one) read pipe B while it writes pipe A");
}

#[test]
fn the_other_pipe_is_full() {
    let (mut stage, parent, child) = two();
    let (out, err) = (stage.pipe(), stage.pipe());
    stage.waits_to_read(out, parent, 3);
    stage.reads(err, parent, 4);
    stage.writes(out, child, 1);
    stage.waits_to_write(err, child, 2);
    let words = "parent (one) waits for bytes of pipe A, and child-1 (two) cannot send them before \
                 pipe B has room";
    is_advised(&stage, Kind::OtherPipeFull, words);
    // The same where a process of the child does the writing.
    let below = stage.process(Some(child), "three");
    stage.scene.threads[1].process = below;
    stage.scene.pipes[err].ends[1].process = below;
    stage.thread(child, "wait4", Wait::Child(None));
    let words = "parent (one) waits for bytes of pipe A, and child-1.1 (three) cannot send them";
    is_advised(&stage, Kind::OtherPipeFull, words);
}

#[test]
fn each_waits_for_the_other_also_in_a_circle_of_three() {
    let mut stage = Stage::default();
    let parent = stage.process(None, "a");
    let all = [parent, stage.process(Some(parent), "b"), stage.process(Some(parent), "c")];
    for at in 0..3 {
        let pipe = stage.pipe();
        stage.waits_to_read(pipe, all[at], 3);
        stage.writes(pipe, all[(at + 1) % 3], 4);
    }
    let words = "parent (a) waits for child-1 (b) to write pipe A, child-1 (b) waits for child-2 \
                 (c) to write pipe B, child-2 (c) waits for parent (a) to write pipe C";
    is_advised(&stage, Kind::EachWaitsForTheOther, words);
}

#[test]
fn fifos_in_opposite_order() {
    let (mut stage, parent, child) = two();
    let (a, b) = (stage.fifo("/tmp/x/a"), stage.fifo("/tmp/x/b"));
    stage.open(parent, a, Direction::Write);
    stage.open(child, b, Direction::Write);
    let words = "let child-1 (two) open FIFO A for reading before it opens FIFO B";
    is_advised(&stage, Kind::FifoOrder, words);
    // The same FIFO twice, or one process alone, is another matter.
    stage.scene.threads[1].wait = Wait::Open { pipe: a, direction: Direction::Write };
    is_advised(&stage, Kind::FifoNoPeer, "Nobody opens FIFO A for reading");
}

#[test]
fn threads_that_wait_for_each_other() {
    let (mut stage, parent, child) = two();
    stage.thread(parent, "wait4", Wait::Child(None));
    stage.thread(child, "futex", Wait::Siblings);
    is_advised(&stage, Kind::LockAfterFork, "it has no other thread");
    stage.scene.processes[child].has_execed = true;
    is_advised(&stage, Kind::Lock, "It has the lock itself");
    stage.thread(child, "futex", Wait::Siblings);
    is_advised(&stage, Kind::Lock, "The threads of child-1 (two) wait for each other");
    let mut joins = Stage::default();
    let one = joins.process(None, "one");
    joins.thread(one, "futex", Wait::Join(1));
    let what = "an eventfd".to_owned();
    joins.thread(one, "read", Wait::Any(vec![Want::Anyone { fd: 3, what }]));
    is_advised(&joins, Kind::ThreadJoin, "waits for its own thread");
}

#[test]
fn a_writer_whose_reader_does_something_else() {
    let (mut stage, parent, child) = two();
    let pipe = stage.pipe();
    stage.waits_to_write(pipe, child, 1);
    stage.reads(pipe, parent, 3);
    let what = "an eventfd".to_owned();
    stage.thread(parent, "read", Wait::Any(vec![Want::Anyone { fd: 5, what }]));
    is_advised(&stage, Kind::NobodyReads, "cannot go on before parent (one) reads pipe A");
}

#[test]
fn a_fifo_open_for_both_ways_is_its_own_writer() {
    let mut stage = Stage::default();
    let one = stage.process(None, "cat");
    let fifo = stage.fifo("/tmp/x/a");
    stage.waits_to_read(fifo, one, 0);
    stage.writes(fifo, one, 0);
    is_advised(&stage, Kind::FifoBothWays, "for reading and writing at once (fd 0)");
    // A second descriptor can be closed, and does not help as long as the first is open.
    stage.writes(fifo, one, 4);
    is_advised(&stage, Kind::FifoBothWays, "for reading and writing at once (fd 0)");
}

#[test]
fn a_wait_for_signals_alone() {
    let mut stage = Stage::default();
    let one = stage.process(None, "one");
    stage.thread(one, "pause", Wait::Signal);
    is_advised(&stage, Kind::WaitsForASignal, "a signal that nobody in the tree sends");
}

#[test]
fn a_wait_for_nothing() {
    let mut stage = Stage::default();
    let parent = stage.process(None, "one");
    stage.thread(parent, "pselect6", Wait::Any(Vec::new()));
    is_advised(&stage, Kind::Circle, "the highest descriptor and one more");
    stage.scene.threads[0].call = Some("poll".to_owned());
    is_advised(&stage, Kind::Circle, "parent (one) waits in poll for no descriptor at all");
}

#[test]
fn a_wait_for_oneself() {
    let mut stage = Stage::default();
    let parent = stage.process(None, "one");
    let want = Want::Anyone { fd: 3, what: "an eventfd".to_owned() };
    stage.thread(parent, "read", Wait::Any(vec![want]));
    let words = "nobody but parent (one) who could end its wait for an eventfd";
    is_advised(&stage, Kind::Circle, words);
}

#[test]
fn an_edge_that_is_over() {
    let (mut stage, parent, child) = two();
    let (to, back) = (stage.pipe(), stage.pipe());
    let id = stage.waits_to_read(back, parent, 3);
    stage.writes(back, child, 4);
    stage.waits_to_read(to, child, 5);
    stage.writes(to, parent, 6);
    stage.scene.threads[id].call = Some("epoll_wait".to_owned());
    stage.scene.pipes[back].bytes = Some(4);
    is_advised(&stage, Kind::Circle, "parent (one) has to read pipe B until EAGAIN");
    stage.scene.pipes[back].bytes = Some(0);
    is_advised(&stage, Kind::EachWaitsForTheOther, "to write pipe B");
}
