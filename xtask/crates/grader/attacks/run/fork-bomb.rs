//! Forks as often as it can, up to a bound. Each child waits until all are there.

fn main() {
    let mut ends = [0; 2];
    // SAFETY:
    // obligation: pipe takes an array of two ints (pipe(2)).
    // here: it is one.
    // broken by: a shorter array.
    unsafe { libc::pipe(ends.as_mut_ptr()) };
    let mut children = 0;
    for _ in 0..150 {
        // SAFETY:
        // obligation: the child may make only async-signal-safe calls (fork(2)).
        // here: it closes, reads and leaves; the program has one thread.
        // broken by: a print in the child.
        match unsafe { libc::fork() } {
            -1 => break,
            0 => {
                let mut byte = 0_u8;
                // SAFETY:
                // obligation: read may write as many bytes as it is told (read(2)).
                // here: one, and there is room for one.
                // broken by: a larger count.
                unsafe {
                    libc::close(ends[1]);
                    libc::read(ends[0], (&raw mut byte).cast(), 1);
                    libc::_exit(0);
                }
            }
            _ => children += 1,
        }
    }
    if children == 150 {
        println!("BROKEN: {children} children at one time");
    }
}
