//! Three programs in a row: what one writes to its standard output, the next one reads from its
//! standard input, and none of them knows that.
//!
//! The article reads /etc/passwd, which is another file on every machine. This part feeds one of
//! its own, fixtures/passwd, to the first stage.

use std::io::Write;

use anyhow::Context;
use nix::fcntl::OFlag;
use nix::unistd::{pipe2, write};
use transcript::Transcript;

use crate::pipeline::{Ended, Pipeline};
use crate::table;

const PASSWD: &[u8] = include_bytes!("../fixtures/passwd");
const WORDS: [&str; 7] = ["cat", "|", "grep", "root", "|", "wc", "-l"];

// ANCHOR: stages
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let pipeline = Pipeline::new(&WORDS)?;
    let (input, feeder) = pipe2(OFlag::O_CLOEXEC).context("create the input pipe")?;

    // Even the smallest pipe holds 4096 bytes: this write cannot wait for a reader.
    let count = write(&feeder, PASSWD).context("write to the input pipe")?;
    anyhow::ensure!(count == PASSWD.len(), "the pipe took {count} bytes of {}", PASSWD.len());

    // As long as this process may write more, `cat` waits for it, and all the others for `cat`.
    drop(feeder);
    let finished = pipeline.execute(Some(input))?;

    let text = String::from_utf8_lossy(&finished.output);
    anyhow::ensure!(text == "1\n", "one line has `root` in it, and the pipeline says {text:?}");
    write!(out, "Pipeline output: {text}")?;

    anyhow::ensure!(
        finished.stages == [Ended::Exited(0); 3],
        "the stages did not all exit with 0: {:?}",
        finished.stages
    );
    table::stages(out, &pipeline, &finished.stages)
}
// ANCHOR_END: stages
