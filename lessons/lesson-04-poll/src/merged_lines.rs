//! The other way round: one read may return two lines, and then the second has no label of its own
//! where labels go with reads.
//!
//! The child writes twice and ends before the parent reads for the first time.

use std::fs::File;
use std::io::Write;

use anyhow::Context;
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use transcript::Transcript;

use crate::pipe_multiplexer::{Event, PipeMultiplexer};

const SHELL: &str = "/bin/sh";
const SCRIPT: &str = "echo the first line && echo the second line";

// ANCHOR: merged-lines
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let nothing = File::open("/dev/null").context("open /dev/null")?;

    let mut children = PipeMultiplexer::default();
    let child = children.add_child("child", &[SHELL, "-c", SCRIPT], nothing.into())?;

    // Both writes are done when the child has ended. WNOWAIT looks and leaves the status for
    // `reap`. Waiting before reading is safe only because so few bytes fit into the pipe.
    let ended = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
    waitid(Id::Pid(child), ended).context("wait until the child has written")?;

    let mut per_read = Vec::new();
    let mut per_line = Vec::new();
    let mut sizes = Vec::new();
    children.read_all(&mut |name, event| {
        match event {
            Event::Chunk(chunk) => {
                // A read's text is printed as it is, so its inner newline starts a bare line.
                let text = format!("[{name}] {}", String::from_utf8_lossy(chunk));
                per_read.extend(text.lines().map(str::to_owned));
                sizes.push(chunk.len());
            }
            Event::Line(line) => {
                per_line.push(format!("[{name}] {}", String::from_utf8_lossy(line)));
            }
            Event::Eof => {}
        }
        Ok(())
    })?;
    children.reap()?;

    let [size] = sizes[..] else {
        anyhow::bail!("the two lines came in {} reads, and not in one", sizes.len());
    };
    anyhow::ensure!(per_line.len() == 2, "not two lines came, but {per_line:?}");
    writeln!(out, "the child writes twice, one read returns all {size} bytes")?;
    writeln!(out, "a label for each read:\n  {}", per_read.join("\n  "))?;
    writeln!(out, "a label for each line:\n  {}", per_line.join("\n  "))?;
    Ok(())
}
// ANCHOR_END: merged-lines
