//! Sends 300,000 bytes through `cat`, and reads then what comes back.

use std::io::{self, Read, Write};
use std::process::{Command, Stdio};

fn main() -> io::Result<()> {
    let mut cat =
        Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut input = cat.stdin.take().expect("its standard input is piped");
    let mut output = cat.stdout.take().expect("its standard output is piped");

    input.write_all(&[b'x'; 300_000])?;
    drop(input);
    let mut back = Vec::new();
    output.read_to_end(&mut back)?;

    cat.wait()?;
    println!("{} bytes came back", back.len());
    Ok(())
}
