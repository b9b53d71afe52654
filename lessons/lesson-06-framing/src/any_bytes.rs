//! A payload may hold any byte, also those that a protocol of lines could not send.
//!
//! Where messages end at a newline, a newline in a message ends it too early, and whoever reads
//! gets more messages than were sent. A decoder never looks into the payload: it counts.

use std::io::{self, Write};

use anyhow::Context;
use lesson_06::{Decoder, Frame, INFO};
use transcript::Transcript;

pub const CLAIM: &str = "newlines, zero bytes, even a frame in a frame";

const PAYLOADS: [(&str, &[u8]); 4] = [
    ("nothing", b""),
    ("two newlines", b"one\ntwo\nthree"),
    ("zero bytes", b"\0\0\0\0"),
    ("a whole frame", b"\x00\x00\x00\x03\x01hi"),
];

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    writeln!(out, "{:<20}{:>6}{:>10}{:>10}", "a payload with", "bytes", "frames", "lines")?;
    for (what, payload) in PAYLOADS {
        send(out, what, payload)?;
    }
    let all: Vec<u8> = (0..=u8::MAX).collect();
    send(out, "all 256 bytes", &all)
}

// ANCHOR: any-bytes
/// Sends one payload as a frame, and counts what a reader of frames and one of lines would get.
fn send(out: &mut Transcript, what: &str, payload: &[u8]) -> anyhow::Result<()> {
    let (mut reader, mut writer) = io::pipe().context("create the pipe")?;
    let sent = Frame::new(INFO, payload);
    writer.write_all(&sent.encode().context("encode the payload")?).context("write the frame")?;

    // The last write end: without this the last read below would wait for this process itself.
    drop(writer);

    let (mut decoder, mut frames) = (Decoder::default(), Vec::new());
    while let Some(frame) = decoder.read_frame(&mut reader).context("read the frame")? {
        frames.push(frame);
    }
    anyhow::ensure!(frames == [sent], "{what}: {frames:?} came");

    // A message of lines ends with a newline of its own.
    let lines = payload.iter().filter(|byte| **byte == b'\n').count() + 1;
    writeln!(out, "{what:<20}{:>6}{:>10}{lines:>10}", payload.len(), frames.len())?;
    Ok(())
}
// ANCHOR_END: any-bytes
