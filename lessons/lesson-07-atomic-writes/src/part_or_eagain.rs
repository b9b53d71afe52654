//! With O_NONBLOCK, more than PIPE_BUF bytes: a write takes what fits, and EAGAIN comes only when
//! nothing at all fits.
//!
//! A write that took a part says so by its result and by nothing else. Whoever ignores that, as the
//! article's children do, has lost the rest (write(3p); pipe(7), "PIPE_BUF").

use std::io::Write;

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::{pipe2, write};
use transcript::Transcript;

use crate::measure;

pub const CLAIM: &str = "with O_NONBLOCK, above PIPE_BUF: what fits";

const PAGES: usize = 2;

// ANCHOR: part-or-eagain
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let page_bytes = measure::page_bytes()?;
    let bytes = PAGES * page_bytes;

    writeln!(out, "{:>8}{:>10}{:>10}{:>20}", "room", "to write", "answer", "added to the pipe")?;
    for full_pages in 0..=PAGES {
        let (reader, writer) =
            pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).context("create the pipe")?;
        fcntl(&writer, FcntlArg::F_SETPIPE_SZ(measure::pages(PAGES)?)).context(measure::REFUSED)?;

        // Whole pages, so that what is left is room in every sense.
        let before = full_pages * page_bytes;
        let count = write(&writer, &vec![b'.'; before]).context("fill some pages")?;
        anyhow::ensure!(count == before, "{count} of {before} bytes were taken");

        // More than PIPE_BUF whatever the page, so that nothing, a part and all are possible.
        let room = bytes - before;
        let answer = write(&writer, &vec![b'X'; bytes]);
        let expected = if room > 0 { Ok(room) } else { Err(Errno::EAGAIN) };
        anyhow::ensure!(answer == expected, "with room for {room}, {bytes}: {answer:?}");

        // The answer is the truth, for a part as for all.
        let added = measure::bytes_in(&reader)? - before;
        anyhow::ensure!(added == answer.unwrap_or(0), "{added} bytes were added: {answer:?}");
        writeln!(out, "{room:>8}{bytes:>10}{:>10}{added:>20}", measure::name(answer))?;
    }
    Ok(())
}
// ANCHOR_END: part-or-eagain
