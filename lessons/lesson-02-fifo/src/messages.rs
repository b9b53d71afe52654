//! Two programs talk through a FIFO. They share nothing but its name: neither inherited an end of
//! it, and the lesson, which starts both, never opens it.
//!
//! Both are roles of this binary and can be typed by hand; what they do stands in `roles/reader.rs`
//! and `roles/writer.rs`.

use std::io::Write;

use anyhow::Context;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use transcript::Transcript;

use crate::private_dir::PrivateDir;
use crate::roles::{Companion, this_program_as};
use crate::{blocked, show};

pub const CLAIM: &str = "two programs that share only a name talk";

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let place = PrivateDir::new()?;
    mkfifo(place.fifo(), Mode::S_IRUSR | Mode::S_IWUSR).context("make the FIFO")?;

    // The reader writes to the same standard output. What this process has printed must be there
    // first.
    out.flush()?;

    // ANCHOR: messages
    // The path is all that the reader learns.
    let mut reader = this_program_as("reader")?;
    reader.arg(place.fifo());
    let mut reader = Companion::new(|| reader.spawn()).context("start the reader")?;

    // A reader that failed before it opened would leave the writer waiting in open for ever.
    blocked::in_open(&reader, place.fifo()).context("watch the reader")?;

    let mut writer = this_program_as("writer")?;
    writer.arg(place.fifo());
    let mut writer = Companion::new(|| writer.spawn()).context("start the writer")?;

    // The writer ends first: its messages fit into the pipe, and the reader reads until then.
    let writer_status = writer.wait().context("wait for the writer")?;
    if !writer_status.success() {
        // Either the writer never opened, then the reader would wait for ever; or the reader left
        // because nobody reads standard output any more, then this line ends the lesson quietly.
        writeln!(out, "writer ended with status {}", show::status(writer_status))?;
        anyhow::bail!("the writer ended with {writer_status}");
    }
    let reader_status = reader.wait().context("wait for the reader")?;
    // ANCHOR_END: messages

    writeln!(
        out,
        "writer ended with status {}, reader with status {}",
        show::status(writer_status),
        show::status(reader_status)
    )?;
    anyhow::ensure!(reader_status.success(), "the reader ended with {reader_status}");
    Ok(())
}
