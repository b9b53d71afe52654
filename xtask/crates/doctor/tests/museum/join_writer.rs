//! A thread writes more than the pipe holds; the main thread joins it and would read then.
//!
//! hangs: the thread waits for room, which only the thread that waits for it could make. Nobody has
//!   forgotten the read end: it is still to be used.
//! fixed: the pipe is read first, and the thread joined then.
//!
//! verdict: deadlock
//! kind: thread-join
//! blocked: parent futex
//! blocked: parent write 4
//! fix: none

use std::io::{Read, Write};

fn main() {
    let (mut reader, mut writer) = std::io::pipe().expect("create a pipe");
    let writing = std::thread::spawn(move || writer.write_all(&[b'x'; 1_000_000]));
    let mut read = || reader.read_to_end(&mut Vec::new()).expect("read the pipe");
    let fixed = std::env::args().any(|word| word == "fixed");
    let count = fixed.then(&mut read);
    writing.join().expect("join the thread").expect("write to the pipe");
    assert_eq!(count.unwrap_or_else(read), 1_000_000);
}
