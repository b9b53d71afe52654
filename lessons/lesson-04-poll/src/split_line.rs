//! A label belongs to a line, not to a read: one line may come in two reads.
//!
//! The article prints its label in front of whatever a read returns. Here the child writes half a
//! line and waits until that half has been read, so the other half must come by itself.

use std::io::Write;

use anyhow::Context;
use nix::fcntl::OFlag;
use nix::unistd::{pipe2, write};
use transcript::Transcript;

use crate::pipe_multiplexer::{Event, PipeMultiplexer};

const SHELL: &str = "/bin/sh";
const SCRIPT: &str = "printf 'one line ' && read turn && echo 'in two reads'";

// ANCHOR: split-line
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (turns, give_turn) = pipe2(OFlag::O_CLOEXEC).context("create the token pipe")?;

    let mut children = PipeMultiplexer::default();
    children.add_child("child", &[SHELL, "-c", SCRIPT], turns)?;

    // What the article would print, and what a reader would like to see.
    let mut per_read = String::new();
    let mut per_line = String::new();
    let mut sizes = Vec::new();

    children.read_all(&mut |name, event| {
        match event {
            Event::Chunk(chunk) => {
                per_read += &format!("[{name}] {}", String::from_utf8_lossy(chunk));
                sizes.push(chunk.len());
                if sizes.len() == 1 {
                    // The first half has been read: the second may follow (any will do).
                    write(&give_turn, b"\n").context("hand the token")?;
                }
            }
            Event::Line(line) => {
                per_line += &format!("[{name}] {}\n", String::from_utf8_lossy(line));
            }
            Event::Eof => {}
        }
        Ok(())
    })?;
    children.reap()?;

    let [first, second] = sizes[..] else {
        anyhow::bail!("the line came in {} reads, and not in two", sizes.len());
    };
    anyhow::ensure!(per_line.lines().count() == 1, "not one line came, but {per_line:?}");
    writeln!(out, "one read returns {first} bytes, the next {second}")?;
    write!(out, "a label for each read:\n  {per_read}")?;
    write!(out, "a label for each line:\n  {per_line}")?;
    Ok(())
}
// ANCHOR_END: split-line
