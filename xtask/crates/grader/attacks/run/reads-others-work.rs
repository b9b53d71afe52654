//! Reads a file that every user of the machine may read.

fn main() {
    let path = std::env::args().nth(1).unwrap_or_default();
    if std::fs::read(&path).is_ok() {
        println!("BROKEN: it can read {path}");
    }
}
