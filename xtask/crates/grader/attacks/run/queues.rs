//! Looks for shared memory that somebody outside has made (System V, shmget(2)).

fn main() {
    let key = std::env::args().nth(1).and_then(|key| key.parse().ok()).unwrap_or(0_i32);
    // SAFETY:
    // obligation: none: it takes numbers, and without IPC_CREAT it makes nothing.
    // here: it asks for a segment that is there or not.
    // broken by: IPC_CREAT.
    if unsafe { libc::shmget(key, 0, 0) } >= 0 {
        println!("BROKEN: a segment of the machine is within reach");
    }
}
