//! Takes the terminal over, and then ends in one of the ways in which it must be given back.

use std::process::ExitCode;
use std::thread;

use watcher::terminal::Terminal;

fn main() -> ExitCode {
    let terminal = Terminal::take().expect("a terminal");
    match std::env::args().nth(1).as_deref() {
        Some("panic") => panic!("a panic on purpose"),
        Some("panic-elsewhere") => {
            let other = thread::spawn(|| panic!("a panic on purpose"));
            assert!(other.join().is_err(), "it did not panic");
            // This thread goes on and has the terminal still.
            println!("still taken");
        }
        Some("return") => {}
        other => panic!("no such way to end: {other:?}"),
    }
    drop(terminal);
    ExitCode::SUCCESS
}
