//! Attached, under an interactive shell on a pseudo-terminal, as a student types it.

use fixture::skip::has;
use launcher::Limits;

use crate::case::Case;
use crate::machine::{User, until};
use crate::shell::{PROMPT, Terminal};

each_user!(
    a_line_from_the_terminal,
    a_person_who_takes_time,
    ctrl_c_ends_a_program,
    ctrl_c_that_is_caught,
    ctrl_c_that_is_ignored,
    ctrl_c_for_a_command_that_is_waited_for,
    ctrl_c_again_and_again,
    ctrl_c_on_what_stands_still,
    ctrl_z_and_fg,
    ctrl_z_that_is_ignored,
    reading_in_the_background,
    head_takes_one_line,
    less_reads_the_keyboard,
    the_terminal_goes_away,
);

const CTRL_C: u8 = 3;
const CTRL_Z: u8 = 26;

#[track_caller]
fn attached(user: User, words: &[&str]) -> (Case, Terminal) {
    let case = Case::misbehave(user, words).attached();
    let terminal = Terminal::open(user, &case);
    (case, terminal)
}

/// A program with a daemon of its own that no signal of the terminal's reaches or impresses.
#[track_caller]
fn family(user: User) -> (Case, Terminal) {
    let case = Case::shell(user, "\"$0\" daemon; exec \"$0\" hang").attached();
    let terminal = Terminal::open(user, &case);
    (case, terminal)
}

#[track_caller]
fn assert_no_program(terminal: &Terminal) {
    let pair = terminal.pair();
    assert!(pair.0.is_none() && pair.1.is_none(), "{pair:?}");
}

fn a_line_from_the_terminal(user: User) {
    let (case, mut terminal) = attached(user, &["read-line"]);
    terminal.launch(&case, "");
    terminal.screen.expect("ready");
    terminal.enter("typed");
    assert_eq!(terminal.finish(), ("\r\ngot typed\r\n".to_owned(), "0".to_owned()));
    terminal.close();
}

/// All of the program waits, and nobody in it can go on: but somebody may type.
fn a_person_who_takes_time(user: User) {
    let limits = Limits { deadlock: true, ..Limits::default() };
    let case = Case::misbehave(user, &["read-line"]).limits(limits).attached();
    let mut terminal = Terminal::open(user, &case);
    terminal.launch(&case, "");
    terminal.screen.expect("ready");
    // Not to put things in order: it is the pause that is tested.
    std::thread::sleep(std::time::Duration::from_millis(500));
    terminal.enter("typed");
    assert_eq!(terminal.finish().1, "0");
    terminal.close();
}

fn ctrl_c_ends_a_program(user: User) {
    let (case, mut terminal) = family(user);
    terminal.launch(&case, "");
    terminal.screen.expect("ready");
    terminal.press(CTRL_C);
    let (_, status) = terminal.finish();
    assert_eq!(status, "130");
    assert_no_program(&terminal);
    let report = launcher::Report::read(&case.report_path()).expect("a report");
    let signal = "SIGINT".to_owned();
    assert_eq!(report.ended, launcher::Ended::Signaled { signal, number: 2 });
    terminal.close();
}

fn ctrl_c_that_is_caught(user: User) {
    let (case, mut terminal) = attached(user, &["catch-int"]);
    terminal.launch(&case, "");
    terminal.screen.expect("ready");
    terminal.press(CTRL_C);
    terminal.screen.expect("caught");
    terminal.enter("after it");
    terminal.screen.expect("got after it");
    assert_eq!(terminal.finish().1, "0");
    terminal.close();
}

fn ctrl_c_that_is_ignored(user: User) {
    let (case, mut terminal) = attached(user, &["ignore", "SIGINT,SIGTERM"]);
    terminal.launch(&case, "");
    terminal.screen.expect("ready");
    terminal.press(CTRL_C);
    assert_eq!(terminal.finish().1, "130");
    assert_no_program(&terminal);
    terminal.close();
}

/// The program ignores Ctrl-C only while a command of its runs: it is the command that ends.
fn ctrl_c_for_a_command_that_is_waited_for(user: User) {
    let (case, mut terminal) = attached(user, &["wait-as-system"]);
    terminal.launch(&case, "");
    terminal.screen.expect("ready");
    terminal.press(CTRL_C);
    terminal.screen.expect("the command ended");
    terminal.enter("after it");
    terminal.screen.expect("got after it");
    assert_eq!(terminal.finish().1, "0");
    terminal.close();
}

/// A program that catches Ctrl-C and goes on for ever.
fn ctrl_c_again_and_again(user: User) {
    let (case, mut terminal) = attached(user, &["catch-int"]);
    terminal.launch(&case, "");
    terminal.screen.expect("ready");
    // Two that come at one moment count as one.
    until("insisting ends it", || {
        terminal.press(CTRL_C);
        matches!(terminal.pair(), (None, None))
    });
    let report = launcher::Report::read(&case.report_path()).expect("a report");
    let signal = "SIGINT".to_owned();
    assert_eq!(report.ended, launcher::Ended::Interrupted { signal, number: 2 });
    // The last presses may have reached the shell and swallow what is typed now.
    terminal.hang_up();
}

/// The shell waits to open a FIFO, and handles a signal that anybody may send: no proof.
const STANDS_STILL: &str = "cd \"$1\"; mkfifo a; trap : USR1; echo ready; read x <a";

/// It ends the program before the launcher could look, so what it saw before is told.
fn ctrl_c_on_what_stands_still(user: User) {
    let limits = Limits { deadlock: true, ..Limits::default() };
    for pause in [500, 1000, 2000, 4000, 8000] {
        let case = Case::shell(user, STANDS_STILL).limits(limits.clone()).attached();
        let place = user.directory();
        let case = case.argument(place.path());
        let mut terminal = Terminal::open(user, &case);
        terminal.launch(&case, "");
        terminal.screen.expect("ready");
        // Not to put things in order: it is the pause that is tested.
        std::thread::sleep(std::time::Duration::from_millis(pause));
        terminal.press(CTRL_C);
        assert_eq!(terminal.finish().1, "130");
        let report = launcher::Report::read(&case.report_path()).expect("a report");
        terminal.close();
        let signal = "SIGINT".to_owned();
        assert_eq!(report.ended, launcher::Ended::Signaled { signal, number: 2 });
        // On a loaded machine the doctor may not have been asked yet.
        let Some(diagnosis) = report.diagnosis else { continue };
        assert_eq!((diagnosis.verdict(), diagnosis.kind()), ("deadline", Some("fifo-no-peer")));
        assert!(diagnosis.explanation().starts_with("interrupted after "), "{diagnosis:?}");
        return;
    }
    panic!("the doctor has seen nothing in 8 s");
}

fn ctrl_z_and_fg(user: User) {
    let (case, mut terminal) = attached(user, &["read-line"]);
    terminal.launch(&case, "");
    terminal.screen.expect("ready");
    terminal.press(CTRL_Z);
    terminal.screen.expect("Stopped");
    terminal.screen.expect(PROMPT);
    terminal.until_both_are(&['T']);
    terminal.enter("fg");
    terminal.until_both_are(&['S']);
    terminal.enter("after it");
    terminal.screen.expect("got after it");
    assert_eq!(terminal.finish().1, "0");
    terminal.close();
}

/// Then nothing stops: not the launcher either.
fn ctrl_z_that_is_ignored(user: User) {
    let (case, mut terminal) = attached(user, &["ignore", "SIGTSTP"]);
    terminal.launch(&case, "");
    terminal.screen.expect("ready");
    terminal.press(CTRL_Z);
    terminal.until_both_are(&['S']);
    terminal.enter("after it");
    terminal.screen.expect("got after it");
    let (printed, status) = terminal.finish();
    assert_eq!(status, "0");
    assert!(!printed.contains("Stopped"), "{printed:?}");
    terminal.close();
}

/// The terminal stops who reads from it in the background.
fn reading_in_the_background(user: User) {
    let (case, mut terminal) = attached(user, &["read-line"]);
    terminal.launch(&case, "&");
    terminal.until_both_are(&['T']);
    terminal.enter("fg");
    terminal.until_both_are(&['S']);
    terminal.enter("typed");
    terminal.screen.expect("got typed");
    assert_eq!(terminal.finish().1, "0");
    terminal.close();
}

fn head_takes_one_line(user: User) {
    let (case, mut terminal) = attached(user, &["lines"]);
    terminal.launch(&case, "| head -1");
    // SIGPIPE, and not a word on standard error.
    assert_eq!(terminal.finish(), ("line 1\r\n".to_owned(), "141 0".to_owned()));
    assert_no_program(&terminal);
    terminal.close();
}

fn less_reads_the_keyboard(user: User) {
    if !has("less") {
        return;
    }
    let (case, mut terminal) = attached(user, &["lines"]);
    terminal.launch(&case, "| less");
    terminal.screen.expect("line 20\r\n");
    terminal.press(b' ');
    terminal.screen.expect("line 40\r\n");
    terminal.press(b'q');
    assert_eq!(terminal.finish().1, "141 0");
    assert_no_program(&terminal);
    terminal.close();
}

fn the_terminal_goes_away(user: User) {
    let (case, mut terminal) = family(user);
    terminal.launch(&case, "");
    terminal.screen.expect("ready");
    terminal.hang_up();
}
