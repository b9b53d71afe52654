//! The errors of a program go through `tr`. They are read first, its output later.

use std::io;
use std::process::{Command, Stdio};

fn main() -> io::Result<()> {
    let (reader, writer) = io::pipe()?;
    let mut seq = Command::new("seq")
        .arg("20000")
        .stdout(Stdio::piped())
        .stderr(writer)
        .spawn()?;
    let mut tr = Command::new("tr")
        .args(["a-z", "A-Z"])
        .stdin(reader)
        .stdout(Stdio::piped())
        .spawn()?;
    let output = seq.stdout.take().expect("its standard output is piped");
    let errors = tr.stdout.take().expect("its standard output is piped");

    let complaints = io::read_to_string(errors)?;
    let printed = io::read_to_string(output)?;

    seq.wait()?;
    tr.wait()?;
    println!(
        "{} lines, {} complaints",
        printed.lines().count(),
        complaints.lines().count()
    );
    Ok(())
}
