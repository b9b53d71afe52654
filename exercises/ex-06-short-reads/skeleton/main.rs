//! Exercise 6: short reads. The task is in README.md.
//!
//! Reads frames from standard input and prints each as a line, `[INFO] text`, as soon as it is
//! complete. A frame is a length (u32, big-endian), a type and a payload; the length counts the
//! type and the payload.

#![allow(unsafe_code)]

use std::io::{self, Write};

use anyhow::{Context, bail};
use nix::errno::Errno;
use nix::unistd::read;

/// The length field.
const HEADER_BYTES: usize = 4;
/// The largest length that is allowed, the type's byte included.
const MAX_LENGTH_BYTES: u32 = 1_048_576;
/// What one read takes at most.
const CHUNK_BYTES: usize = 4096;

struct Frame<'a> {
    kind: u8,
    payload: &'a [u8],
}

fn main() -> anyhow::Result<()> {
    let stdin = io::stdin();
    let mut chunk = [0; CHUNK_BYTES];
    loop {
        let count = match read(&stdin, &mut chunk) {
            Err(Errno::EINTR) => continue,
            answered => answered.context("read from standard input")?,
        };
        if count == 0 {
            return Ok(());
        }
        print(&decode(&chunk[..count])?)?;
    }
}

/// The frame at the beginning of `bytes`.
fn decode(bytes: &[u8]) -> anyhow::Result<Frame<'_>> {
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
        let count = bytes.len();
        bail!("the stream ends in a header, after {count} of {HEADER_BYTES} bytes");
    };
    let length = allowed_length(*header)?;
    let Some(body) = rest.get(..length) else {
        let count = rest.len();
        bail!("the stream ends in a body, after {count} of {length} bytes");
    };
    Ok(Frame { kind: body[0], payload: &body[1..] })
}

fn allowed_length(header: [u8; HEADER_BYTES]) -> anyhow::Result<usize> {
    match u32::from_be_bytes(header) {
        0 => bail!("a length of 0, and the type alone makes it 1"),
        length @ 1..=MAX_LENGTH_BYTES => Ok(length as usize),
        length => bail!("a length of {length}, and at most {MAX_LENGTH_BYTES} is allowed"),
    }
}

/// One line for each frame, whatever its payload is.
fn print(frame: &Frame<'_>) -> anyhow::Result<()> {
    let name = match frame.kind {
        1 => "INFO",
        2 => "PROGRESS",
        3 => "RESULT",
        _ => "UNKNOWN",
    };
    let mut line = format!("[{name}] ");
    for character in String::from_utf8_lossy(frame.payload).chars() {
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
