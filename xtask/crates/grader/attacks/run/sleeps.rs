//! Does not end.

use std::time::Duration;

fn main() {
    std::thread::sleep(Duration::from_secs(4));
    println!("BROKEN: it slept as long as it liked");
}
