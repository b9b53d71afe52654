//! Programs that do something about signals.

use std::io::{self, BufRead};

use nix::sys::signal::{SigHandler, Signal, raise, signal};
use nix::sys::wait::waitpid;

use crate::processes::child;
use crate::{hang, ready_and_hang, say};

pub fn die(number: i32) {
    // SAFETY:
    // obligation: SIG_DFL must be a valid action for the signal.
    // here: it is for all; Rust's own handler for SIGSEGV would not end the program.
    // broken by: a handler's address instead.
    unsafe { libc::signal(number, libc::SIG_DFL) };
    // SAFETY:
    // obligation: none; raise takes a number.
    // here: a number that is no signal only gives an error.
    // broken by: nothing.
    unsafe { libc::raise(number) };
    hang();
}

pub fn set(name: &str, action: SigHandler) {
    let signal_named: Signal = name.parse().expect("a signal's name");
    // SAFETY:
    // obligation: a handler must be async-signal-safe.
    // here: callers pass SIG_IGN, SIG_DFL or a handler of this file, which only write and _exit.
    // broken by: a handler that allocates or locks.
    unsafe { signal(signal_named, action) }.expect("set an action");
}

pub fn ignore(names: &str) {
    for name in names.split(',') {
        set(name, SigHandler::SigIgn);
    }
    say("ready");
    // With a terminal, a line ends it; without, it hangs.
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).expect("read a line");
    if line.is_empty() {
        hang();
    }
    say(&format!("got {}", line.trim_end()));
}

pub extern "C" fn say_bye(_signal: i32) {
    write_raw(b"bye\n");
    // SAFETY:
    // obligation: _exit is async-signal-safe and runs nothing of the program.
    // here: that is what a handler wants.
    // broken by: exit in its place.
    unsafe { libc::_exit(7) };
}

extern "C" fn say_caught(_signal: i32) {
    write_raw(b"caught\n");
}

fn write_raw(text: &[u8]) {
    // SAFETY:
    // obligation: the pointer is valid for that many bytes; write is async-signal-safe.
    // here: both come from one slice.
    // broken by: a length of its own.
    unsafe { libc::write(1, text.as_ptr().cast(), text.len()) };
}

/// Exits with 7 on SIGTERM, in words; until then it hangs, or is stopped.
pub fn catch_term(stops: bool) {
    set("SIGTERM", SigHandler::Handler(say_bye));
    say("ready");
    if stops {
        raise(Signal::SIGSTOP).expect("stop");
    }
    hang();
}

/// Says when Ctrl-C came and goes on until it has read a line.
pub fn catch_int() {
    set("SIGINT", SigHandler::Handler(say_caught));
    say("ready");
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).expect("read a line");
    say(&format!("got {}", line.trim_end()));
}

/// Does what system(3) does: ignores Ctrl-C while it waits for a child that does not.
pub fn wait_as_system() {
    set("SIGINT", SigHandler::SigIgn);
    let command = child(|| {
        set("SIGINT", SigHandler::SigDfl);
        ready_and_hang();
    });
    let end = waitpid(command, None).expect("wait for the command");
    set("SIGINT", SigHandler::SigDfl);
    say(&format!("the command ended: {end:?}"));
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).expect("read a line");
    say(&format!("got {}", line.trim_end()));
}
