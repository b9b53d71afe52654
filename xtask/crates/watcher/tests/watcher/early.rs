//! What is shown of a failure while other tests still run.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::Stdio;

use fixture::terminal::Terminal;

use crate::course::{WAITS, Watched, until};
use crate::lines::Reader;

/// Longer than any check takes.
const SLEEPS: &str = "std::thread::sleep(std::time::Duration::from_secs(100_000));";

/// A course whose first exercise has two tests that need nothing, and a FIFO.
fn course() -> (Watched, PathBuf) {
    let watched = Watched::new();
    let manifest = "exercises/ex-01-concept/Cargo.toml";
    let needy = watched.course.read(manifest);
    watched.course.write(manifest, &needy.replace("needs = \"one\"\n", ""));
    let gate = watched.course.at("gate");
    nix::unistd::mkfifo(&gate, nix::sys::stat::Mode::S_IRWXU).expect("make a FIFO");
    (watched, gate)
}

/// A program that prints nothing, and does this before in one of the tests, that in the other.
fn in_test(name: &str, this: &str, that: &str) -> String {
    format!(
        "fn main() {{
            let test = format!(\"/proc/{{}}/cmdline\", std::os::unix::process::parent_id());
            if std::fs::read_to_string(test).unwrap().contains(\"--only\\0{name}\") {{
                {this}
            }} else {{
                {that}
            }}
        }}"
    )
}

/// Opening the FIFO waits for whoever opens the other end: see fifo(7).
fn opens(gate: &PathBuf) -> String {
    format!("std::fs::read({gate:?}).unwrap();")
}

/// Lets the program go on that opens the FIFO, once it does.
#[track_caller]
fn open(gate: &PathBuf) {
    let mut this_end = File::options();
    this_end.write(true).custom_flags(libc::O_NONBLOCK);
    until("the program waits", || this_end.open(gate).is_ok());
}

#[test]
fn the_first_failure_is_shown_before_the_last_test_is_over() {
    let (watched, gate) = course();
    watched.save(&in_test("two", &opens(&gate), ""));
    let mut terminal = Terminal::start(&watched.command(&[]));
    terminal.expect("FAILED; checking");
    terminal.expect("1 of 2 tests");
    terminal.expect("came      no one");
    open(&gate);
    terminal.expect("FAILED after");
    terminal.expect("FAILED  it prints two");
    for screen in terminal.screens.iter().skip_while(|screen| !screen.contains("no one")) {
        assert!(screen.contains("no one"), "it has gone again:\n{screen}");
    }
}

/// Nobody knows yet whether the first test fails as well, and that would be told instead.
#[test]
fn a_failure_waits_for_the_tests_before_it() {
    let (watched, gate) = course();
    watched.save(&in_test("one", &opens(&gate), ""));
    let mut terminal = Terminal::start(&watched.command(&[]));
    // With one processor the second test is not tried before the first is over.
    if std::thread::available_parallelism().is_ok_and(|count| count.get() > 1) {
        terminal.expect("1 of 2 tests");
    }
    open(&gate);
    terminal.expect("FAILED after");
    assert!(!terminal.screens.iter().any(|screen| screen.contains("came      no two")));
}

#[test]
fn a_save_ends_what_still_runs_and_the_failure_is_gone() {
    let (watched, _) = course();
    watched.save(&in_test("two", SLEEPS, ""));
    let mut terminal = Terminal::start(&watched.command(&[]));
    terminal.expect("FAILED; checking");
    let failed = terminal.screens.len();
    watched.save(WAITS);
    terminal.until("a check of the new program", |screen| screen.contains("task "));
    watched.save_words("one two");
    terminal.expect("PASSED after");
    // What was saved may be seen when half of it is written, and then does not compile.
    let later = terminal.screens[failed..].iter().skip_while(|screen| screen.contains("no one"));
    for screen in later {
        assert!(!screen.contains("no one"), "a failure of what was saved before:\n{screen}");
    }
}

/// Nobody has noticed the save before the first test is over: there is no event, and no look.
#[test]
fn a_failure_of_what_was_saved_before_is_not_shown() {
    let (watched, gate) = course();
    watched.save(&in_test("one", &opens(&gate), SLEEPS));
    let mut terminal = Terminal::start(&watched.command(&["--poll", "60000"]));
    watched.until_it_runs();
    watched.save_words("one two");
    open(&gate);
    terminal.expect("PASSED after");
    for screen in &terminal.screens {
        assert!(!screen.contains("FAILED"), "a failure of what was saved before:\n{screen}");
    }
}

#[test]
fn without_a_terminal_it_is_told_at_once_and_once() {
    let (watched, gate) = course();
    watched.save(&in_test("two", &opens(&gate), ""));
    let mut command = watched.command(&[]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("start it");
    let mut lines = Reader::new(child.stdout.take().expect("its output"));
    let said = lines.expect("by hand");
    assert!(said.contains("came      no one"), "{said}");
    open(&gate);
    let said = lines.expect("== ex-01: FAILED after");
    assert!(!said.contains("no one") && said.contains("FAILED  it prints two"), "{said}");
    crate::lines::end(&mut child);
    watched.assert_nothing_runs();
}
