//! A `Command` that is still alive holds the write end that was given to it as standard output.
//!
//! hangs: the child has ended; the process waits for an end-of-file that its own `Command`
//! withholds.
//! fixed: drop(command) before the read.
//!
//! verdict: deadlock
//! kind: leaked-write-end
//! blocked: parent read 3
//! fix: parent 4 write

use std::io::Read;
use std::process::Command;

fn main() {
    let (mut reader, writer) = std::io::pipe().expect("create a pipe");
    let mut command = Command::new("echo");
    command.arg("hello").stdout(writer);
    let mut child = command.spawn().expect("start echo");
    child.wait().expect("wait for echo");
    let fixed = std::env::args().any(|word| word == "fixed");
    let keep = Some(command).filter(|_| !fixed);
    reader.read_to_end(&mut Vec::new()).expect("read from the pipe");
    drop(keep);
}
