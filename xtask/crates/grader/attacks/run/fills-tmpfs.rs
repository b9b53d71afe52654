//! Fills /tmp with more than it may hold, in files of 4 MiB.

use std::fs;

const MIB: usize = 48;

fn main() {
    let part = vec![1; 4 << 20];
    let written = (0..MIB / 4).take_while(|n| fs::write(format!("/tmp/{n}"), &part).is_ok());
    let mib = written.count() * 4;
    if mib >= MIB {
        println!("BROKEN: it wrote {mib} MiB");
    }
}
