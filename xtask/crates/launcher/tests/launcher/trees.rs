//! Programs that leave processes behind, and programs that will not go.
//!
//! That nothing is left is asserted after every run (`Case::done`).

use std::time::Duration;

use launcher::{Limit, Limits};
use nix::sys::signal::Signal;

use crate::case::Case;
use crate::machine::{User, processes, until};

/// Long enough for a program to have said what it is to say, also beside a hundred others.
const WALL_MS: u64 = 1_000;

each_user!(
    a_daemon_ends_with_its_program,
    a_daemon_ends_at_the_deadline,
    a_grandchild_that_holds_the_pipe,
    a_program_that_ignores_sigterm,
    sigterm_comes_first,
    who_goes_in_time_is_not_waited_for,
    a_stopped_process,
    a_traced_process,
    a_name_that_breaks_the_line,
    children_of_threads,
    zombies_are_not_processes_that_run,
    a_process_that_hops,
    a_process_that_hops_from_session_to_session,
    a_bomb,
    a_bomb_of_sessions,
    unreaped_processes_are_counted,
    an_orphan_is_nobodys_child,
    a_killed_launcher_takes_the_program_along,
);

fn a_daemon_ends_with_its_program(user: User) {
    for attached in [false, true] {
        let case = Case::misbehave(user, &["daemon"]);
        let done = if attached { case.attached() } else { case }.run();
        done.exited(0);
        assert_eq!(done.text(), "the daemon runs\n");
        assert_eq!(done.report().unreaped, Some(1), "attached: {attached}");
    }
}

fn a_daemon_ends_at_the_deadline(user: User) {
    // The shell waits for ever; the daemon is deaf to SIGTERM and in a session of its own.
    for attached in [false, true] {
        let case = Case::shell(user, "\"$0\" daemon; sleep 1000").wall_ms(WALL_MS);
        let done = if attached { case.attached() } else { case }.run();
        done.limited(Limit::Wall);
        assert_eq!(done.text(), "the daemon runs\n");
    }
}

fn a_grandchild_that_holds_the_pipe(user: User) {
    for attached in [false, true] {
        let case = Case::misbehave(user, &["grandchild"]);
        let done = if attached { case.attached() } else { case }.run();
        done.exited(0);
        assert_eq!(done.text(), "the grandchild holds the pipe\n");
        assert_eq!(done.report().unreaped, Some(1));
    }
}

fn a_program_that_ignores_sigterm(user: User) {
    let limits = Limits {
        wall: Some(Duration::from_millis(WALL_MS)),
        grace: Some(Duration::from_millis(50)),
        ..Limits::default()
    };
    for attached in [false, true] {
        let case = Case::misbehave(user, &["ignore", "SIGTERM,SIGHUP,SIGINT"]);
        let case = case.limits(limits.clone());
        let case = if attached { case.attached() } else { case };
        // Held open, so that there is no end of input to end it.
        let done = case.start().finish();
        done.limited(Limit::Wall);
        assert_eq!(done.text(), "ready\n");
    }
}

fn sigterm_comes_first(user: User) {
    for attached in [false, true] {
        let case = Case::misbehave(user, &["catch-term"]).wall_ms(WALL_MS);
        let done = if attached { case.attached() } else { case }.run();
        // It exits with 7, but because the launcher told it to.
        done.limited(Limit::Wall);
        assert_eq!(done.text(), "ready\nbye\n");
    }
    // One that is stopped can only answer when it is continued.
    let done = Case::misbehave(user, &["catch-term", "1"]).wall_ms(WALL_MS).run();
    done.limited(Limit::Wall);
    assert_eq!(done.text(), "ready\nbye\n");
}

/// The grace is longer than assert_cmd waits.
fn who_goes_in_time_is_not_waited_for(user: User) {
    let limits = Limits {
        wall: Some(Duration::from_millis(100)),
        grace: Some(Duration::from_secs(1000)),
        ..Limits::default()
    };
    Case::misbehave(user, &["hang"]).limits(limits).run().limited(Limit::Wall);
}

fn a_stopped_process(user: User) {
    for attached in [false, true] {
        let case = Case::misbehave(user, &["stopped"]).wall_ms(WALL_MS);
        let done = if attached { case.attached() } else { case }.run();
        done.limited(Limit::Wall);
        assert_eq!(done.text(), "ready\n");
    }
    // The program itself, too: attached, the launcher must not stop with it.
    let stops_itself = ["sh", "-c", "kill -STOP $$"];
    Case::program(user, &stops_itself).wall_ms(100).run().limited(Limit::Wall);
    Case::program(user, &stops_itself).wall_ms(100).attached().run().limited(Limit::Wall);
}

fn a_traced_process(user: User) {
    let done = Case::misbehave(user, &["traced"]).wall_ms(WALL_MS).run();
    done.limited(Limit::Wall);
    assert_eq!(done.text(), "ready\n");
}

fn a_name_that_breaks_the_line(user: User) {
    let limits = Limits { memory_bytes: Some(1 << 30), ..Limits::default() };
    let done = Case::misbehave(user, &["hostile-name"]).limits(limits).wall_ms(WALL_MS).run();
    done.limited(Limit::Wall);
    assert_eq!(done.text(), "ready\n");
}

fn children_of_threads(user: User) {
    let limits = Limits { processes: Some(3), ..Limits::default() };
    Case::misbehave(user, &["threads", "5"]).limits(limits).run().limited(Limit::Processes);
}

fn zombies_are_not_processes_that_run(user: User) {
    let limits = Limits { processes: Some(3), ..Limits::default() };
    let case = Case::misbehave(user, &["unreaped", "0", "5", "1"]).limits(limits);
    let done = case.wall_ms(WALL_MS).run();
    done.limited(Limit::Wall);
    assert_eq!(done.text(), "ready\n");
}

/// It would go on for minutes.
const HOPS: &str = "1000000";

fn a_process_that_hops(user: User) {
    let done = Case::misbehave(user, &["hop", HOPS, "0"]).wall_ms(WALL_MS).run();
    done.limited(Limit::Wall);
    let done = Case::misbehave(user, &["hop", HOPS, "0"]).wall_ms(WALL_MS).attached().run();
    done.limited(Limit::Wall);
}

fn a_process_that_hops_from_session_to_session(user: User) {
    let done = Case::misbehave(user, &["hop", HOPS, "1"]).wall_ms(WALL_MS).run();
    done.limited(Limit::Wall);
}

fn a_bomb(user: User) {
    let limits = Limits { processes: Some(20), ..Limits::default() };
    Case::misbehave(user, &["bomb", "200", "0"]).limits(limits).run().limited(Limit::Processes);
}

fn a_bomb_of_sessions(user: User) {
    let limits = Limits { processes: Some(20), ..Limits::default() };
    let case = Case::misbehave(user, &["bomb", "200", "1"]).limits(limits.clone());
    case.run().limited(Limit::Processes);
    let case = Case::misbehave(user, &["bomb", "200", "1"]).limits(limits);
    case.attached().run().limited(Limit::Processes);
}

fn unreaped_processes_are_counted(user: User) {
    for (alive, zombies) in [(0, 0), (3, 0), (0, 3), (2, 2)] {
        let words = ["unreaped", &alive.to_string(), &zombies.to_string()];
        let done = Case::misbehave(user, &words).run();
        done.exited(0);
        assert_eq!(done.report().unreaped, Some(alive + zombies), "{alive} and {zombies}");
    }
    let done = Case::misbehave(user, &["reaped", "3"]).run();
    done.exited(0);
    assert_eq!(done.report().unreaped, Some(0));
}

/// Whether an orphan ends just before the program or just after is a race: it counts in both cases.
fn an_orphan_is_nobodys_child(user: User) {
    let done = Case::misbehave(user, &["orphan"]).run();
    done.exited(0);
    assert_eq!(done.report().unreaped, Some(1));
}

fn a_killed_launcher_takes_the_program_along(user: User) {
    let mut running = Case::misbehave(user, &["ignore", "SIGTERM,SIGHUP"]).start();
    running.stdout.expect("ready");
    running.signal(Signal::SIGKILL);
    running.ended();
    until("the program has gone too", || {
        // Whoever adopts it takes its time to reap it.
        processes(&running.case.mark).iter().all(|process| process.state == 'Z')
    });
    running.stdout.read_to_the_end();
}
