//! Takes a processor for itself.

use std::time::{Duration, Instant};

fn main() {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(4) {}
    println!("BROKEN: it had a processor for 4 seconds");
}
