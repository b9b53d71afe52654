//! A last line may have no newline. Then end-of-file is its end, and a reader who waits for the
//! newline loses the line.

use std::fs::File;
use std::io::Write;

use anyhow::Context;
use transcript::Transcript;

use crate::pipe_multiplexer::{Event, PipeMultiplexer};

const SHELL: &str = "/bin/sh";
const SCRIPT: &str = "echo a whole line && printf 'no newline here'";

// ANCHOR: last-line
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let nothing = File::open("/dev/null").context("open /dev/null")?;

    let mut children = PipeMultiplexer::default();
    children.add_child("child", &[SHELL, "-c", SCRIPT], nothing.into())?;

    // In how many reads these bytes come is left to the two processes; the counts are not.
    let mut bytes = 0;
    let mut newlines = 0;
    let mut lines = Vec::new();
    children.read_all(&mut |name, event| {
        match event {
            Event::Chunk(chunk) => {
                bytes += chunk.len();
                newlines += chunk.iter().filter(|byte| **byte == b'\n').count();
            }
            Event::Line(line) => {
                lines.push(format!("[{name}] {}", String::from_utf8_lossy(line)));
            }
            Event::Eof => {}
        }
        Ok(())
    })?;
    children.reap()?;

    let one_more = lines.len() == newlines + 1;
    anyhow::ensure!(one_more, "{newlines} newlines came, and {} lines of them", lines.len());
    writeln!(out, "bytes: {bytes}, newlines: {newlines}, lines: {}", lines.len())?;
    writeln!(out, "  {}", lines.join("\n  "))?;
    Ok(())
}
// ANCHOR_END: last-line
