//! A thread reads a pipe to its end; the main thread joins it with the write end still in its hand.
//!
//! hangs: the process withholds end-of-file from itself.
//! fixed: drop(writer) before join.
//!
//! verdict: deadlock
//! kind: leaked-write-end
//! blocked: parent futex
//! blocked: parent read 3
//! fix: parent 4 write

use std::io::{Read, Write};

fn main() {
    let (mut reader, mut writer) = std::io::pipe().expect("create a pipe");
    let reading = std::thread::spawn(move || reader.read_to_end(&mut Vec::new()));
    writer.write_all(b"hello").expect("write to the pipe");
    let fixed = std::env::args().any(|word| word == "fixed");
    let keep = Some(writer).filter(|_| !fixed);
    reading.join().expect("join the thread").expect("read from the pipe");
    drop(keep);
}
