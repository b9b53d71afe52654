//! The frames of lesson 6: a message, the bytes that stand for it in a pipe, and the way back.
//!
//! A pipe carries bytes, not messages (pipe(7)), so each message says how long it is:
//!
//! | field   | type            | bytes      | meaning                                            |
//! | ------- | --------------- | ---------- | -------------------------------------------------- |
//! | length  | u32, big-endian | 4          | 1 + payload bytes; at most 1,048,576; never 0      |
//! | type    | u8              | 1          | 1 INFO, 2 PROGRESS, 3 RESULT, others UNKNOWN       |
//! | payload | any bytes       | length − 1 | the message                                        |
//!
//! ```
//! use lesson_06::{Decoder, Frame, INFO};
//!
//! let bytes = Frame::new(INFO, "hi").encode()?;
//! assert_eq!(bytes, [0, 0, 0, 3, 1, b'h', b'i']);
//!
//! // Anything that can be read is a source of frames.
//! let mut source = &bytes[..];
//! let mut decoder = Decoder::default();
//! assert_eq!(decoder.read_frame(&mut source)?, Some(Frame::new(INFO, "hi")));
//! assert_eq!(decoder.read_frame(&mut source)?, None);
//! # Ok::<(), lesson_06::FrameError>(())
//! ```

mod decoder;
mod error;
mod frame;

pub use decoder::Decoder;
pub use error::FrameError;
pub use frame::{Frame, HEADER_BYTES, INFO, MAX_LENGTH_BYTES, PROGRESS, RESULT};
