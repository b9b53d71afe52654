//! Programs that misbehave, one to a word, for the launcher's tests.
//!
//! ```text
//! misbehave WORD [NUMBER…]
//! ```
//!
//! Every process of them carries the test's mark as its name, so that a test finds whoever was left
//! behind, zombies included, and ends itself after [`ALARM_SECONDS`], so that a broken launcher
//! leaves nothing for long. Where a program gets ready for something it prints "ready".

#![expect(unsafe_code, reason = "fork, signal handlers, and the exit of a single thread")]

mod processes;
mod resources;
mod signals;
mod waits;

use std::env;
use std::ffi::CString;
use std::io::{self, Write};
use std::process::ExitCode;

use nix::sys::signal::SigHandler;
use nix::unistd::alarm;

/// Longer than any deadline in the tests.
const ALARM_SECONDS: u32 = 40;

fn main() -> ExitCode {
    mark();
    // Rust ignores it.
    signals::set("SIGPIPE", SigHandler::SigDfl);
    let arguments: Vec<String> = env::args().skip(1).collect();
    let word = arguments.first().map_or("", String::as_str);
    let number =
        |index: usize| arguments.get(index).map_or(0, |word| word.parse().expect("a number"));
    match word {
        "exit" => return ExitCode::from(u8::try_from(number(1)).expect("an exit code")),
        "hang" => ready_and_hang(),
        "die" => signals::die(i32::try_from(number(1)).expect("a signal")),
        "ignore" => signals::ignore(&arguments[1]),
        "catch-term" => signals::catch_term(number(1) != 0),
        "catch-int" => signals::catch_int(),
        "wait-as-system" => signals::wait_as_system(),
        "daemon" => processes::daemon(),
        "grandchild" => processes::grandchild(),
        "stopped" => processes::stopped(),
        "traced" => processes::traced(),
        "hostile-name" => processes::hostile_name(),
        "threads" => processes::children_of_threads(number(1)),
        "unreaped" => processes::unreaped(number(1), number(2), number(3) != 0),
        "reaped" => processes::reaped(number(1)),
        "orphan" => processes::orphan(),
        "hop" => processes::hop(number(1), number(2) != 0),
        "bomb" => processes::bomb(number(1), number(2) != 0),
        "bytes" => resources::bytes(number(1), number(2)),
        "lines" => resources::lines(),
        "copy" => resources::copy(),
        "read-line" => resources::read_line(),
        "close-stdin" => resources::close_stdin(number(1) != 0),
        "close-all" => resources::close_all(),
        "spin" => resources::spin(),
        "spin-on-one-processor" => resources::spin_on_one_processor(number(1)),
        "spin-in-children" => resources::spin_in_children(number(1)),
        "memory" => resources::memory(number(1)),
        "memory-in-children" => resources::memory_in_children(number(1), number(2)),
        "memory-of-a-dead-leader" => resources::memory_of_a_dead_leader(number(1)),
        "start-from" => resources::start_from(number(1), &arguments[2..]),
        "open-files" => resources::open_files(),
        "leak" => waits::leak(),
        "leak-hidden" => waits::leak_hidden(),
        "leak-to-child" => waits::leak_to_child(),
        "leak-to-thread" => waits::leak_to_thread(),
        "fill" => waits::fill(),
        "ping-pong" => waits::ping_pong(number(1)),
        "sleep" => waits::sleep(number(1)),
        "nap" => waits::nap(number(1), number(2)),
        "poll" => waits::poll_for(number(1)),
        "poll-stdin" => waits::poll_stdin(),
        "poll-stdout" => waits::poll_stdout(),
        "poll-forever" => waits::poll_forever(),
        "count-signals" => waits::count_signals(number(1)),
        "select" => waits::select_for(number(1)),
        "wait-on-condition" => waits::condition(number(1)),
        "alarm" => waits::alarm_clock(),
        "wait-for-alarm" => waits::wait_for_alarm(),
        "timer" => waits::timer(number(1)),
        "timerfd" => waits::timerfd(number(1)),
        "socket" => waits::socket(),
        "lock" => waits::lock(&arguments[1]),
        "open" => waits::open(&arguments[1], false),
        "open-for-writing" => waits::open(&arguments[1], true),
        "open-beside" => waits::open_beside(&arguments[1]),
        "read-fifo" => waits::read_fifo(&arguments[1]),
        "descriptors" => resources::descriptors(),
        _ => panic!("unknown word {word:?}"),
    }
    ExitCode::SUCCESS
}

/// Takes the test's mark as this process's name, and sets its alarm: fork passes on the one, not
/// the other.
fn mark() {
    let mark = env::var("LAUNCHER_TEST_MARK").unwrap_or_default();
    let name = CString::new(mark).expect("a mark without NUL");
    nix::sys::prctl::set_name(&name).expect("take the mark as a name");
    alarm::set(ALARM_SECONDS);
}

fn say(text: &str) {
    let mut stdout = io::stdout();
    writeln!(stdout, "{text}").and_then(|()| stdout.flush()).expect("print");
}

fn hang() -> ! {
    loop {
        nix::unistd::pause();
    }
}

fn ready_and_hang() -> ! {
    say("ready");
    hang()
}
