//! Makes a ring on which the kernel takes calls, past the filter of system calls.

fn main() {
    // `struct io_uring_params` has 120 bytes (io_uring_setup(2)).
    let mut parameters = [0_u64; 15];
    // SAFETY:
    // obligation: io_uring_setup reads and writes 120 bytes at its second argument.
    // here: there are as many.
    // broken by: a shorter array.
    let ring = unsafe { libc::syscall(libc::SYS_io_uring_setup, 4, parameters.as_mut_ptr()) };
    if ring >= 0 {
        println!("BROKEN: a ring of its own");
    } else {
        println!("REFUSED: {}", std::io::Error::last_os_error());
    }
}
