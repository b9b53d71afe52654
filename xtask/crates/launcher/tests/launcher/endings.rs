//! How a run can end, its exit status, and the report's file.

use std::fs::{self, File};
use std::io::Read;
use std::time::Duration;

use launcher::{Ended, Launch, Limit, Limits, Report};
use nix::sys::signal::Signal;

use crate::case::Case;
use crate::machine::{Binaries, User, until};

each_user!(
    its_own_code,
    a_signal_by_name,
    a_signal_without_a_name,
    the_deadline,
    the_deadline_attached,
    a_program_that_is_not_there,
    a_wrong_option,
    the_report_appears_whole_or_not_at_all,
);

fn its_own_code(user: User) {
    for (text, code) in [("0", 0), ("3", 3), ("124", 124), ("255", 255)] {
        let done = Case::misbehave(user, &["exit", text]).run();
        done.exited(code);
        assert_eq!(done.report().unreaped, Some(0));
        Case::misbehave(user, &["exit", text]).attached().run().exited(code);
    }
}

fn a_signal_by_name(user: User) {
    for signal in [Signal::SIGTERM, Signal::SIGKILL, Signal::SIGPIPE, Signal::SIGSEGV] {
        let number = (signal as i32).to_string();
        Case::misbehave(user, &["die", &number]).run().signaled(signal);
        Case::misbehave(user, &["die", &number]).attached().run().signaled(signal);
    }
}

fn a_signal_without_a_name(user: User) {
    let done = Case::misbehave(user, &["die", "40"]).run();
    let ended = Ended::Signaled { signal: "signal 40".to_owned(), number: 40 };
    assert_eq!(done.report().ended, ended);
    assert_eq!(done.code, Some(168));
}

fn the_deadline(user: User) {
    let done = Case::misbehave(user, &["hang"]).wall_ms(100).run();
    done.limited(Limit::Wall);
    assert!(done.report().wall_ms >= 100, "{done:?}");
    assert_eq!(done.text(), "ready\n");
}

fn the_deadline_attached(user: User) {
    let done = Case::misbehave(user, &["hang"]).attached().wall_ms(100).run();
    done.limited(Limit::Wall);
    assert_eq!(done.text(), "ready\n");
}

fn a_program_that_is_not_there(user: User) {
    let done = Case::program(user, &["/nowhere/at-all", "x"]).run();
    assert_eq!(done.code, Some(125));
    let Ended::NotStarted { error } = &done.report().ended else { panic!("{done:?}") };
    assert!(error.contains("/nowhere/at-all") && error.contains("No such file"), "{error}");
    done.says(error);
}

fn a_wrong_option(user: User) {
    let case = Case::program(user, &["true"]).after("set -- \"$1\" \"$2\" --no-such; true");
    let done = case.run();
    assert_eq!(done.code, Some(125));
    done.says("--no-such");
    assert_eq!(done.found, None);
}

fn the_report_appears_whole_or_not_at_all(user: User) {
    let case = Case::misbehave(user, &["read-line"]);
    let path = case.report_path();
    fs::write(&path, "old").expect("write an old report");
    let mut old = File::open(&path).expect("open the old report");

    let mut running = case.start();
    running.stdout.expect("ready");
    assert_eq!(fs::read_to_string(&path).expect("read"), "old", "while the program runs");
    drop(running.stdin.take());
    // Checks that it was run in the right user's name, too: the directory is that user's.
    until("the launcher ends", || Report::read(&path).is_ok());

    let mut text = String::new();
    old.read_to_string(&mut text).expect("read the old report");
    assert_eq!(text, "old", "the report was written over the old one and not beside it");
    let beside = fs::read_dir(path.parent().expect("a directory")).expect("list").count();
    assert_eq!(beside, 1, "something else was left beside the report");
    running.finish().exited(0);
}

#[test]
fn the_client_reads_all_of_it() {
    let binaries = Binaries::of(User::Root);
    let launch = Launch::captured("sh")
        .args(["-c", "echo $WORD; pwd; echo to stderr >&2; exit 4"])
        .limits(Limits { wall: Some(Duration::from_secs(15)), ..Limits::default() });
    let captured = launch
        .output(&binaries.xtask, |command| {
            command.env("WORD", "from the environment").current_dir("/");
        })
        .expect("run the launcher");
    assert_eq!(captured.report.ended, Ended::Exited { code: 4 });
    assert_eq!(String::from_utf8_lossy(&captured.stdout), "from the environment\n/\n");
    assert_eq!(String::from_utf8_lossy(&captured.stderr), "to stderr\n");
}
