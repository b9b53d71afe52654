//! What stands still is ended long before its deadline; what only looks so is left alone.

use std::env;
use std::fs::OpenOptions;
use std::time::{Duration, Instant};

use launcher::{Limit, Limits};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::Pid;

use crate::case::{Case, Done};
use crate::machine::{DEADLINE, User};

each_user!(
    a_deadlock,
    a_hang_that_is_no_proved_deadlock,
    a_deadlock_attached,
    a_deadlock_with_zombies,
    a_deadlock_while_standard_input_is_open,
    what_ends_by_itself,
    what_moves,
    what_uses_the_processor,
    what_is_stopped,
    what_cannot_be_looked_into,
    what_somebody_else_may_end,
    standard_input_that_is_open,
    standard_input_that_is_open_attached,
    output_that_nobody_reads,
    a_poll_attached,
    a_caller_that_waits_for_a_reply,
    a_caller_that_writes_after_a_while,
    a_caller_that_writes_to_nobody,
    signals_from_outside,
    a_healthy_program_on_a_loaded_machine,
);

/// Short, for programs that must not be taken for quiet.
const QUIET_MS: u64 = 100;
/// Far from it.
const WALL_MS: u64 = 500;

/// It was ended for standing still, and not late.
#[track_caller]
fn was_quiet(done: &Done) {
    done.limited(Limit::Quiet);
    assert!((QUIET_MS..10_000).contains(&done.report().wall_ms), "{done:?}");
    assert!(!done.report().stuck.is_empty(), "{done:?}");
}

/// It was ended by a proof, and not late.
#[track_caller]
fn was_a_deadlock(done: &Done) {
    done.deadlocked();
    assert!((10..10_000).contains(&done.report().wall_ms), "{done:?}");
    assert!(!done.report().stuck.is_empty(), "{done:?}");
}

fn quiet(user: User, words: &[&str]) -> Case {
    Case::misbehave(user, words).quiet_ms(QUIET_MS)
}

/// Only its deadline ends it.
#[track_caller]
fn is_not_quiet(case: Case) -> Done {
    let done = case.wall_ms(WALL_MS).run();
    done.limited(Limit::Wall);
    done
}

fn a_deadlock(user: User) {
    for word in ["leak", "leak-to-child", "leak-to-thread", "fill"] {
        // Long before that.
        let done = Case::misbehave(user, &[word]).quiet_ms(20_000).wall_ms(30_000).run();
        was_a_deadlock(&done);
        assert_eq!(done.text(), "ready\n", "{word}");
        assert_eq!(done.report().ended.words(), "ended by the runner, because of a deadlock");
        // A proof is enough.
        let limits = Limits { deadlock: true, ..Limits::default() };
        was_a_deadlock(&Case::misbehave(user, &[word]).limits(limits).run());
    }
    // Without the limit, nothing is looked at.
    Case::misbehave(user, &["leak"]).wall_ms(WALL_MS).run().limited(Limit::Wall);
}

/// It may be woken from another terminal.
fn a_hang_that_is_no_proved_deadlock(user: User) {
    let done = quiet(user, &["hang"]).wall_ms(30_000).run();
    was_quiet(&done);
    assert_eq!(
        done.report().ended.words(),
        "ended by the runner, because all of it waited and nothing moved any more"
    );
    let diagnosis = done.report().diagnosis.as_ref().expect("a diagnosis");
    assert_eq!((diagnosis.verdict(), diagnosis.is_proved()), ("deadline", false));
    let limits = Limits { deadlock: true, ..Limits::default() };
    Case::misbehave(user, &["hang"]).limits(limits).wall_ms(WALL_MS).run().limited(Limit::Wall);
}

fn a_deadlock_attached(user: User) {
    for word in ["leak", "leak-to-child", "leak-to-thread", "fill"] {
        was_a_deadlock(&quiet(user, &[word]).attached().run());
    }
}

/// They wait for nothing, and they are counted as ever.
fn a_deadlock_with_zombies(user: User) {
    let done = quiet(user, &["unreaped", "0", "2", "1"]).run();
    was_quiet(&done);
    assert_eq!(done.report().stuck.len(), 1, "{done:?}");

    let done = quiet(user, &["unreaped", "2", "2", "0"]).run();
    done.exited(0);
    assert_eq!(done.report().unreaped, Some(4));
    assert_eq!(done.report().stuck, []);
}

/// Nobody in it reads from there.
fn a_deadlock_while_standard_input_is_open(user: User) {
    for attached in [false, true] {
        let case = quiet(user, &["leak-to-child"]);
        let mut running = if attached { case.attached() } else { case }.start();
        running.stdout.expect("ready");
        let stdin = running.stdin.take();
        was_a_deadlock(&running.finish());
        drop(stdin);
    }
}

fn what_ends_by_itself(user: User) {
    for word in ["sleep", "poll", "select", "wait-on-condition", "timerfd"] {
        for attached in [false, true] {
            let case = quiet(user, &[word, "300"]);
            let done = if attached { case.attached() } else { case }.run();
            done.exited(0);
            assert!(done.report().wall_ms >= 300, "{word}: {done:?}");
        }
    }
    for words in [["alarm", "0"], ["timer", "300"]] {
        let done = quiet(user, &words).run();
        done.exited(7);
        assert!(done.report().wall_ms >= 300, "{words:?}: {done:?}");
    }
    quiet(user, &["wait-for-alarm"]).run().exited(0);
}

fn what_moves(user: User) {
    quiet(user, &["ping-pong", "500"]).run().exited(0);
    quiet(user, &["spin-in-children", "10"]).run().exited(0);
    let done = Case::shell(user, "for i in 1 2 3 4; do sleep 0.2; echo $i; done | cat");
    done.quiet_ms(QUIET_MS).run().exited(0);
}

fn what_uses_the_processor(user: User) {
    let limits = Limits { cpu: Some(Duration::from_millis(500)), ..Limits::default() };
    let case = Case::misbehave(user, &["spin"]).limits(limits).quiet_ms(QUIET_MS);
    case.run().limited(Limit::Cpu);
}

fn what_is_stopped(user: User) {
    let done = is_not_quiet(quiet(user, &["stopped"]));
    let states: String = done.report().stuck.iter().map(|stuck| stuck.state).collect();
    assert_eq!(states, "ST", "{done:?}");
}

/// By anybody but root.
fn what_cannot_be_looked_into(user: User) {
    let case = quiet(user, &["leak-hidden"]);
    if user == User::Root {
        return was_a_deadlock(&case.run());
    }
    let done = is_not_quiet(case);
    let [stuck] = done.report().stuck.as_slice() else { panic!("{done:?}") };
    assert_eq!((stuck.call.as_deref(), stuck.on.as_deref()), (None, None));
    assert!(stuck.words().ends_with("waits; what for cannot be seen"), "{}", stuck.words());
    let diagnosis = done.report().diagnosis.as_ref().expect("a diagnosis");
    assert_eq!(diagnosis.verdict(), "unknown", "{diagnosis:?}");
    assert!(diagnosis.explanation().contains("undumpable"), "{diagnosis:?}");
}

fn what_somebody_else_may_end(user: User) {
    is_not_quiet(quiet(user, &["socket"]));
    let directory = user.directory();
    let path = |name| directory.path().join(name).display().to_string();
    is_not_quiet(quiet(user, &["lock", &path("lock")]));

    // This test holds its write end.
    let fifo = path("fifo");
    nix::unistd::mkfifo(fifo.as_str(), Mode::from_bits_truncate(0o666)).expect("make a FIFO");
    let everyone = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    std::fs::set_permissions(&fifo, everyone).expect("open it for everyone");
    let held = OpenOptions::new().read(true).write(true).open(&fifo).expect("open the FIFO");
    is_not_quiet(quiet(user, &["read-fifo", &fifo]));
    drop(held);
}

fn standard_input_that_is_open(user: User) {
    for word in ["read-line", "poll-stdin"] {
        let mut running = quiet(user, &[word]).wall_ms(WALL_MS).start();
        running.stdout.expect("ready");
        let stdin = running.stdin.take();
        running.finish().limited(Limit::Wall);
        drop(stdin);
    }
}

fn standard_input_that_is_open_attached(user: User) {
    for word in ["read-line", "poll-stdin"] {
        let mut running = quiet(user, &[word]).wall_ms(WALL_MS).attached().start();
        running.stdout.expect("ready");
        let stdin = running.stdin.take();
        running.finish().limited(Limit::Wall);
        drop(stdin);
    }
}

/// It waits for whoever reads it, and that is not the program's fault.
fn output_that_nobody_reads(user: User) {
    for attached in [false, true] {
        let case = quiet(user, &["lines"]).wall_ms(WALL_MS);
        let mut running = if attached { case.attached() } else { case }.start();
        running.ended();
        let done = running.finish();
        assert_eq!(done.report().ended, launcher::Ended::Limit { limit: Limit::Wall }, "{done:?}");
    }
}

/// It may be for the output, unless that is always ready.
fn a_poll_attached(user: User) {
    let mut running = quiet(user, &["poll-stdout"]).wall_ms(WALL_MS).attached().start();
    drop(running.stdin.take());
    running.ended();
    running.finish().limited(Limit::Wall);

    let case = quiet(user, &["poll-forever"]).after("exec </dev/null >/dev/null 2>&1");
    was_a_deadlock(&case.attached().run());
    was_a_deadlock(&quiet(user, &["poll-forever"]).run());
}

fn a_caller_that_waits_for_a_reply(user: User) {
    for word in ["read-line", "poll-stdin"] {
        for attached in [false, true] {
            // Attached, a poll could be for the output, which somebody may be about to read.
            if attached && word == "poll-stdin" {
                continue;
            }
            let case = quiet(user, &[word]).waits_for_reply();
            let mut running = if attached { case.attached() } else { case }.start();
            running.stdout.expect("ready");
            let stdin = running.stdin.take();
            was_quiet(&running.finish());
            drop(stdin);
        }
    }
}

/// The time begins anew with every byte.
fn a_caller_that_writes_after_a_while(user: User) {
    let case = Case::misbehave(user, &["copy"]).quiet_ms(600).waits_for_reply();
    let mut running = case.start();
    let began = Instant::now();
    let mut stdin = running.stdin.take().expect("a pipe");
    while began.elapsed() < Duration::from_millis(1200) {
        std::io::Write::write_all(&mut stdin, b"word\n").expect("write to the program");
        running.stdout.expect("word");
        // Not to put things in order: it is the pause that is tested.
        std::thread::sleep(Duration::from_millis(200));
    }
    drop(stdin);
    running.finish().exited(0);
}

/// A byte that moves is a movement, even if the program never reads it.
fn a_caller_that_writes_to_nobody(user: User) {
    let mut running = Case::misbehave(user, &["hang"]).quiet_ms(600).start();
    running.stdout.expect("ready");
    let began = Instant::now();
    let mut stdin = running.stdin.take().expect("a pipe");
    while began.elapsed() < Duration::from_millis(1200) {
        std::io::Write::write_all(&mut stdin, b"word\n").expect("write to the program");
        // As above.
        std::thread::sleep(Duration::from_millis(50));
    }
    let done = running.finish();
    was_quiet(&done);
    assert!(done.report().wall_ms > 1200, "{done:?}");
}

/// Each look may find it in the same call; it is the switches that tell.
fn signals_from_outside(user: User) {
    let mut running = Case::misbehave(user, &["count-signals", "20"]).quiet_ms(600).start();
    let pid = running.stdout.expect(" is ready").parse().expect("a process ID");
    let end = Instant::now() + DEADLINE;
    // It has ended when nobody has its number any more; it cannot go to another so soon.
    while kill(Pid::from_raw(pid), Signal::SIGUSR1).is_ok() && Instant::now() < end {
        // As above.
        std::thread::sleep(Duration::from_millis(50));
    }
    let done = running.finish();
    done.exited(0);
    assert!(done.report().wall_ms > 800, "{done:?}");
}

/// As often as `LAUNCHER_TEST_RACE_MS` allows, and at most 200 times.
fn a_healthy_program_on_a_loaded_machine(user: User) {
    let millis = env::var("LAUNCHER_TEST_RACE_MS").ok().and_then(|text| text.parse().ok());
    let end = Instant::now() + Duration::from_millis(millis.unwrap_or(2000));
    for _ in 0..20 {
        // Started anew each time, since the alarm of such a program ends it.
        let cores = std::thread::available_parallelism().expect("count the cores").get();
        let load = || Case::misbehave(user, &["spin"]).wall_ms(60_000).start();
        let loads: Vec<_> = (0..cores).map(|_| load()).collect();
        for _ in 0..10 {
            if Instant::now() < end {
                is_healthy(user);
            }
        }
        for load in loads {
            load.signal(Signal::SIGTERM);
            load.finish();
        }
        if Instant::now() >= end {
            break;
        }
    }
}

#[track_caller]
fn is_healthy(user: User) {
    let pipeline = "yes | head -c 3000000 | cat | tr y z | wc -c";
    let done = Case::shell(user, pipeline).quiet_ms(QUIET_MS).run();
    done.exited(0);
    assert_eq!(done.text().trim(), "3000000");
    quiet(user, &["ping-pong", "300"]).run().exited(0);
}
