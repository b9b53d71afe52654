//! Reads what a program prints and what it complains about at the same time.

use std::io;
use std::process::{Command, Stdio};
use std::thread;

fn main() -> io::Result<()> {
    // It complains 20,000 times, and prints one line then.
    let mut child = Command::new("bash")
        .args(["-c", "seq 20000 >&2; echo done"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let output = child.stdout.take().expect("its standard output is piped");
    let errors = child.stderr.take().expect("its standard error is piped");

    // A thread for one pipe, this one for the other: neither stays full.
    let complaining = thread::spawn(move || io::read_to_string(errors));
    let printed = io::read_to_string(output)?;
    let complaints = complaining.join().expect("the thread does not panic")?;

    child.wait()?;
    println!(
        "{} line, {} complaints",
        printed.lines().count(),
        complaints.lines().count()
    );
    Ok(())
}
