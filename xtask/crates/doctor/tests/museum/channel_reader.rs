//! The main thread waits for a message from a thread that reads a pipe, and it has the write end
//! itself. It waits in futex, and not to join.
//!
//! hangs: nobody writes, so nobody sends.
//! fixed: drop(writer) first.
//!
//! verdict: deadlock
//! kind: leaked-write-end
//! blocked: parent futex
//! blocked: parent read 3
//! fix: parent 4 write

use std::io::Read;
use std::sync::mpsc::channel;

fn main() {
    let (mut reader, writer) = std::io::pipe().expect("create a pipe");
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut all = Vec::new();
        reader.read_to_end(&mut all).expect("read from the pipe");
        sender.send(all).expect("send what was read");
    });
    let fixed = std::env::args().any(|word| word == "fixed");
    let keep = Some(writer).filter(|_| !fixed);
    receiver.recv().expect("receive what was read");
    drop(keep);
}
