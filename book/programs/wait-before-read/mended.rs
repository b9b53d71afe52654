//! Reads what `seq` prints, and waits for its end then.

use std::io;
use std::process::{Command, Stdio};

fn main() -> io::Result<()> {
    let mut child =
        Command::new("seq").arg("20000").stdout(Stdio::piped()).spawn()?;
    let output = child.stdout.take().expect("its standard output is piped");

    // Until end-of-file: until `seq` has written all of it.
    let text = io::read_to_string(output)?;
    child.wait()?;

    println!("{} lines", text.lines().count());
    Ok(())
}
