//! Sets a limit on whoever watches over it: no descriptor any more, so no look at it either. A run
//! that nobody can report on is nobody's fault, and no zero.

fn main() {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY:
    // obligation: prlimit reads one rlimit and writes none where the last pointer is null
    //   (prlimit(2)).
    // here: it is a local that lives until the call has returned.
    // broken by: a pointer to something smaller.
    unsafe {
        libc::prlimit(libc::getppid(), libc::RLIMIT_NOFILE, &raw const none, std::ptr::null_mut());
    }
    std::thread::sleep(std::time::Duration::from_secs(2));
    println!("the program ended by itself");
}
