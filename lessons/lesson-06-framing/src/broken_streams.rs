//! A stream can end well in one way and break in several, and the decoder tells all of them apart.
//!
//! End-of-file looks the same wherever it comes: read returns 0 (pipe(7)). Only the decoder knows
//! whether it came between two frames or inside one, because the sender was killed, say. The
//! article's decoder answers null to all but the last of these, and its program ends alike after
//! all five: without a word, with status 0.

use std::io::{self, Write};

use anyhow::Context;
use lesson_06::{Decoder, Frame, FrameError, INFO};
use transcript::Transcript;

pub const CLAIM: &str = "each has an answer of its own";

const TEXT: &str = "shutting down";

// ANCHOR: broken-streams
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let whole = Frame::new(INFO, TEXT);
    writeln!(out, "{:<22}the decoder says", "in the stream")?;
    writeln!(out, "{:<22}{whole}", "a whole frame, then")?;
    let mut answers = Vec::new();

    let answer = answer_to(&whole, &[])?;
    anyhow::ensure!(matches!(answer, Ok(None)), "a clean end: {answer:?}");
    answers.push(show(out, "nothing", answer)?);

    let answer = answer_to(&whole, &[0, 0])?;
    let is_right = matches!(answer, Err(FrameError::TruncatedHeader { got_bytes: 2 }));
    anyhow::ensure!(is_right, "half a header: {answer:?}");
    answers.push(show(out, "00 00", answer)?);

    let answer = answer_to(&whole, &[0, 0, 0, 14, 1, b's'])?;
    let is_right =
        matches!(answer, Err(FrameError::TruncatedBody { got_bytes: 2, length_bytes: 14 }));
    anyhow::ensure!(is_right, "a part of a body: {answer:?}");
    answers.push(show(out, "00 00 00 0e 01 73", answer)?);

    let answer = answer_to(&whole, &[0, 0, 0, 0])?;
    anyhow::ensure!(matches!(answer, Err(FrameError::ZeroLength)), "length 0: {answer:?}");
    answers.push(show(out, "00 00 00 00", answer)?);

    let answer = answer_to(&whole, &[0, 16, 0, 1])?;
    let is_right = matches!(answer, Err(FrameError::TooLong { length_bytes: 1_048_577 }));
    anyhow::ensure!(is_right, "a length over the cap: {answer:?}");
    answers.push(show(out, "00 10 00 01", answer)?);

    let streams = answers.len();
    answers.sort();
    answers.dedup();
    anyhow::ensure!(answers.len() == streams, "only {} different answers", answers.len());
    writeln!(out, "{streams} streams, {} different answers", answers.len())?;
    Ok(())
}
// ANCHOR_END: broken-streams

// ANCHOR: broken-streams-answer
/// Sends a whole frame and then `tail`; returns what the decoder says after the frame.
fn answer_to(whole: &Frame, tail: &[u8]) -> anyhow::Result<Result<Option<Frame>, FrameError>> {
    let (mut reader, mut writer) = io::pipe().context("create the pipe")?;
    let bytes = whole.encode().context("encode the message")?;
    writer.write_all(&bytes).context("write the whole frame")?;
    writer.write_all(tail).context("write what comes after it")?;

    // The stream ends here. With this write end open the decoder's read would wait for more.
    drop(writer);

    // Whatever comes later, the frame before it is not lost.
    let mut decoder = Decoder::default();
    let first = decoder.read_frame(&mut reader).context("read the whole frame")?;
    anyhow::ensure!(first.as_ref() == Some(whole), "first came {first:?}");
    Ok(decoder.read_frame(&mut reader))
}
// ANCHOR_END: broken-streams-answer

/// Prints one line of the table and returns the answer's words.
fn show(
    out: &mut Transcript,
    tail: &str,
    answer: Result<Option<Frame>, FrameError>,
) -> anyhow::Result<String> {
    let words = match answer {
        Ok(Some(frame)) => frame.to_string(),
        Ok(None) => "the end of the stream, between two frames".to_owned(),
        Err(error) => error.to_string(),
    };
    writeln!(out, "{tail:<22}{words}")?;
    Ok(words)
}
