//! What should have been closed, in scenes made by hand.

use crate::calls::Direction;
use crate::cure::{Because, cure};
use crate::fixpoint::Graph;
use crate::scene::{ProcessId, Wait, Want};
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
    // Somebody has: that may have been who was to read the one, or to write the other.
    let (ends, because, is_one_of_several) = cured(&stage).expect("a cure");
    assert_eq!((ends, because), (vec![(parent, 5)], vec![Because::WaitingParent]));
    assert!(is_one_of_several);
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
    stage.scene.threads[1].wait =
        Wait::Any(vec![Want::Pipe { pipe: to, direction: Direction::Read, fd: 0 }]);
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

/// Three stages of which nobody has closed anything: `echo | cat | wc` after echo has ended.
#[test]
fn whoever_is_freed_must_not_hang_again() {
    let (mut stage, parent, cat) = parent_and_child(Wait::Child(None));
    stage.scene.processes[cat].has_execed = true;
    let wc = stage.program(parent, "wc");
    let (first, second) = (stage.pipe(), stage.pipe());
    stage.waits_to_read(first, cat, 0);
    stage.writes(first, cat, 4);
    stage.writes(first, wc, 4);
    stage.waits_to_read(second, wc, 0);
    stage.writes(second, cat, 1);
    stage.writes(second, cat, 6);
    stage.writes(second, wc, 6);
    // With the first two closed, cat would go on, and wc wait for itself.
    let (mut ends, ..) = cured(&stage).expect("a cure");
    ends.sort_unstable();
    assert_eq!(ends, [(cat, 4), (wc, 4), (wc, 6)]);
}

#[test]
fn a_loop_over_two_pipes_has_to_see_the_end_of_both() {
    let mut stage = Stage::default();
    let one = stage.process(None, "select");
    let (a, b) = (stage.pipe(), stage.pipe());
    for (pipe, reader) in [(a, 3), (b, 5)] {
        stage.reads(pipe, one, reader);
        stage.writes(pipe, one, reader + 1);
    }
    let want = |pipe, fd| Want::Pipe { pipe, direction: Direction::Read, fd };
    stage.thread(one, "pselect6", Wait::Any(vec![want(a, 3), want(b, 5)]));
    let (ends, _, is_one_of_several) = cured(&stage).expect("a cure");
    assert_eq!((ends, is_one_of_several), (vec![(one, 4), (one, 6)], false));
}

/// `tee a b` has opened a itself; that b has no reader is not a question of closing.
#[test]
fn an_end_of_a_fifo_that_only_one_has_was_not_inherited() {
    let (mut stage, parent, tee) = parent_and_child(Wait::Child(None));
    stage.scene.processes[tee].has_execed = true;
    let cat = stage.program(parent, "cat");
    let (a, b) = (stage.fifo("a"), stage.fifo("b"));
    stage.writes(a, tee, 3);
    stage.waits_to_read(a, cat, 3);
    stage.open(tee, b, Direction::Write);
    assert_eq!(cured(&stage), None);
    // Its parent has it under the same number: there it came from.
    stage.writes(a, parent, 3);
    assert!(cured(&stage).is_some());
    stage.scene.pipes[a].ends.pop();
    // An orphan may have it from a starter that has ended.
    stage.scene.processes[tee].parent = None;
    assert!(cured(&stage).is_some());
}
