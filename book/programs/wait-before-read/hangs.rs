//! Waits until `seq` has ended, and reads then what it has printed.

use std::io;
use std::process::{Command, Stdio};

fn main() -> io::Result<()> {
    let mut child =
        Command::new("seq").arg("20000").stdout(Stdio::piped()).spawn()?;
    let output = child.stdout.take().expect("its standard output is piped");

    child.wait()?;
    let text = io::read_to_string(output)?;

    println!("{} lines", text.lines().count());
    Ok(())
}
