//! What lies in the pipe when one message has been sent: four bytes of length, one of type, and the
//! payload as it is.
//!
//! The most significant byte of the length comes first: big-endian, also called network byte order.
//! Both sides must agree on that, as the last line shows. The article's frames have the same bytes.

use std::io::{self, Read, Write};

use anyhow::Context;
use lesson_06::{Decoder, Frame, FrameError, HEADER_BYTES, PROGRESS};
use transcript::Transcript;

pub const CLAIM: &str = "five bytes before the payload, and what they mean";

const TEXT: &str = "processing batch 42";

// ANCHOR: hexdump
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (mut reader, mut writer) = io::pipe().context("create the pipe")?;
    let frame = Frame::new(PROGRESS, TEXT);
    let encoded = frame.encode().context("encode the message")?;

    // The whole frame in one write. It fits into the pipe, so this process can read it afterwards.
    let written = writer.write(&encoded).context("write the frame")?;
    anyhow::ensure!(written == encoded.len(), "the pipe took {written} of {}", encoded.len());

    // No decoder: the bytes as they are. Nobody else writes, so one read brings all of them.
    let mut buffer = [0; 64];
    let count = reader.read(&mut buffer).context("read from the pipe")?;
    let bytes = &buffer[..count];
    dump(out, bytes)?;

    let (header, body) = bytes.split_first_chunk().context("find the header")?;
    let (kind, payload) = body.split_first().context("find the type")?;
    let length = u32::from_be_bytes(*header);
    let is_right = length as usize == body.len() && *kind == PROGRESS && payload == TEXT.as_bytes();
    anyhow::ensure!(is_right, "length {length}, type {kind}, {} bytes", payload.len());

    let last = count - 1;
    writeln!(out, "bytes 0 to 3   length: {length} bytes follow, a type and {}", payload.len())?;
    writeln!(out, "byte  4        type: {kind}, {}", frame.name())?;
    writeln!(out, "bytes 5 to {last}  payload: {}", String::from_utf8_lossy(payload))?;
    wrong_order(out, *header)
}
// ANCHOR_END: hexdump

// ANCHOR: hexdump-wrong-order
/// What a decoder makes of the length of a sender that puts the least significant byte first.
fn wrong_order(out: &mut Transcript, mut header: [u8; HEADER_BYTES]) -> anyhow::Result<()> {
    header.reverse();
    let answer = Decoder::default().feed(&mut &header[..]);
    let Err(error @ FrameError::TooLong { .. }) = answer else {
        anyhow::bail!("a length with its bytes reversed gave {answer:?}");
    };
    writeln!(out, "the length with its bytes reversed, little-endian:")?;
    writeln!(out, "  {error}")?;
    Ok(())
}
// ANCHOR_END: hexdump-wrong-order

/// Sixteen bytes to a line, as `hexdump -C` prints them.
fn dump(out: &mut Transcript, bytes: &[u8]) -> anyhow::Result<()> {
    for (index, line) in bytes.chunks(16).enumerate() {
        let hex: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        let printable = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
        let text: String =
            line.iter().map(|byte| if printable(byte) { char::from(*byte) } else { '.' }).collect();
        writeln!(out, "{:08x}  {:<47}  |{text}|", index * 16, hex.join(" "))?;
    }
    Ok(())
}
