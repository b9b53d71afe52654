//! What does nothing but sleep is ended long before its deadline, where that is asked for.

use std::thread;
use std::time::Duration;

use launcher::{Limit, Limits};
use nix::sys::signal::Signal;

use crate::case::{Case, Done};
use crate::machine::User;

each_user!(
    who_sleeps,
    who_asks_again_and_again,
    who_waits_for_one_who_sleeps,
    whose_bytes_move,
    who_computes_between,
    whose_processes_come_and_go,
    who_waits_for_somebody_else,
    who_is_stopped,
    on_a_machine_that_is_late,
);

/// Short, for programs that must not be taken for sleeping.
const ASLEEP_MS: u64 = 500;
const WALL_MS: u64 = 1500;

fn asleep(case: Case) -> Case {
    let limits = Limits { asleep: Some(Duration::from_millis(ASLEEP_MS)), ..Limits::default() };
    case.limits(limits)
}

/// Captured and attached, it is ended, and not late; what of it is said.
#[track_caller]
fn was_asleep(case: impl Fn() -> Case) -> Vec<Done> {
    let run = |is_attached| {
        let case = asleep(case()).wall_ms(30_000);
        let done = if is_attached { case.attached() } else { case }.run();
        done.limited(Limit::Asleep);
        assert!((ASLEEP_MS..10_000).contains(&done.report().wall_ms), "{done:?}");
        assert!(!done.report().stuck.is_empty(), "{done:?}");
        let diagnosis = done.report().diagnosis.as_ref().expect("a diagnosis");
        assert_eq!(diagnosis.verdict(), "deadline", "{diagnosis:?}");
        let said = diagnosis.explanation();
        assert!(said.starts_with("it slept for "), "{said}");
        assert!(said.contains("not a deadlock, as far as can be seen"), "{said}");
        done
    };
    [false, true].map(run).into()
}

/// Only its deadline ends it.
#[track_caller]
fn was_not(case: Case) {
    asleep(case).wall_ms(WALL_MS).run().limited(Limit::Wall);
}

fn who_sleeps(user: User) {
    for done in was_asleep(|| Case::misbehave(user, &["sleep", "20000"])) {
        let words = done.report().ended.words();
        assert!(words.ends_with("because it did nothing but sleep"));
        assert!(done.report().stuck[0].words().ends_with("sleeps in clock_nanosleep"), "{done:?}");
    }
    // Without the limit it may.
    Case::misbehave(user, &["sleep", "700"]).wall_ms(30_000).run().exited(0);
    asleep(Case::misbehave(user, &["sleep", "200"])).run().exited(0);
}

fn who_asks_again_and_again(user: User) {
    was_asleep(|| Case::misbehave(user, &["nap", "5", "0"]));
    // Attached, it may be for the output, which somebody may be about to read.
    let polls = Case::misbehave(user, &["poll", "20000"]);
    asleep(polls).wall_ms(30_000).run().limited(Limit::Asleep);
    was_asleep(|| Case::misbehave(user, &["wait-on-condition", "20000"]));
}

fn who_waits_for_one_who_sleeps(user: User) {
    was_asleep(|| Case::shell(user, "sleep 20 | cat"));
}

fn whose_bytes_move(user: User) {
    was_not(Case::misbehave(user, &["nap", "50", "1"]));
}

fn who_computes_between(user: User) {
    was_not(Case::misbehave(user, &["spin"]));
    was_not(Case::misbehave(user, &["nap", "20", "2"]));
}

fn whose_processes_come_and_go(user: User) {
    was_not(Case::shell(user, "while :; do sleep 0.1; done"));
}

fn who_waits_for_somebody_else(user: User) {
    was_not(Case::misbehave(user, &["socket"]));
    for attached in [false, true] {
        let case = asleep(Case::misbehave(user, &["read-line"])).wall_ms(WALL_MS);
        let mut running = if attached { case.attached() } else { case }.start();
        running.stdout.expect("ready");
        let stdin = running.stdin.take();
        running.finish().limited(Limit::Wall);
        drop(stdin);
    }
}

fn who_is_stopped(user: User) {
    was_not(Case::misbehave(user, &["stopped"]));
}

/// It would have been ended at 500 ms, if the launcher had come to its looks in time.
fn on_a_machine_that_is_late(user: User) {
    let running = asleep(Case::misbehave(user, &["sleep", "700"])).start();
    // Not to put things in order: that it comes late is what is tested.
    thread::sleep(Duration::from_millis(350));
    running.signal(Signal::SIGSTOP);
    thread::sleep(Duration::from_millis(200));
    running.signal(Signal::SIGCONT);
    running.finish().exited(0);
}
