//! Right too: collects what reads return, and takes whole frames from the front of it.

#![allow(unsafe_code)]

use std::io::{self, Write};

use anyhow::{Context, bail, ensure};
use nix::errno::Errno;
use nix::unistd::read;

/// The length field.
const HEADER_BYTES: usize = 4;
/// The largest length that is allowed, the type's byte included.
const MAX_LENGTH_BYTES: u32 = 1_048_576;

/// What one read takes at most.
const CHUNK_BYTES: usize = 4096;

struct Frame {
    kind: u8,
    payload: Vec<u8>,
}

fn main() -> anyhow::Result<()> {
    let stdin = io::stdin();
    let mut chunk = [0; CHUNK_BYTES];
    // What has come, and is no whole frame yet.
    let mut pending = Vec::new();
    loop {
        let count = match read(&stdin, &mut chunk) {
            Err(Errno::EINTR) => continue,
            answered => answered.context("read from standard input")?,
        };
        if count == 0 {
            return end(&pending);
        }
        pending.extend_from_slice(&chunk[..count]);
        let mut done = 0;
        while let Some((frame, length)) = decode(&pending[done..])? {
            print(&frame)?;
            done += length;
        }
        // Once for each read, not for each frame: it moves all that is left.
        pending.drain(..done);
    }
}

/// The frame at the beginning of `bytes` and its length there, or `None` where it is not complete.
fn decode(bytes: &[u8]) -> anyhow::Result<Option<(Frame, usize)>> {
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
        return Ok(None);
    };
    let length = allowed_length(*header)?;
    let frame = |body: &[u8]| Frame { kind: body[0], payload: body[1..].to_vec() };
    Ok(rest.get(..length).map(|body| (frame(body), HEADER_BYTES + length)))
}

/// The stream has ended: that is good where nothing is left over.
fn end(pending: &[u8]) -> anyhow::Result<()> {
    let Some((header, rest)) = pending.split_first_chunk::<HEADER_BYTES>() else {
        let count = pending.len();
        ensure!(count == 0, "the stream ends in a header, after {count} of {HEADER_BYTES} bytes");
        return Ok(());
    };
    let length = allowed_length(*header)?;
    bail!("the stream ends in a body, after {} of {length} bytes", rest.len());
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
