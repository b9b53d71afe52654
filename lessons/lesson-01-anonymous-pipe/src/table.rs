//! Prints the tables of this lesson, and refuses to print a line that does not hold.

use std::io::Write;

use anyhow::Context;
use nix::poll::{PollFd, PollFlags};
use transcript::Transcript;

/// Poll's answers by their names in poll(2), without the `POLL`.
const NAMES: [(PollFlags, &str); 5] = [
    (PollFlags::POLLIN, "IN"),
    (PollFlags::POLLOUT, "OUT"),
    (PollFlags::POLLERR, "ERR"),
    (PollFlags::POLLHUP, "HUP"),
    // Only an error could say this one (any will do).
    (PollFlags::POLLNVAL, "NVAL"),
];

/// The first line: `which` ends are counted.
pub fn heading(out: &mut Transcript, which: &str) -> anyhow::Result<()> {
    writeln!(out, "{:<34}{:<12}poll says", "", which)?;
    Ok(())
}

/// One step of an experiment: how many of those ends are open, and what poll has just answered.
pub fn row(
    out: &mut Transcript,
    step: &str,
    (open, asked): (usize, &PollFd<'_>),
    expected: (usize, PollFlags),
) -> anyhow::Result<()> {
    let answer = asked.revents().context("poll answered with flags that nix does not name")?;
    anyhow::ensure!(
        (open, answer) == expected,
        "{step}: {open} ends are open and poll says {}, where {} and {} must be",
        words(answer),
        expected.0,
        words(expected.1),
    );
    writeln!(out, "{step:<34}{open:<12}{}", words(answer))?;
    Ok(())
}

fn words(answer: PollFlags) -> String {
    let names = NAMES.iter().filter(|(flag, _)| answer.contains(*flag));
    let names: Vec<&str> = names.map(|(_, name)| *name).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(" ") }
}
