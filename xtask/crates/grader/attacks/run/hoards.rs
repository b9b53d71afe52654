//! Fills shared memory and lets go of it: it stays, and counts for no process.

use std::os::fd::AsRawFd;

const BYTES: usize = 64 << 20;
const PARTS: usize = 4;

fn main() {
    hoard(libc::MAP_SHARED | libc::MAP_ANONYMOUS, -1, "without a name");
    let zero = std::fs::OpenOptions::new().read(true).write(true).open("/dev/zero");
    if let Ok(zero) = zero {
        hoard(libc::MAP_SHARED, zero.as_raw_fd(), "of /dev/zero");
    }
}

fn hoard(flags: libc::c_int, fd: libc::c_int, what: &str) {
    let writable = libc::PROT_READ | libc::PROT_WRITE;
    for _ in 0..PARTS {
        // SAFETY:
        // obligation: nobody else uses the memory that is mapped, written and let go of.
        // here: the kernel chooses new addresses, and only this loop knows them.
        // broken by: a fixed address.
        unsafe {
            let memory = libc::mmap(std::ptr::null_mut(), BYTES, writable, flags, fd, 0);
            if memory == libc::MAP_FAILED {
                return;
            }
            for at in (0..BYTES).step_by(4096) {
                memory.cast::<u8>().add(at).write_volatile(1);
            }
            libc::madvise(memory, BYTES, libc::MADV_DONTNEED);
        }
    }
    println!("BROKEN: {} MiB {what}", PARTS * BYTES >> 20);
}
