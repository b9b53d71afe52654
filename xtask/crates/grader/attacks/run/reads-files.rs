//! Looks for what is none of its business: accounts, homes, other submissions, the course.

use std::fs;

fn main() {
    for path in ["/etc/passwd", "/etc/shadow", "/root", "/home", "/var/log", "/work/result.json"] {
        if fs::read(path).is_ok() || fs::read_dir(path).is_ok() {
            println!("BROKEN: it can read {path}");
        }
    }
    let above = fs::read_dir("..").into_iter().flatten().flatten().count();
    if above > 1 {
        println!("BROKEN: {above} entries beside its folder");
    }
}
