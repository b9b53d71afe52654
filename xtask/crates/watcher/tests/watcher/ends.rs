//! Whatever ends it, the terminal is as it was, and nothing of it runs any more.

use std::process::Command;

use fixture::terminal::Terminal;
use nix::sys::signal::Signal;

use crate::course::{WAITS, Watched, checker, until};

const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const CTRL_Z: &str = "\x1a";
const CTRL_BACKSLASH: &str = "\x1c";

/// In the middle of a check.
#[track_caller]
fn checking() -> (Watched, Terminal) {
    let watched = Watched::new();
    watched.save(WAITS);
    let mut terminal = Terminal::start(&watched.command(&[]));
    watched.until_it_runs();
    terminal.expect("checking");
    terminal.assert_taken();
    (watched, terminal)
}

#[test]
fn quit() {
    for key in ["q", CTRL_D] {
        let (watched, mut terminal) = checking();
        terminal.press(key);
        assert!(terminal.wait().success());
        terminal.assert_given_back();
        // What stays: how to go on.
        terminal.expect("go on: cargo xtask watch ex-01");
        watched.assert_nothing_runs();
    }
}

#[test]
fn quit_after_a_verdict() {
    let watched = Watched::new();
    let mut terminal = watched.start();
    terminal.press("q");
    assert!(terminal.wait().success());
    terminal.assert_given_back();
    terminal.expect("ex-01 does not pass yet; go on: cargo xtask watch ex-01");
    watched.assert_nothing_runs();
}

#[test]
fn keys_that_make_signals() {
    for (key, signal) in [(CTRL_C, Signal::SIGINT), (CTRL_BACKSLASH, Signal::SIGQUIT)] {
        let (watched, mut terminal) = checking();
        terminal.press(key);
        terminal.wait_for_signal(signal);
        terminal.assert_given_back();
        watched.assert_nothing_runs();
    }
}

#[test]
fn signals_that_end() {
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT] {
        let (watched, mut terminal) = checking();
        terminal.signal(signal);
        terminal.wait_for_signal(signal);
        terminal.assert_given_back();
        watched.assert_nothing_runs();
    }
}

/// Then nobody can give the terminal back; what was started ends all the same, also where all of
/// the process group is killed.
#[test]
fn killed() {
    for whole_group in [false, true] {
        let (watched, mut terminal) = checking();
        if whole_group {
            terminal.signal_group(Signal::SIGKILL);
        } else {
            terminal.signal(Signal::SIGKILL);
        }
        terminal.wait_for_signal(Signal::SIGKILL);
        watched.until_nothing_runs();
    }
}

#[test]
fn a_window_that_is_closed() {
    let (watched, mut terminal) = checking();
    terminal.hang_up();
    watched.until_nothing_runs();
}

/// Under a shell with job control: stopped, the terminal is the shell's, and nothing runs.
#[test]
fn ctrl_z_and_fg() {
    let watched = Watched::new();
    watched.save(WAITS);
    let command = watched.command(&[]);
    let mut shell = watched.command_of("bash");
    shell.args(["--norc", "--noprofile", "--noediting", "-i"]);
    shell.env("PS1", "READY> ").env("HISTFILE", "");
    let mut terminal = Terminal::start(&shell);
    terminal.expect("READY>");
    let words: Vec<String> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| format!("'{}'", word.to_string_lossy()))
        .collect();
    terminal.press(&format!("{}\n", words.join(" ")));
    terminal.expect("checking...");
    watched.until_it_runs();
    terminal.assert_taken();

    terminal.press(CTRL_Z);
    terminal.expect("Stopped");
    terminal.assert_given_back();
    // The shell, and the one who watches.
    until("only two are left", || watched.running().len() == 2);

    watched.save_words("one two");
    terminal.press("fg\n");
    terminal.expect("PASSED after");
    terminal.assert_taken();
    terminal.press(CTRL_Z);
    terminal.until("stopped again", |screen| screen.matches("Stopped").count() == 2);
    terminal.press("fg\n");
    // What was known is still known.
    terminal.expect("PASSED after");
    terminal.press("q");
    terminal.expect("ex-01 passes; go on: cargo xtask watch");
    terminal.press("exit\n");
    assert!(terminal.wait().success());
    terminal.assert_given_back();
    watched.assert_nothing_runs();
}

/// A window of its own, without a shell: nobody could continue it.
#[test]
fn ctrl_z_where_nobody_could_continue_it() {
    let (watched, mut terminal) = checking();
    terminal.press(CTRL_Z);
    terminal.press("h");
    terminal.expect("The hint 1.");
    terminal.press("q");
    assert!(terminal.wait().success());
    terminal.assert_given_back();
    watched.assert_nothing_runs();
}

#[test]
fn signals_that_the_caller_ignores() {
    let watched = Watched::new();
    let inner = watched.command(&[]);
    let mut command = watched.command_of("sh");
    command.args(["-c", "trap '' INT HUP; exec \"$@\"", "sh"]);
    command.arg(inner.get_program()).args(inner.get_args());
    let mut terminal = Terminal::start(&command);
    terminal.expect("FAILED after");
    terminal.press(CTRL_C);
    terminal.signal(Signal::SIGHUP);
    terminal.press("h");
    terminal.expect("The hint 1.");
    terminal.signal(Signal::SIGTERM);
    terminal.wait_for_signal(Signal::SIGTERM);
    terminal.assert_given_back();
}

/// A program that takes the terminal as `watch` does and then ends in this way.
#[track_caller]
fn panics(way: &str) -> Terminal {
    let mut command = Command::new(env!("CARGO_BIN_EXE_watcher-panics"));
    command.arg(way).current_dir("/").env("TERM", "xterm").env("RUST_BACKTRACE", "0");
    Terminal::start(&command)
}

#[test]
fn a_panic() {
    let mut terminal = panics("panic");
    assert_eq!(terminal.wait().code(), Some(101));
    terminal.assert_given_back();
    // Its message stands on the main screen, where it can be read.
    assert!(terminal.screen().contains("a panic on purpose"), "{}", terminal.screen());
}

/// What the check has started ends with it.
#[test]
fn a_panic_during_a_check() {
    let watched = Watched::new();
    watched.save(WAITS);
    let mut command = watched.command_of(env!("CARGO_BIN_EXE_watcher-panics"));
    command.arg("panic-while-it-watches").arg(checker()).env("RUST_BACKTRACE", "0");
    let mut terminal = Terminal::start(&command);
    watched.until_it_runs();
    terminal.expect("checking");
    terminal.assert_taken();
    terminal.signal(Signal::SIGUSR1);
    assert_eq!(terminal.wait().code(), Some(101));
    terminal.assert_given_back();
    assert!(terminal.screen().contains("a panic on purpose"), "{}", terminal.screen());
    watched.assert_nothing_runs();
}

/// The process goes on, so that the terminal is not given back before it ends.
#[test]
fn a_panic_of_another_thread() {
    let mut terminal = panics("panic-elsewhere");
    assert!(terminal.wait().success());
    terminal.assert_given_back();
    let bytes = String::from_utf8_lossy(&terminal.bytes);
    let at = |text: &str| bytes.find(text).unwrap_or_else(|| panic!("no {text:?}: {bytes:?}"));
    assert!(at("a panic on purpose") < at("still taken"), "{bytes:?}");
    assert!(at("still taken") < at("\x1b[?1049l"), "{bytes:?}");
}

#[test]
fn an_end_without_trouble() {
    let mut terminal = panics("return");
    assert!(terminal.wait().success());
    terminal.assert_given_back();
}

/// Told before the terminal is taken.
#[test]
fn a_wrong_id() {
    let watched = Watched::new();
    let mut terminal = Terminal::start(&watched.command(&["ex-09"]));
    assert_eq!(terminal.wait().code(), Some(2));
    terminal.assert_given_back();
    terminal.expect("there is no lesson or exercise `ex-09`");
}
