//! A sender may end after any byte of a frame, and the reader always learns where.
//!
//! The part before this one shows an example of each kind. Here a frame is cut at every place: the
//! first bytes are sent, then the write end is closed.

use std::io::{self, Write};

use anyhow::Context;
use lesson_06::{Decoder, Frame, FrameError, HEADER_BYTES, INFO};
use transcript::Transcript;

pub const CLAIM: &str = "wherever a frame is cut, it is no clean end";

const TEXT: &str = "shutting down";

// ANCHOR: every-cut
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let whole = Frame::new(INFO, TEXT);
    let bytes = whole.encode().context("encode the message")?;
    let (mut clean, mut in_header, mut in_body, mut frames) = (0, 0, 0, 0);

    for sent in 0..=bytes.len() {
        let (mut reader, mut writer) = io::pipe().context("create the pipe")?;
        writer.write_all(&bytes[..sent]).context("write a part of the frame")?;

        // The cut. With this write end open the decoder's read would wait for the rest.
        drop(writer);

        match Decoder::default().read_frame(&mut reader) {
            Ok(None) if sent == 0 => clean += 1,
            Err(FrameError::TruncatedHeader { got_bytes }) if got_bytes == sent => in_header += 1,
            Err(FrameError::TruncatedBody { got_bytes, length_bytes })
                if got_bytes + HEADER_BYTES == sent
                    && length_bytes + HEADER_BYTES == bytes.len() =>
            {
                in_body += 1;
            }
            Ok(Some(frame)) if frame == whole => frames += 1,
            other => anyhow::bail!("after {sent} of {} bytes: {other:?}", bytes.len()),
        }
    }

    writeln!(out, "a frame of {} bytes, cut at every place:", bytes.len())?;
    writeln!(out, "{clean:>4}  before its first byte: the end of the stream")?;
    writeln!(out, "{in_header:>4}  in its header:         an error that says so")?;
    writeln!(out, "{in_body:>4}  in its body:           an error that says so")?;
    writeln!(out, "{frames:>4}  after its last byte:   the frame")?;
    anyhow::ensure!(clean + in_header + in_body + frames == bytes.len() + 1, "a place is missing");
    Ok(())
}
// ANCHOR_END: every-cut
