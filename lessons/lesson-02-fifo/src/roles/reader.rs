//! The role `reader`: prints what comes out of a FIFO, line by line, until the last writer leaves.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use anyhow::Context;

/// A longer line is printed in pieces (any will do).
const LONGEST_LINE_BYTES: u64 = 4096;

pub fn read_messages(path: &Path) -> anyhow::Result<()> {
    // Nobody handed a descriptor to this program: it opens the FIFO by its name, and open waits
    // until somebody opens it for writing (fifo(7)).
    let fifo = File::open(path).with_context(|| format!("open {} to read", path.display()))?;

    // The name may have changed hands since it was looked at; the descriptor can't.
    let kind = fifo.metadata().context("look at what was opened")?.file_type();
    anyhow::ensure!(kind.is_fifo(), "{} is not a FIFO any more", path.display());

    match print_lines(fifo, &mut io::stdout().lock()) {
        // Whoever reads our output (`| head -1`) has seen enough. A read never says EPIPE.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        ended => ended.context("copy from the FIFO to standard output"),
    }
}

// ANCHOR: whole-lines
fn print_lines(fifo: File, stdout: &mut impl Write) -> io::Result<()> {
    let mut fifo = BufReader::new(fifo);
    let mut line = Vec::new();
    loop {
        // One read may bring three messages, or half of one: only the newlines tell where a message
        // ends (pipe(7), "I/O on pipes and FIFOs").
        line.clear();
        fifo.by_ref().take(LONGEST_LINE_BYTES).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            break;
        }
        if line.last() != Some(&b'\n') {
            line.push(b'\n');
        }
        stdout.write_all(b"[reader] got: ")?;
        stdout.write_all(&line)?;
    }
    writeln!(stdout, "[reader] writer closed, done")
}
// ANCHOR_END: whole-lines
