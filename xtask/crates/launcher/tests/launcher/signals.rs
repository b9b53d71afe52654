//! Signals to the launcher, and the end of a program at the moment it is looked for.

use std::env;
use std::time::{Duration, Instant};

use launcher::Limits;
use nix::sys::signal::Signal;

use crate::case::Case;
use crate::machine::User;

each_user!(
    whatever_would_end_the_launcher_ends_the_tree,
    attached_too,
    the_program_may_say_goodbye,
    a_second_signal_does_not_hurry,
    a_second_ctrl_c_ends_the_grace,
    an_ignored_signal_stays_ignored,
    an_ignored_child_is_waited_for,
    no_end_is_missed,
);

const ENDING: [Signal; 7] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
    Signal::SIGUSR1,
    Signal::SIGALRM,
    Signal::SIGABRT,
];

/// A shell that hangs with a daemon in a session of its own that is deaf.
fn family(user: User) -> Case {
    let limits = Limits { grace: Some(Duration::from_millis(20)), ..Limits::default() };
    Case::shell(user, "\"$0\" daemon; echo ready; sleep 1000").limits(limits)
}

fn whatever_would_end_the_launcher_ends_the_tree(user: User) {
    for signal in ENDING {
        let mut running = family(user).start();
        running.stdout.expect("ready");
        running.signal(signal);
        running.finish().interrupted(signal);
    }
}

fn attached_too(user: User) {
    for signal in ENDING {
        let mut running = family(user).attached().start();
        running.stdout.expect("ready");
        running.signal(signal);
        running.finish().interrupted(signal);
    }
}

fn the_program_may_say_goodbye(user: User) {
    let mut running = Case::misbehave(user, &["catch-term"]).start();
    running.stdout.expect("ready");
    running.signal(Signal::SIGINT);
    let done = running.finish();
    done.interrupted(Signal::SIGINT);
    assert_eq!(done.text(), "ready\nbye\n");
}

/// It comes while the tree is being ended, and must not end the launcher before its tree.
fn a_second_signal_does_not_hurry(user: User) {
    let mut running = Case::misbehave(user, &["ignore", "SIGTERM"]).start();
    running.stdout.expect("ready");
    for _ in 0..20 {
        running.signal(Signal::SIGTERM);
        running.signal(Signal::SIGINT);
    }
    let done = running.finish();
    assert!(matches!(done.code, Some(130 | 143)), "{done:?}");
}

fn a_second_ctrl_c_ends_the_grace(user: User) {
    let limits = Limits { grace: Some(Duration::from_secs(12)), ..Limits::default() };
    let mut running = Case::misbehave(user, &["ignore", "SIGTERM"]).limits(limits).start();
    running.stdout.expect("ready");
    let began = Instant::now();
    running.signal(Signal::SIGINT);
    // Not to put things in order: two that come at one moment count as one.
    std::thread::sleep(Duration::from_millis(300));
    running.signal(Signal::SIGINT);
    running.finish().interrupted(Signal::SIGINT);
    let elapsed = began.elapsed();
    assert!(elapsed < Duration::from_secs(10), "{elapsed:?}");
}

/// nohup, and a shell's `&` without job control.
fn an_ignored_signal_stays_ignored(user: User) {
    let case = Case::misbehave(user, &["read-line"]).through(&["env", "--ignore-signal=HUP,INT"]);
    let mut running = case.start();
    running.stdout.expect("ready");
    running.signal(Signal::SIGHUP);
    running.signal(Signal::SIGINT);
    drop(running.stdin.take());
    running.finish().exited(0);
}

/// With SIGCHLD ignored, the kernel reaps children itself and forgets how they ended.
fn an_ignored_child_is_waited_for(user: User) {
    for attached in [false, true] {
        let case = Case::misbehave(user, &["exit", "3"]).through(&["env", "--ignore-signal=CHLD"]);
        let done = if attached { case.attached() } else { case }.run();
        done.exited(3);
    }
}

/// A SIGCHLD that is taken after the children were looked at would be the last: the launcher would
/// sleep until the deadline. As often as `LAUNCHER_TEST_RACE_MS` allows.
fn no_end_is_missed(user: User) {
    let millis = env::var("LAUNCHER_TEST_RACE_MS").ok().and_then(|text| text.parse().ok());
    let end = Instant::now() + Duration::from_millis(millis.unwrap_or(300));
    while Instant::now() < end {
        Case::misbehave(user, &["close-all"]).run().exited(0);
        Case::program(user, &["true"]).attached().run().exited(0);
    }
}
