//! Wants a time namespace, whose clocks it could set: how long it has run is measured by them.

fn main() {
    // SAFETY:
    // obligation: unshare takes flags (unshare(2)); the program has one thread.
    // here: it is asked for a time namespace, and for a user namespace in which it may have one.
    // broken by: nothing.
    let result = unsafe { libc::syscall(libc::SYS_unshare, libc::CLONE_NEWTIME) };
    let error = std::io::Error::last_os_error().raw_os_error();
    // Without a capability the kernel refuses it with EPERM, as the filter does; with a bit that no
    // kernel knows it says EINVAL, unless the filter has seen the first one.
    // SAFETY:
    // obligation: as above.
    // here: flags that come to nothing.
    // broken by: nothing.
    let probe = unsafe { libc::syscall(libc::SYS_unshare, libc::CLONE_NEWTIME | 1) };
    let probed = std::io::Error::last_os_error().raw_os_error();
    if result == 0 || probe == 0 || probed == Some(libc::EINVAL) {
        println!("BROKEN: the filter lets it through ({error:?}, {probed:?})");
    }
}
