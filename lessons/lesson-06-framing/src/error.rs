//! Why a stream of frames cannot go on.
//!
//! The end between two frames is not among these: it is how every good stream ends. A stream that
//! ends anywhere else has lost something, and a reader who takes both for the same never finds out.

use std::error::Error;
use std::fmt;
use std::io;

use crate::frame::{HEADER_BYTES, MAX_LENGTH_BYTES};

// ANCHOR: frame-error
/// Each way to fail has a name of its own, so that a caller can tell them apart.
#[derive(Debug)]
pub enum FrameError {
    /// The stream ends when some bytes of a header have come, and not all.
    TruncatedHeader { got_bytes: usize },
    /// The stream ends when a header has come, and not all that it announces.
    TruncatedBody { got_bytes: usize, length_bytes: usize },
    /// A header announces nothing, not even a type.
    ZeroLength,
    /// A header announces more than the limit, or a payload would need such a header.
    TooLong { length_bytes: u64 },
    /// The stream itself could not be read.
    Io(io::Error),
}
// ANCHOR_END: frame-error

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TruncatedHeader { got_bytes } => {
                write!(f, "the stream ends in a header, after {got_bytes} of {HEADER_BYTES} bytes")
            }
            Self::TruncatedBody { got_bytes, length_bytes } => {
                write!(f, "the stream ends in a body, after {got_bytes} of {length_bytes} bytes")
            }
            Self::ZeroLength => f.write_str("a length of 0, and the type alone makes it 1"),
            Self::TooLong { length_bytes } => {
                write!(f, "a length of {length_bytes}, and at most {MAX_LENGTH_BYTES} is allowed")
            }
            Self::Io(_) => f.write_str("the stream cannot be read"),
        }
    }
}

impl Error for FrameError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}
