//! Makes a user namespace, in which it would have all capabilities.

fn main() {
    // SAFETY:
    // obligation: unshare takes flags (unshare(2)); the program has one thread.
    // here: it is asked for a user namespace.
    // broken by: nothing.
    if unsafe { libc::unshare(libc::CLONE_NEWUSER) } == 0 {
        println!("BROKEN: a user namespace of its own");
    }
}
