//! Looks for processes that are not its own.

use std::fs;

fn main() {
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    // Itself, and the launcher that started it.
    // SAFETY:
    // obligation: none, they take nothing (getpid(2)).
    // here: they give numbers.
    // broken by: nothing.
    let own = unsafe { [libc::getpid(), libc::getppid()] };
    for pid in pids.filter(|pid| !own.contains(pid)) {
        // SAFETY:
        // obligation: kill takes numbers (kill(2)).
        // here: signal 0, which only asks.
        // broken by: another signal.
        if unsafe { libc::kill(pid, 0) } == 0 {
            println!("BROKEN: it can signal process {pid}");
        }
    }
}
