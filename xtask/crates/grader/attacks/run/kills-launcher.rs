//! Sends signals to whoever watches over it.

fn main() {
    // SAFETY:
    // obligation: kill takes a process and a signal (kill(2)).
    // here: both are numbers that the kernel checks.
    // broken by: nothing in this program.
    let above = unsafe { libc::getppid() };
    for signal in [libc::SIGTERM, libc::SIGSTOP, libc::SIGINT, libc::SIGUSR1, libc::SIGKILL] {
        // SAFETY:
        // obligation: it takes numbers, which the kernel checks.
        // here: numbers.
        // broken by: nothing in this program.
        unsafe { libc::kill(above, signal) };
    }
    println!("the program ended by itself");
}
