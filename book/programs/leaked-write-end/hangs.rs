//! Reads all that `echo` prints, through a pipe that was made by hand.

use std::io::{self, Read};
use std::process::Command;

fn main() -> io::Result<()> {
    let (mut reader, writer) = io::pipe()?;
    let mut child =
        Command::new("echo").arg("hello").stdout(writer.try_clone()?).spawn()?;

    let mut text = String::new();
    reader.read_to_string(&mut text)?;
    drop(writer);

    child.wait()?;
    print!("{text}");
    Ok(())
}
