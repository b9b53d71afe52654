//! The largest payload has 1,048,575 bytes, and a sender learns by itself that one more is too
//! many.
//!
//! The length counts the type as well. The article's encoder takes a payload of 1,048,576 bytes and
//! announces 1,048,577, which its own decoder refuses: too late, and in another process. The large
//! frames go through the pipe in pieces, because they are larger than the pipe.

use std::io::{self, Read, Write};

use anyhow::Context;
use lesson_06::{Decoder, Frame, FrameError, MAX_LENGTH_BYTES, RESULT};
use transcript::Transcript;

pub const CLAIM: &str = "what no decoder would take, the encoder refuses";

/// Fits into every pipe, so that this process can write a piece and then read it.
const PIECE_BYTES: usize = 1024;

// ANCHOR: largest-payload
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let limit = MAX_LENGTH_BYTES as usize;
    for payload_bytes in [0, limit - 1] {
        let sent = Frame::new(RESULT, vec![b'x'; payload_bytes]);
        let bytes = sent.encode().context("encode the payload")?;
        let (received, reads) = through_pipe(&bytes)?;
        let frame = received.context("decode the frame")?;
        anyhow::ensure!(frame.as_ref() == Some(&sent), "another frame came than was sent");
        writeln!(out, "a payload of {payload_bytes} bytes")?;
        writeln!(out, "  encoder: a frame of {} bytes", bytes.len())?;
        writeln!(out, "  decoder: the same payload; reads: {reads}")?;
    }

    // One byte more.
    let sent = Frame::new(RESULT, vec![b'x'; limit]);
    let refused = sent.encode().map(|bytes| bytes.len());
    let Err(error @ FrameError::TooLong { .. }) = refused else {
        anyhow::bail!("the encoder made a frame of {refused:?} bytes");
    };
    writeln!(out, "a payload of {limit} bytes")?;
    writeln!(out, "  encoder: {error}")?;

    // What an encoder without that check would send.
    let mut bytes = (MAX_LENGTH_BYTES + 1).to_be_bytes().to_vec();
    bytes.push(sent.kind);
    bytes.extend_from_slice(&sent.payload);
    let (received, reads) = through_pipe(&bytes)?;
    let Err(error @ FrameError::TooLong { .. }) = received else {
        anyhow::bail!("the decoder took the frame that the encoder refuses");
    };
    writeln!(out, "  sent all the same, as the article's encoder does")?;
    writeln!(out, "  decoder: {error}")?;
    anyhow::ensure!(reads == 1, "refused only after {reads} reads");
    Ok(())
}
// ANCHOR_END: largest-payload

// ANCHOR: largest-payload-pieces
/// Sends `bytes` piece by piece to a decoder; returns its first answer that is not "more", and
/// after how many reads it came.
fn through_pipe(bytes: &[u8]) -> anyhow::Result<(Result<Option<Frame>, FrameError>, usize)> {
    let (mut reader, mut writer) = io::pipe().context("create the pipe")?;
    let (mut decoder, mut reads) = (Decoder::default(), 0);
    let mut buffer = [0; PIECE_BYTES];

    for piece in bytes.chunks(PIECE_BYTES) {
        writer.write_all(piece).context("write a piece")?;
        let count = reader.read(&mut buffer).context("read a piece")?;
        reads += 1;
        match decoder.feed(&mut &buffer[..count]) {
            Ok(None) => {}
            answer => return Ok((answer, reads)),
        }
    }
    Ok((Ok(None), reads))
}
// ANCHOR_END: largest-payload-pieces
