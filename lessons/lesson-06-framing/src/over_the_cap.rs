//! A length over the limit is refused before any memory is set aside for it.
//!
//! Four bytes from a stranger, or from a sender in confusion, can ask for 4 GiB. A decoder that
//! allocates first and reads then gives that memory away. This one compares first: the capacity of
//! its buffer shows it. One byte over the limit is refused like 4 GiB; the limit itself is not.

use std::io::{self, Read, Write};

use anyhow::Context;
use lesson_06::{Decoder, FrameError, HEADER_BYTES, MAX_LENGTH_BYTES};
use transcript::Transcript;

pub const CLAIM: &str = "too long is refused before anything is allocated";

// ANCHOR: over-the-cap
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (mut reader, mut writer) = io::pipe().context("create the pipe")?;
    writeln!(out, "{:>12}  {:<22}its buffer", "length", "the decoder")?;

    for length in [MAX_LENGTH_BYTES, MAX_LENGTH_BYTES + 1, u32::MAX] {
        // A header, and nothing after it.
        writer.write_all(&length.to_be_bytes()).context("write the header")?;
        let mut header = [0; HEADER_BYTES];
        reader.read_exact(&mut header).context("read the header")?;

        let mut decoder = Decoder::default();
        let before = decoder.capacity_bytes();
        let answer = decoder.feed(&mut &header[..]);
        let after = decoder.capacity_bytes();

        // Within the limit it makes room for the body and wants more bytes; beyond, neither.
        let is_allowed = length <= MAX_LENGTH_BYTES;
        let word = match answer {
            Ok(None) if is_allowed => "waits for the body",
            Err(FrameError::TooLong { length_bytes }) if length_bytes == u64::from(length) => {
                "refuses"
            }
            other => anyhow::bail!("a length of {length}: {other:?}"),
        };
        let expected = if is_allowed { length as usize } else { 0 };
        anyhow::ensure!((before, after) == (0, expected), "{before}, then {after} bytes");
        writeln!(out, "{length:>12}  {word:<22}{before} bytes, then {after}")?;
    }
    refused_again(out)
}
// ANCHOR_END: over-the-cap

// ANCHOR: over-the-cap-again
/// Behind a wrong length nobody knows where the next frame begins: the decoder takes nothing more.
fn refused_again(out: &mut Transcript) -> anyhow::Result<()> {
    let (mut reader, mut writer) = io::pipe().context("create the pipe")?;
    writer.write_all(&[0xff; HEADER_BYTES]).context("write the header")?;
    writer.write_all(b"hello").context("write something after it")?;

    let mut decoder = Decoder::default();
    for asked in ["asked once", "asked again"] {
        let answer = decoder.read_frame(&mut reader);
        let Err(error @ FrameError::TooLong { .. }) = answer else {
            anyhow::bail!("{asked}: {answer:?}");
        };
        writeln!(out, "{asked}: {error}")?;
    }

    let mut left = [0; 64];
    let count = reader.read(&mut left).context("read what is left")?;
    anyhow::ensure!(left[..count] == *b"hello", "{count} bytes are left");
    writeln!(out, "the {count} bytes behind that length are still in the pipe")?;
    Ok(())
}
// ANCHOR_END: over-the-cap-again
