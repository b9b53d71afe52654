//! Reads what a program prints to its end, and what it complains about afterwards.

use std::io;
use std::process::{Command, Stdio};

fn main() -> io::Result<()> {
    // It complains 20,000 times, and prints one line then.
    let mut child = Command::new("bash")
        .args(["-c", "seq 20000 >&2; echo done"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let output = child.stdout.take().expect("its standard output is piped");
    let errors = child.stderr.take().expect("its standard error is piped");

    let printed = io::read_to_string(output)?;
    let complaints = io::read_to_string(errors)?;

    child.wait()?;
    println!(
        "{} line, {} complaints",
        printed.lines().count(),
        complaints.lines().count()
    );
    Ok(())
}
