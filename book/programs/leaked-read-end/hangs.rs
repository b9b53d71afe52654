//! `yes | head -n 1`, joined by hand.

use std::io;
use std::process::Command;

fn main() -> io::Result<()> {
    let (reader, writer) = io::pipe()?;
    let mut yes = Command::new("yes").stdout(writer).spawn()?;
    let mut head = Command::new("head")
        .args(["-n", "1"])
        .stdin(reader.try_clone()?)
        .spawn()?;

    // When `head` has ended nobody reads any more, and writing is to end `yes`.
    yes.wait()?;
    head.wait()?;
    drop(reader);
    Ok(())
}
