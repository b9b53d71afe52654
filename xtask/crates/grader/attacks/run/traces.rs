//! Wants to be a debugger of what watches over it, or of a child.

fn main() {
    // SAFETY:
    // obligation: PTRACE_SEIZE and PTRACE_TRACEME take numbers and null pointers (ptrace(2)).
    // here: such; the child leaves at once.
    // broken by: a request that writes to memory.
    unsafe {
        let none = std::ptr::null_mut::<libc::c_void>();
        if libc::ptrace(libc::PTRACE_SEIZE, libc::getppid(), none, none) == 0 {
            println!("BROKEN: it traces what watches over it");
        }
        if libc::fork() == 0 {
            let traced = libc::ptrace(libc::PTRACE_TRACEME, 0, none, none) == 0;
            libc::_exit(i32::from(traced));
        }
        let mut status = 0;
        libc::wait(&raw mut status);
        if libc::WEXITSTATUS(status) == 1 {
            println!("BROKEN: it traces a child");
        }
    }
}
