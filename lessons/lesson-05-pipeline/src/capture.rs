//! Behind the last stage there is one more pipe, and the caller reads from it: before it waits.
//!
//! A pipe holds a limited number of bytes (pipe(7), "Pipe capacity"). A caller that waited for the
//! stages first, and read afterwards, would wait for ever for a last stage with more to say.

use std::io::Write;

use anyhow::Context;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::{pipe2, write};
use transcript::Transcript;

use crate::pipeline::{Ended, Pipeline};

/// What `ls` might say about a folder with programs, in no order. Up to 4096 bytes leave `sort` in
/// one write. With more, whether it still writes when `head` leaves is a matter of luck.
const PROGRAMS: &[u8] = include_bytes!("../fixtures/programs");
/// In the C locale capital letters come before `[`, and small ones behind it.
const FIRST_FIVE: &str = "X11\n[\napropos\narch\nawk\n";

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    first_five(out)?;
    more_than_a_pipe_holds(out)
}

// ANCHOR: capture
fn first_five(out: &mut Transcript) -> anyhow::Result<()> {
    let pipeline = Pipeline::new(&["cat", "|", "sort", "|", "head", "-5"])?;
    let (input, feeder) = pipe2(OFlag::O_CLOEXEC).context("create the input pipe")?;

    // Even the smallest pipe holds 4096 bytes: this write cannot wait for a reader.
    let count = write(&feeder, PROGRAMS).context("write to the input pipe")?;
    anyhow::ensure!(count == PROGRAMS.len(), "the pipe took {count} bytes of {}", PROGRAMS.len());

    // `sort` says nothing before the end of its input, which is the end of this one.
    drop(feeder);
    let finished = pipeline.execute(Some(input))?;

    let text = String::from_utf8_lossy(&finished.output);
    anyhow::ensure!(text == FIRST_FIVE, "the first five in order are {text:?}");
    anyhow::ensure!(
        finished.stages == [Ended::Exited(0); 3],
        "the stages did not all exit with 0: {:?}",
        finished.stages
    );
    write!(out, "Pipeline 2 output:\n{text}")?;
    Ok(())
}
// ANCHOR_END: capture

// ANCHOR: capture-more
fn more_than_a_pipe_holds(out: &mut Transcript) -> anyhow::Result<()> {
    let pipeline = Pipeline::new(&["yes", "|", "head", "-c", "2000000"])?;

    // `execute` reads first. The other way round, `head` would wait for room in the pipe, and this
    // process for `head`.
    let finished = pipeline.execute(None)?;
    let (count, ended) = (finished.output.len(), finished.stages[1]);
    anyhow::ensure!(ended == Ended::Exited(0), "`head` did not exit with 0: {ended:?}");

    // A pipe like the one that was behind `head`.
    let (reader, _writer) = pipe2(OFlag::O_CLOEXEC).context("create a pipe")?;
    let capacity = fcntl(&reader, FcntlArg::F_GETPIPE_SZ).context("ask for the capacity")?;
    let held = usize::try_from(capacity).context("understand the capacity")?;
    anyhow::ensure!(count > held, "{count} bytes fit into a pipe of {held}");
    writeln!(out, "{pipeline}")?;
    writeln!(out, "  {count} bytes captured, more than a pipe holds at once")?;
    Ok(())
}
// ANCHOR_END: capture-more
