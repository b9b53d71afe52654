//! Writes one large file.

use std::fs::File;
use std::io::Write;

fn main() {
    // SAFETY:
    // obligation: SIG_IGN is a valid action for the signal (signal(2)).
    // here: so that the limit shows as an error and not as the program's end.
    // broken by: another number.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    let mut file = File::create("/tmp/large").expect("make a file");
    let part = vec![1; 1 << 20];
    let mib = (0..16).take_while(|_| file.write_all(&part).is_ok()).count();
    if mib == 16 {
        println!("BROKEN: a file of {mib} MiB");
    }
}
