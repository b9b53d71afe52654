//! Opens the launcher's descriptors and its memory.

use std::fs;

fn main() {
    // SAFETY:
    // obligation: none, it takes nothing (getppid(2)).
    // here: it gives a number.
    // broken by: nothing.
    let above = unsafe { libc::getppid() };
    for name in ["fd", "mem", "environ", "maps"] {
        let path = format!("/proc/{above}/{name}");
        let listed = fs::read_dir(&path).is_ok();
        if listed || fs::File::open(&path).is_ok() {
            println!("BROKEN: it can open {path}");
        }
    }
}
