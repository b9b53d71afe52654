//! Right too: gives the bytes to a decoder, one at a time, which knows where it stands.

#![allow(unsafe_code)]

use std::io::{self, BufRead, ErrorKind, Write};

use anyhow::{Context, bail, ensure};

/// The length field.
const HEADER_BYTES: usize = 4;
/// The largest length that is allowed, the type's byte included.
const MAX_LENGTH_BYTES: u32 = 1_048_576;

struct Frame {
    kind: u8,
    payload: Vec<u8>,
}

/// Where in a frame the next byte belongs.
enum State {
    Header(Vec<u8>),
    Body { length: usize, bytes: Vec<u8> },
}

fn main() -> anyhow::Result<()> {
    let mut input = io::stdin().lock();
    let mut state = State::Header(Vec::new());
    loop {
        let count = match input.fill_buf() {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            filled => {
                let bytes = filled.context("read from standard input")?;
                for &byte in bytes {
                    state = state.with(byte)?;
                }
                bytes.len()
            }
        };
        if count == 0 {
            return state.end();
        }
        input.consume(count);
    }
}

impl State {
    /// One byte later. A frame that it completes is printed.
    fn with(self, byte: u8) -> anyhow::Result<State> {
        match self {
            State::Header(mut bytes) => {
                bytes.push(byte);
                let Some(header) = bytes.first_chunk::<HEADER_BYTES>() else {
                    return Ok(State::Header(bytes));
                };
                // The body grows with what comes, so that nothing is set aside for a mere claim.
                Ok(State::Body { length: allowed_length(*header)?, bytes: Vec::new() })
            }
            State::Body { length, mut bytes } => {
                bytes.push(byte);
                if bytes.len() < length {
                    return Ok(State::Body { length, bytes });
                }
                let payload = bytes.split_off(1);
                print(&Frame { kind: bytes[0], payload })?;
                Ok(State::Header(Vec::new()))
            }
        }
    }

    /// The stream has ended: that is good before the first byte of a header.
    fn end(self) -> anyhow::Result<()> {
        match self {
            State::Header(bytes) => {
                let count = bytes.len();
                ensure!(
                    count == 0,
                    "the stream ends in a header, after {count} of {HEADER_BYTES} bytes"
                );
                Ok(())
            }
            State::Body { length, bytes } => {
                bail!("the stream ends in a body, after {} of {length} bytes", bytes.len())
            }
        }
    }
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
