//! Bytes through a captured program's pipes.

use std::fs;
use std::io::{ErrorKind, Write};

use launcher::Limit;
use nix::sys::signal::Signal;

use crate::case::{Case, Running};
use crate::machine::{User, until};

each_user!(
    a_hundred_megabytes_unchanged,
    both_ways_at_once,
    a_program_that_does_not_read,
    a_program_that_reads_no_more,
    a_feeder_meets_epipe,
    a_feeder_that_never_ends,
    a_program_that_closes_everything,
    a_slow_reader,
    an_absent_reader_and_a_deadline,
    an_absent_reader_and_a_signal,
    a_reader_that_has_gone,
    a_full_disk,
    two_outputs_in_one_pipe,
);

#[track_caller]
fn assert_is_pattern(bytes: &[u8], count: usize) {
    assert_eq!(bytes.len(), count);
    let pattern: Vec<u8> = (0..=250).collect();
    let wrong = bytes.chunks(251).position(|part| part != &pattern[..part.len()]);
    assert_eq!(wrong, None, "the first part that is not as written");
}

/// More than one pipe takes, less than the program's, the launcher's, and what is in between: a
/// pipe counts pages, also those that are not full.
const UNREAD: usize = 100_000;

/// A program that wrote [`UNREAD`] bytes and has ended, under a launcher whose output nobody reads.
#[track_caller]
fn ended_unread(user: User) -> Running {
    let script = format!("\"$0\" bytes {UNREAD} 0; echo written >&2");
    let mut running = Case::shell(user, &script).start();
    running.stderr.expect("written");
    let children = format!("/proc/{0}/task/{0}/children", running.pid());
    until("the program has ended", || {
        fs::read_to_string(&children).is_ok_and(|line| line.is_empty())
    });
    running
}

fn a_hundred_megabytes_unchanged(user: User) {
    const COUNT: usize = 100_000_000;
    let done = Case::misbehave(user, &["bytes", &COUNT.to_string(), "0"]).run();
    // Not `exited`: it would print them all.
    assert_eq!(done.code, Some(0));
    assert_is_pattern(&done.stdout, COUNT);
    assert_eq!(done.report().stdout_bytes, COUNT as u64);
}

fn both_ways_at_once(user: User) {
    let bytes: Vec<u8> = (0..=255).cycle().take(5_000_001).collect();
    let done = Case::misbehave(user, &["copy"]).stdin(bytes.clone()).run();
    assert!(done.stdout == bytes, "{} bytes came back", done.stdout.len());
    assert_eq!(done.code, Some(0));
}

/// It closes its standard input; the launcher has megabytes for it and does not care.
fn a_program_that_does_not_read(user: User) {
    let bytes = vec![b'x'; 4_000_000];
    Case::misbehave(user, &["close-stdin", "0"]).stdin(bytes.clone()).run().exited(0);
    Case::program(user, &["true"]).stdin(bytes).run().exited(0);
}

/// It leaves its standard input open and nearly full: the deadline holds all the same.
fn a_program_that_reads_no_more(user: User) {
    let case = Case::shell(user, "head -c 5000 >/dev/null; exec \"$0\" hang");
    case.stdin(vec![b'x'; 4_000_000]).wall_ms(200).run().limited(Limit::Wall);
}

/// Whoever feeds the launcher learns that nobody reads, while the program still runs.
fn a_feeder_meets_epipe(user: User) {
    let mut running = Case::misbehave(user, &["close-stdin", "1"]).start();
    running.stdout.expect("ready");
    let mut stdin = running.stdin.take().expect("a pipe");
    until("the feeder meets EPIPE", || {
        // At most some hundred bytes: never so many that it could block.
        stdin.write(b"x").is_err_and(|error| error.kind() == ErrorKind::BrokenPipe)
    });
    running.signal(Signal::SIGTERM);
    running.finish().interrupted(Signal::SIGTERM);
}

/// The write end of its standard input stays open all the time.
fn a_feeder_that_never_ends(user: User) {
    let running = Case::program(user, &["true"]).start();
    running.finish().exited(0);
}

fn a_program_that_closes_everything(user: User) {
    Case::misbehave(user, &["close-all"]).stdin("x").run().exited(0);
    Case::misbehave(user, &["close-all"]).start().finish().exited(0);
}

/// Nobody reads until the program has ended: every byte is still there.
fn a_slow_reader(user: User) {
    let done = ended_unread(user).finish();
    done.exited(0);
    assert_is_pattern(&done.stdout, UNREAD);
}

/// Nobody ever reads: the deadline holds all the same, with a report.
fn an_absent_reader_and_a_deadline(user: User) {
    let mut running = Case::misbehave(user, &["lines"]).wall_ms(200).start();
    running.ended();
    running.finish().limited(Limit::Wall);
}

/// The program has ended by itself, nobody has read what it wrote, and the launcher is told not to
/// wait: lost bytes must not look like success.
fn an_absent_reader_and_a_signal(user: User) {
    let mut running = ended_unread(user);
    running.signal(Signal::SIGTERM);
    let status = running.ended();
    assert_eq!(status.code(), Some(125));
    let done = running.finish();
    done.says("SIGTERM came before the output was read");
    assert_eq!(done.found, None);
}

/// The launcher's reader goes away: the program meets SIGPIPE, as in front of `| head -1`.
fn a_reader_that_has_gone(user: User) {
    let done = Case::misbehave(user, &["lines"])
        .through(&["bash", "-c", "\"$@\" | head -1; exit ${PIPESTATUS[0]}", "bash"])
        .run();
    assert_eq!(done.text(), "line 1\n");
    done.signaled(Signal::SIGPIPE);
}

/// The launcher cannot do its work, says so, and leaves nothing behind.
fn a_full_disk(user: User) {
    let case = Case::shell(user, "\"$0\" daemon; sleep 1000");
    let done = case.after("exec >/dev/full").run();
    assert_eq!(done.code, Some(125), "{done:?}");
    done.says("No space left");
    assert_eq!(done.found, None);
}

fn two_outputs_in_one_pipe(user: User) {
    let done = Case::misbehave(user, &["bytes", "300000", "300000"]).after("exec 2>&1").run();
    done.exited(0);
    assert_eq!(done.stdout.len(), 600_000);
}
