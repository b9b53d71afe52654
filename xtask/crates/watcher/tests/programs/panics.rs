//! Takes the terminal over, and then ends in one of the ways in which it must be given back.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use watcher::terminal::Terminal;
use watcher::{Asked, Watch};

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let way = words.next();
    if way.as_deref() == Some("panic-while-it-watches") {
        watch(words.next().expect("the program that checks"));
    }
    let terminal = Terminal::take().expect("a terminal");
    match way.as_deref() {
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

/// Watches as `watch` does, until a signal asks for a panic.
fn watch(checker: String) -> ! {
    let is_time = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGUSR1, Arc::clone(&is_time))
        .expect("catch a signal");
    let asked = Asked { id: None, checker: checker.into(), poll: None, times: false };
    let mut watch = Watch::begin(asked).expect("something to watch");
    loop {
        let end = watch.turn().expect("a terminal");
        assert_eq!(end, None, "it was to panic");
        assert!(!is_time.load(Ordering::Relaxed), "a panic on purpose");
    }
}
