//! Sends 300,000 bytes through `cat`, and reads meanwhile what comes back.

use std::io::{self, Read, Write};
use std::process::{Command, Stdio};
use std::thread;

fn main() -> io::Result<()> {
    let mut cat =
        Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut input = cat.stdin.take().expect("its standard input is piped");
    let mut output = cat.stdout.take().expect("its standard output is piped");

    // The thread owns the write end: when it ends, `cat` sees end-of-file.
    let sending = thread::spawn(move || input.write_all(&[b'x'; 300_000]));
    let mut back = Vec::new();
    output.read_to_end(&mut back)?;
    sending.join().expect("the thread does not panic")?;

    cat.wait()?;
    println!("{} bytes came back", back.len());
    Ok(())
}
