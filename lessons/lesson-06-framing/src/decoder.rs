//! From bytes back to frames, whatever pieces the bytes come in.
//!
//! The decoder never takes more than the frame at hand still misses, so nothing of the next one is
//! lost, and it sets no memory aside before the length has been found to be allowed.

use std::io::{ErrorKind, Read};
use std::mem;

use crate::error::FrameError;
use crate::frame::{Frame, HEADER_BYTES, MAX_LENGTH_BYTES};

// ANCHOR: decoder
/// The frame at hand, as far as it has come.
#[derive(Debug, Default)]
pub struct Decoder {
    header: [u8; HEADER_BYTES],
    header_filled: usize,
    /// Type and payload; without any byte until the header is whole and its length allowed.
    body: Vec<u8>,
    body_filled: usize,
}

impl Decoder {
    /// The next frame of `source`, or None at an end between two frames.
    ///
    /// # Errors
    /// Asked again it answers with the same error: behind a wrong length nobody knows where the
    /// next frame begins.
    pub fn read_frame(&mut self, source: &mut impl Read) -> Result<Option<Frame>, FrameError> {
        loop {
            let count = match source.read(self.missing()?) {
                Ok(0) => return self.end().map(|()| None),
                Ok(count) => count,
                // A signal has come, and no byte was read: read(2).
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(FrameError::Io(error)),
            };
            if let Some(frame) = self.filled(count) {
                return Ok(Some(frame));
            }
        }
    }

    /// The same for a caller who does the reading: takes from the front of `bytes` what the frame
    /// at hand still misses. None means that all of `bytes` is taken and more must come.
    ///
    /// # Errors
    /// A wrong length; a truncation is found by [`end`](Self::end).
    pub fn feed(&mut self, bytes: &mut &[u8]) -> Result<Option<Frame>, FrameError> {
        loop {
            // Also with nothing to take: a whole header may have come, and a wrong one.
            let missing = self.missing()?;
            if bytes.is_empty() {
                return Ok(None);
            }
            let count = missing.len().min(bytes.len());
            missing[..count].copy_from_slice(&bytes[..count]);
            *bytes = &bytes[count..];
            if let Some(frame) = self.filled(count) {
                return Ok(Some(frame));
            }
        }
    }

    /// No more bytes will come: fine between two frames, and nowhere else.
    ///
    /// # Errors
    /// One of the two truncations.
    pub fn end(&mut self) -> Result<(), FrameError> {
        self.missing()?;
        match (self.header_filled, self.body.len()) {
            (0, _) => Ok(()),
            (got_bytes, 0) => Err(FrameError::TruncatedHeader { got_bytes }),
            (_, length_bytes) => {
                Err(FrameError::TruncatedBody { got_bytes: self.body_filled, length_bytes })
            }
        }
    }

    /// How much memory the decoder holds for the frame at hand.
    #[must_use]
    pub fn capacity_bytes(&self) -> usize {
        self.body.capacity()
    }
}
// ANCHOR_END: decoder

// ANCHOR: decoder-missing
impl Decoder {
    /// The room for the bytes to come: never empty, and made only for a length that is allowed.
    fn missing(&mut self) -> Result<&mut [u8], FrameError> {
        if self.header_filled < HEADER_BYTES {
            return Ok(&mut self.header[self.header_filled..]);
        }
        if self.body.is_empty() {
            self.body = match u32::from_be_bytes(self.header) {
                0 => return Err(FrameError::ZeroLength),
                length @ 1..=MAX_LENGTH_BYTES => vec![0; length as usize],
                length => return Err(FrameError::TooLong { length_bytes: length.into() }),
            };
        }
        Ok(&mut self.body[self.body_filled..])
    }

    /// `count` bytes of that room are filled; perhaps they were the last ones.
    fn filled(&mut self, count: usize) -> Option<Frame> {
        if self.header_filled < HEADER_BYTES {
            self.header_filled += count;
            return None;
        }
        self.body_filled += count;
        if self.body_filled < self.body.len() {
            return None;
        }
        // The body without its type is the payload; the decoder is as new.
        let mut payload = mem::take(self).body;
        Some(Frame { kind: payload.remove(0), payload })
    }
}
// ANCHOR_END: decoder-missing
