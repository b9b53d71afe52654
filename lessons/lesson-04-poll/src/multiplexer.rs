//! Two children write in turns, one parent reads from both, and every line carries its child's
//! name.
//!
//! The order is not left to sleeps, as in the article, but to tokens: a child's standard input is a
//! pipe of its own, and before each line the child waits for one byte from it. The parent hands the
//! next token when it has got the line before.

use std::io::Write;

use anyhow::Context;
use nix::fcntl::OFlag;
use nix::sys::wait::WaitStatus;
use nix::unistd::{pipe2, write};
use transcript::Transcript;

use crate::pipe_multiplexer::{Event, PipeMultiplexer};
use crate::words;

/// A shell is there on every Unix. `read` takes one token, `echo` writes one line.
const SHELL: &str = "/bin/sh";
const CHILD_A: &str =
    "read turn && echo output from child A && read turn && echo more from child A";
const CHILD_B: &str = "read turn && echo output from child B";

/// One token: the newline that the shell's `read` waits for.
const TURN: &[u8] = b"\n";

// ANCHOR: multiplexer
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    // A token pipe for each child: with one for both, either could take the other's token.
    let (turns_a, give_a) = pipe2(OFlag::O_CLOEXEC).context("create childA's token pipe")?;
    let (turns_b, give_b) = pipe2(OFlag::O_CLOEXEC).context("create childB's token pipe")?;

    let mut children = PipeMultiplexer::default();
    children.add_child("childA", &[SHELL, "-c", CHILD_A], turns_a)?;
    children.add_child("childB", &[SHELL, "-c", CHILD_B], turns_b)?;

    let turns = [("childA", &give_a), ("childB", &give_b), ("childA", &give_a)];
    let mut lines = 0;

    // Nobody writes before this token.
    let taken = write(turns[0].1, TURN).context("hand the first token")?;
    anyhow::ensure!(taken == 1, "the token pipe took {taken} bytes for one token");

    children.read_all(&mut |name, event| {
        if let Event::Line(line) = event {
            let due = turns.get(lines).map(|(due, _)| *due);
            anyhow::ensure!(due == Some(name), "{name} wrote a line when it was {due:?}'s turn");
            writeln!(out, "[{name}] {}", String::from_utf8_lossy(line))?;
            lines += 1;
            if let Some((_, give)) = turns.get(lines) {
                // The line is here and printed: now, and not before, the next one may come.
                write(give, TURN).context("hand the next token")?;
            }
        }
        Ok(())
    })?;
    anyhow::ensure!(lines == turns.len(), "{lines} lines came, and not {}", turns.len());

    for (name, status) in children.reap()? {
        let well = matches!(status, WaitStatus::Exited(_, 0));
        anyhow::ensure!(well, "{name} {}", words::ending(status));
    }
    writeln!(out, "All children done")?;
    Ok(())
}
// ANCHOR_END: multiplexer
