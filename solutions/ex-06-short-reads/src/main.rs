//! The reference program of ex-06: a frame is complete when as many bytes have come as its header
//! says, in however many reads.
//!
//! Reads frames from standard input and prints each as a line, `[INFO] text`, as soon as it is
//! complete. A frame is a length (u32, big-endian), a type and a payload; the length counts the
//! type and the payload.

use std::io::{self, ErrorKind, Read, Write};

use anyhow::{Context, bail, ensure};

/// The length field.
const HEADER_BYTES: usize = 4;
/// The largest length that is allowed, the type's byte included.
const MAX_LENGTH_BYTES: u32 = 1_048_576;

struct Frame {
    kind: u8,
    payload: Vec<u8>,
}

fn main() -> anyhow::Result<()> {
    // Its buffer asks the kernel once for many small frames, and hands on what there is: it never
    // waits for its own sake.
    let mut input = io::stdin().lock();
    while let Some(frame) = next_frame(&mut input)? {
        print(&frame)?;
    }
    Ok(())
}

/// The next frame, or `None` where the stream ends between two frames.
fn next_frame(input: &mut impl Read) -> anyhow::Result<Option<Frame>> {
    let mut header = [0; HEADER_BYTES];
    match fill(input, &mut header)? {
        0 => return Ok(None),
        HEADER_BYTES => {}
        count => bail!("the stream ends in a header, after {count} of {HEADER_BYTES} bytes"),
    }
    let length = allowed_length(header)?;

    // Only now: what the other side claims must not make us set memory aside, or wait.
    let mut body = vec![0; length];
    let count = fill(input, &mut body)?;
    ensure!(count == length, "the stream ends in a body, after {count} of {length} bytes");
    let payload = body.split_off(1);
    Ok(Some(Frame { kind: body[0], payload }))
}

/// Reads until `room` is full or the stream ends; returns how many bytes came.
fn fill(input: &mut impl Read, room: &mut [u8]) -> anyhow::Result<usize> {
    let mut filled = 0;
    while filled < room.len() {
        match input.read(&mut room[filled..]) {
            Ok(0) => break,
            // What happens to be there: a part, or all of it.
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context("read from standard input"),
        }
    }
    Ok(filled)
}

fn allowed_length(header: [u8; HEADER_BYTES]) -> anyhow::Result<usize> {
    match u32::from_be_bytes(header) {
        0 => bail!("a length of 0, and the type alone makes it 1"),
        length @ 1..=MAX_LENGTH_BYTES => Ok(length as usize),
        length => bail!("a length of {length}, and at most {MAX_LENGTH_BYTES} is allowed"),
    }
}

/// One line for each frame, whatever its payload is.
fn print(frame: &Frame) -> anyhow::Result<()> {
    let name = match frame.kind {
        1 => "INFO",
        2 => "PROGRESS",
        3 => "RESULT",
        _ => "UNKNOWN",
    };
    let mut line = format!("[{name}] ");
    for character in String::from_utf8_lossy(&frame.payload).chars() {
        // What somebody has sent must not move the cursor of our terminal.
        if character.is_control() {
            line.extend(character.escape_debug());
        } else {
            line.push(character);
        }
    }
    line.push('\n');
    io::stdout().write_all(line.as_bytes()).context("print a frame")
}
