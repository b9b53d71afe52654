//! Calls what no exercise needs and what reaches far into the kernel.

fn main() {
    let calls = [
        ("memfd_create", libc::SYS_memfd_create, [c"x".as_ptr() as i64, 0, 0]),
        ("add_key", libc::SYS_add_key, [c"user".as_ptr() as i64, c"x".as_ptr() as i64, 0]),
        ("keyctl", libc::SYS_keyctl, [0, -3, 0]),
        ("io_uring_setup", libc::SYS_io_uring_setup, [4, 0, 0]),
        ("userfaultfd", libc::SYS_userfaultfd, [0, 0, 0]),
        ("perf_event_open", libc::SYS_perf_event_open, [0, 0, 0]),
        ("bpf", libc::SYS_bpf, [0, 0, 0]),
        ("ptrace", libc::SYS_ptrace, [0, 0, 0]),
        ("mount", libc::SYS_mount, [0, 0, 0]),
        ("setns", libc::SYS_setns, [-1, 0, 0]),
        ("open_by_handle_at", libc::SYS_open_by_handle_at, [-1, 0, 0]),
        ("shmget", libc::SYS_shmget, [0, 4096, 0o1600]),
        ("vsock", libc::SYS_socket, [40, 1, 0]),
        // Megabytes would wait in each, and no limit counts them.
        ("setsockopt", libc::SYS_setsockopt, [0, 1, 7]),
    ];
    for (name, number, [a, b, c]) in calls {
        // SAFETY:
        // obligation: each call's arguments are such that the kernel only reads what is there.
        // here: strings that end with a zero byte, numbers, and null pointers, which give EFAULT.
        // broken by: a call that writes through one of them.
        let result = unsafe { libc::syscall(number, a, b, c, 0, 0) };
        let error = std::io::Error::last_os_error().raw_os_error();
        if result >= 0 || error != Some(libc::EPERM) {
            println!("BROKEN: {name} is not refused");
        }
    }
    // SAFETY:
    // obligation: clone3 reads as many bytes as its second argument says (clone(2)).
    // here: none, which gives EINVAL where it is known at all.
    // broken by: a size above 0.
    unsafe { libc::syscall(libc::SYS_clone3, 0, 0) };
    if std::io::Error::last_os_error().raw_os_error() != Some(libc::ENOSYS) {
        println!("BROKEN: clone3 is known");
    }
}
