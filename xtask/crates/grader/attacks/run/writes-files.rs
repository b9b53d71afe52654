//! Leaves files where only the system has any.

use std::fs;

fn main() {
    for folder in ["/", "/usr", "/dev", "/dev/shm", "/pipeworks", "/pipeworks/program", "/run"] {
        let path = format!("{folder}/attack");
        if fs::write(&path, "x").is_ok() {
            println!("BROKEN: it can write {path}");
        }
    }
}
