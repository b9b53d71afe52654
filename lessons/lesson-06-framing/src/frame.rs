//! A message, and the bytes of its frame.

use std::fmt::{self, Write};

use crate::error::FrameError;

/// The length field: a u32.
pub const HEADER_BYTES: usize = 4;

/// The largest length that a header may announce: one byte of type and the payload.
pub const MAX_LENGTH_BYTES: u32 = 1_048_576;

pub const INFO: u8 = 1;
pub const PROGRESS: u8 = 2;
pub const RESULT: u8 = 3;

// ANCHOR: frame
/// One message. A type without a name is no error: a newer sender may know more types than we do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub kind: u8,
    pub payload: Vec<u8>,
}

impl Frame {
    pub fn new(kind: u8, payload: impl Into<Vec<u8>>) -> Frame {
        Frame { kind, payload: payload.into() }
    }

    /// All bytes of the frame in one buffer, so that one write can send them: what is sent in
    /// several writes, another sender can write into the middle of.
    ///
    /// # Errors
    /// [`FrameError::TooLong`] for a payload of [`MAX_LENGTH_BYTES`] or more: every decoder would
    /// refuse it, and by then the sender would be out of reach.
    pub fn encode(&self) -> Result<Vec<u8>, FrameError> {
        // The type byte counts as well.
        let length_bytes = self.payload.len() as u64 + 1;
        let length = u32::try_from(length_bytes)
            .ok()
            .filter(|length| *length <= MAX_LENGTH_BYTES)
            .ok_or(FrameError::TooLong { length_bytes })?;

        let mut bytes = Vec::with_capacity(HEADER_BYTES + 1 + self.payload.len());
        // Big-endian: the same four bytes from every machine.
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.push(self.kind);
        bytes.extend_from_slice(&self.payload);
        Ok(bytes)
    }
}
// ANCHOR_END: frame

impl Frame {
    /// The type in words.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.kind {
            INFO => "INFO",
            PROGRESS => "PROGRESS",
            RESULT => "RESULT",
            _ => "UNKNOWN",
        }
    }
}

/// `[INFO] text`. Control characters are escaped: what another process has sent must not be able to
/// move the cursor of our terminal.
impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] ", self.name())?;
        for character in String::from_utf8_lossy(&self.payload).chars() {
            if character.is_control() {
                write!(f, "{}", character.escape_debug())?;
            } else {
                f.write_char(character)?;
            }
        }
        Ok(())
    }
}
