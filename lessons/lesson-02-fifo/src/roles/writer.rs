//! The role `writer`: sends three messages into a FIFO and leaves.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use anyhow::Context;

pub const MESSAGES: [&str; 3] = ["message one\n", "message two\n", "message three\n"];

// ANCHOR: write-messages
pub fn write_messages(path: &Path) -> anyhow::Result<()> {
    // Open waits until somebody opens the FIFO for reading. `File::create` would be wrong here:
    // where the FIFO is missing it makes a regular file, and nobody ever reads that.
    let mut fifo = OpenOptions::new()
        .write(true)
        .open(path)
        .with_context(|| format!("open {} to write", path.display()))?;

    // The name may have changed hands since it was looked at; the descriptor can't.
    let kind = fifo.metadata().context("look at what was opened")?.file_type();
    anyhow::ensure!(kind.is_fifo(), "{} is not a FIFO any more", path.display());

    for message in MESSAGES {
        // One write for each message: up to PIPE_BUF bytes stay together even when other writers
        // write too (pipe(7)). An error of EPIPE means that every reader has left.
        fifo.write_all(message.as_bytes())
            .with_context(|| format!("write to {}, has the reader left?", path.display()))?;
    }
    Ok(())
}
// ANCHOR_END: write-messages
