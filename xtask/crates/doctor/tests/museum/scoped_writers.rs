//! A thread writes to two pipes, and the main thread reads one to its end, then the other.
//!
//! hangs: the second pipe is full, the thread that fills it holds the first pipe open.
//! fixed: the main thread reads the second one in a thread of its own.
//!
//! verdict: deadlock
//! kind: other-pipe-full | leaked-write-end
//! blocked: parent read 3
//! blocked: parent write 6
//! fix: any

use std::io::{Read, Write};
use std::thread;

fn main() {
    let (mut first, mut to_first) = std::io::pipe().expect("create a pipe");
    let (mut second, mut to_second) = std::io::pipe().expect("create a pipe");
    let fixed = std::env::args().any(|word| word == "fixed");
    thread::scope(|scope| {
        scope.spawn(move || {
            to_first.write_all(b"hello").expect("write to the first pipe");
            to_second.write_all(&[0; 100_000]).expect("write to the second pipe");
            drop(to_first);
        });
        let mut reads_second =
            move || second.read_to_end(&mut Vec::new()).expect("read the second");
        if fixed {
            scope.spawn(reads_second);
            first.read_to_end(&mut Vec::new()).expect("read the first pipe");
        } else {
            first.read_to_end(&mut Vec::new()).expect("read the first pipe");
            reads_second();
        }
    });
}
