//! The standard input of a child was taken out of `Child`, so that `wait` cannot close it.
//!
//! hangs: cat waits for more input, the parent for cat.
//! fixed: drop(stdin) before wait.
//!
//! verdict: deadlock
//! kind: leaked-write-end
//! blocked: parent wait
//! blocked: child-1 read 0
//! fix: parent * write

use std::process::{Command, Stdio};

fn main() {
    let mut cat = Command::new("cat");
    let mut child = cat.stdin(Stdio::piped()).spawn().expect("start cat");
    let stdin = child.stdin.take();
    let fixed = std::env::args().any(|word| word == "fixed");
    let keep = stdin.filter(|_| !fixed);
    child.wait().expect("wait for cat");
    drop(keep);
}
