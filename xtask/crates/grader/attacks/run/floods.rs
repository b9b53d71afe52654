//! Prints without an end.

use std::io::Write;

fn main() {
    let line = vec![b'x'; 1 << 16];
    let mut out = std::io::stdout().lock();
    let parts = (0..256).take_while(|_| out.write_all(&line).is_ok()).count();
    if parts == 256 {
        eprintln!("BROKEN: 16 MiB of output");
    }
}
