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

    // From here on only `head` has the read end. When it has ended, the next write
    // ends `yes`.
    drop(reader);
    yes.wait()?;
    head.wait()?;
    Ok(())
}
