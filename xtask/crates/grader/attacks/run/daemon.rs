//! Leaves a process that has forked twice, in a session of its own, and ends whoever would look for
//! it.

use std::time::Duration;

fn main() {
    // SAFETY:
    // obligation: fork in a program of one thread; setsid and kill take numbers (fork(2), kill(2)).
    // here: the child has one thread as well, and goes on as a program of its own.
    // broken by: a second thread.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // SAFETY:
        // obligation: it takes numbers, which the kernel checks.
        // here: numbers.
        // broken by: nothing in this program.
        unsafe { libc::setsid() };
        // SAFETY:
        // obligation: as above.
        // here: the parent leaves at once, so that the child belongs to nobody.
        // broken by: a second thread.
        unsafe {
            if libc::fork() != 0 {
                libc::_exit(0);
            }
        }
        std::thread::sleep(Duration::from_secs(4));
        return;
    }
    // SAFETY:
    // obligation: it takes numbers, which the kernel checks.
    // here: numbers.
    // broken by: nothing in this program.
    unsafe { libc::kill(libc::getppid(), libc::SIGKILL) };
    std::thread::sleep(Duration::from_millis(200));
}
