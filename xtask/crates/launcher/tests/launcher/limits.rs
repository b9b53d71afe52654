//! Limits on what a tree uses.

use std::time::Duration;

use launcher::{Limit, Limits};

use crate::case::Case;
use crate::machine::User;

each_user!(
    cpu_of_one_process,
    cpu_of_children_together,
    waiting_for_a_processor,
    memory_of_one_process,
    memory_of_children_together,
    memory_behind_a_first_thread_that_has_ended,
    memory_used_up_between_two_looks,
    open_files,
    other_processes_of_the_user_do_not_count,
    output_captured,
    output_up_to_the_limit,
    output_attached,
    output_attached_between_two_looks,
);

const MIB: u64 = 1024 * 1024;

fn cpu(millis: u64) -> Limits {
    Limits { cpu: Some(Duration::from_millis(millis)), ..Limits::default() }
}

fn memory(mib: u64) -> Limits {
    Limits { memory_bytes: Some(mib * MIB), ..Limits::default() }
}

fn output(bytes: u64) -> Limits {
    Limits { output_bytes: Some(bytes), ..Limits::default() }
}

fn cpu_of_one_process(user: User) {
    for attached in [false, true] {
        let case = Case::misbehave(user, &["spin"]).limits(cpu(100));
        let done = if attached { case.attached() } else { case }.run();
        done.limited(Limit::Cpu);
        assert!(done.report().cpu_ms >= 100, "{done:?}");
    }
}

/// None of the children uses more than 50 ms.
fn cpu_of_children_together(user: User) {
    let done = Case::misbehave(user, &["spin-in-children", "1000"]).limits(cpu(200)).run();
    done.limited(Limit::Cpu);
    assert!(done.report().cpu_ms >= 200, "{done:?}");
    Case::misbehave(user, &["spin-in-children", "2"]).limits(cpu(10_000)).run().exited(0);
}

/// Of four that want one processor there is always one that waits. Who does not want one waits for
/// nothing.
fn waiting_for_a_processor(user: User) {
    let ended_after = |words: &[&str], attached, most| {
        let limits = Limits { queued: Some(Duration::from_millis(most)), ..Limits::default() };
        let case = Case::misbehave(user, words).limits(limits).wall_ms(500);
        let done = if attached { case.attached() } else { case }.run();
        done.limited(Limit::Wall);
        done.report().wall_ms
    };
    for attached in [false, true] {
        let four = ended_after(&["spin-on-one-processor", "4"], attached, 700);
        assert!((500 + 700..10_000).contains(&four), "{four}");
        let sleeps = ended_after(&["sleep", "20000"], attached, 60_000);
        assert!(sleeps < 10_000, "{sleeps}");
    }
}

fn memory_of_one_process(user: User) {
    for attached in [false, true] {
        let case = Case::misbehave(user, &["memory-in-children", "1", "128"]).limits(memory(64));
        let done = if attached { case.attached() } else { case }.run();
        done.limited(Limit::Memory);
    }
}

/// None of the children uses more than 40 MiB.
fn memory_of_children_together(user: User) {
    let words = ["memory-in-children", "4", "30"];
    let done = Case::misbehave(user, &words).limits(memory(80)).run();
    done.limited(Limit::Memory);
    assert!(done.report().peak_memory_kib < 40 * 1024, "{done:?}");
}

fn memory_behind_a_first_thread_that_has_ended(user: User) {
    let words = ["memory-of-a-dead-leader", "96"];
    Case::misbehave(user, &words).limits(memory(64)).run().limited(Limit::Memory);
}

/// It ends at once: most runs are over before the first look.
fn memory_used_up_between_two_looks(user: User) {
    let case = || Case::misbehave(user, &["memory", "64"]);
    case().limits(memory(32)).run().limited_late(Limit::Memory);
    case().limits(memory(200)).run().exited(0);
}

fn open_files(user: User) {
    let limits = Limits { open_files: Some(16), ..Limits::default() };
    let done = Case::misbehave(user, &["open-files"]).limits(limits).run();
    done.exited(0);
    assert_eq!(done.text(), "EMFILE after 13\n");
}

/// The whole test run has far more processes of this user.
fn other_processes_of_the_user_do_not_count(user: User) {
    let limits = Limits { processes: Some(2), ..Limits::default() };
    let others = Case::misbehave(user, &["bomb", "20", "0"]);
    let others = others.start();
    let done = Case::misbehave(user, &["spin-in-children", "2"]).limits(limits).run();
    done.exited(0);
    others.signal(nix::sys::signal::Signal::SIGTERM);
    others.finish().interrupted(nix::sys::signal::Signal::SIGTERM);
}

/// Both outputs together, and what comes beyond is thrown away.
fn output_captured(user: User) {
    let done = Case::misbehave(user, &["bytes", "1000000", "0"]).limits(output(1000)).run();
    done.limited_late(Limit::Output);
    assert_eq!(done.stdout.len(), 1000);
    assert!(done.report().stdout_bytes > 1000, "{done:?}");

    let done = Case::misbehave(user, &["bytes", "600", "600"]).limits(output(1000)).run();
    done.limited_late(Limit::Output);
    assert_eq!(done.stdout.len() + done.stderr.len(), 1000);

    let done = Case::misbehave(user, &["lines"]).limits(output(100_000)).run();
    done.limited(Limit::Output);
    assert_eq!(done.stdout.len(), 100_000);
}

fn output_up_to_the_limit(user: User) {
    let done = Case::misbehave(user, &["bytes", "600", "400"]).limits(output(1000)).run();
    done.exited(0);
    assert_eq!((done.report().stdout_bytes, done.report().stderr_bytes), (600, 400));
    let done = Case::misbehave(user, &["bytes", "600", "400"]).limits(output(2000)).attached();
    done.run().exited(0);
}

/// No byte passes through the launcher.
fn output_attached(user: User) {
    let done = Case::misbehave(user, &["lines"]).limits(output(100_000)).attached().run();
    done.limited(Limit::Output);
    assert!(done.stdout.len() > 100_000);
    assert_eq!(done.report().stdout_bytes, 0);
}

fn output_attached_between_two_looks(user: User) {
    let case = Case::misbehave(user, &["bytes", "5000", "0"]).limits(output(1000)).attached();
    case.run().limited_late(Limit::Output);
}
