//! The bytes of the article's messages, and the decoder's answer to each kind of stream.

use std::io::{self, Read};

use lesson_06::{Decoder, Frame, FrameError, INFO, MAX_LENGTH_BYTES, PROGRESS, RESULT};

const LIMIT: usize = MAX_LENGTH_BYTES as usize;

#[test]
fn the_articles_messages() {
    let messages: [(u8, &str, &[u8]); 4] = [
        (INFO, "system initialized", b"\x00\x00\x00\x13\x01system initialized"),
        (PROGRESS, "processing batch 42", b"\x00\x00\x00\x14\x02processing batch 42"),
        (RESULT, "task complete: 128 items", b"\x00\x00\x00\x19\x03task complete: 128 items"),
        (INFO, "shutting down", b"\x00\x00\x00\x0e\x01shutting down"),
    ];
    for (kind, text, bytes) in messages {
        let frame = Frame::new(kind, text);
        assert_eq!(frame.encode().unwrap(), bytes);
        assert_eq!(Decoder::default().feed(&mut &bytes[..]).unwrap(), Some(frame));
    }
}

#[test]
fn names_and_control_characters() {
    let text = |kind, payload: &[u8]| Frame::new(kind, payload).to_string();
    assert_eq!(text(1, b"a"), "[INFO] a");
    assert_eq!(text(2, b"b"), "[PROGRESS] b");
    assert_eq!(text(3, b"c"), "[RESULT] c");
    assert_eq!(text(0, b"d"), "[UNKNOWN] d");
    assert_eq!(text(4, b""), "[UNKNOWN] ");
    assert_eq!(text(1, "größer: \"1\"".as_bytes()), "[INFO] größer: \"1\"");
    assert_eq!(text(1, b"\x1b[2J\n\0"), "[INFO] \\u{1b}[2J\\n\\0");
}

/// All that the decoder says to `stream`, until it says no more than that.
fn answers(mut stream: &[u8]) -> (Vec<Frame>, Result<(), FrameError>) {
    let (mut decoder, mut frames) = (Decoder::default(), Vec::new());
    loop {
        match decoder.read_frame(&mut stream) {
            Ok(Some(frame)) => frames.push(frame),
            Ok(None) => return (frames, Ok(())),
            Err(error) => return (frames, Err(error)),
        }
    }
}

#[test]
fn a_clean_end() {
    assert!(matches!(answers(b""), (frames, Ok(())) if frames.is_empty()));
    let (frames, end) = answers(b"\0\0\0\x03\x01hi\0\0\0\x01\x09");
    assert_eq!(frames, [Frame::new(INFO, "hi"), Frame::new(9, "")]);
    assert!(end.is_ok());
}

#[track_caller]
fn breaks(stream: &[u8], frames: usize, words: &str) {
    let (before, end) = answers(stream);
    let error = end.expect_err("the stream is broken");
    assert_eq!((before.len(), error.to_string().as_str()), (frames, words));
}

#[test]
fn each_way_to_break() {
    breaks(b"\0", 0, "the stream ends in a header, after 1 of 4 bytes");
    breaks(b"\0\0\0\x01\x07\0\0\0", 1, "the stream ends in a header, after 3 of 4 bytes");
    breaks(b"\0\0\0\x01", 0, "the stream ends in a body, after 0 of 1 bytes");
    breaks(b"\0\0\0\x05\x01abc", 0, "the stream ends in a body, after 4 of 5 bytes");
    breaks(b"\0\0\0\0", 0, "a length of 0, and the type alone makes it 1");
    breaks(b"\0\0\0\x01\x07\0\0\0\0\0", 1, "a length of 0, and the type alone makes it 1");
    let too_long = "a length of 1048577, and at most 1048576 is allowed";
    breaks(b"\0\x10\0\x01", 0, too_long);
    breaks(b"\0\x10\0\x01\x01some text", 0, too_long);
    breaks(b"\xff\xff\xff\xff", 0, "a length of 4294967295, and at most 1048576 is allowed");
}

#[test]
fn an_error_stays() {
    for stream in [&b"\0\0"[..], b"\0\0\0\x02\x01", b"\0\0\0\0\0", b"\0\x10\0\x01\x01"] {
        let (mut decoder, mut source) = (Decoder::default(), stream);
        let first = decoder.read_frame(&mut source).unwrap_err().to_string();
        let again = decoder.read_frame(&mut source).unwrap_err().to_string();
        assert_eq!(again, first);
        assert_eq!(decoder.end().unwrap_err().to_string(), first);
    }
}

#[test]
fn a_wrong_length_is_refused_without_another_byte() {
    let mut decoder = Decoder::default();
    assert!(matches!(decoder.feed(&mut &b"\0\x10\0"[..]), Ok(None)));
    let refused = decoder.feed(&mut &b"\x01"[..]);
    assert!(matches!(refused, Err(FrameError::TooLong { length_bytes: 1_048_577 })));
    assert_eq!(decoder.capacity_bytes(), 0);
}

#[test]
fn the_limit_is_the_same_on_both_sides() {
    let largest = Frame::new(RESULT, vec![7; LIMIT - 1]);
    let bytes = largest.encode().unwrap();
    assert_eq!(bytes.len(), 4 + LIMIT);
    assert_eq!(Decoder::default().read_frame(&mut &bytes[..]).unwrap(), Some(largest));

    for over in [LIMIT, LIMIT + 1, 2 * LIMIT] {
        let refused = Frame::new(RESULT, vec![7; over]).encode();
        let length = over as u64 + 1;
        assert!(
            matches!(refused, Err(FrameError::TooLong { length_bytes }) if length_bytes == length)
        );
    }
}

/// One byte at a time, and a signal before each.
struct Interrupted<'a>(&'a [u8], bool);

impl Read for Interrupted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1 = !self.1;
        if self.1 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let count = buffer.len().min(1);
        self.0.read(&mut buffer[..count])
    }
}

#[test]
fn a_signal_loses_nothing() {
    let mut source = Interrupted(b"\0\0\0\x03\x01hi", false);
    let mut decoder = Decoder::default();
    assert_eq!(decoder.read_frame(&mut source).unwrap(), Some(Frame::new(INFO, "hi")));
    assert_eq!(decoder.read_frame(&mut source).unwrap(), None);
}

/// Answers "not now" where more should come.
struct NotNow<'a>(&'a [u8]);

impl Read for NotNow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }
}

#[test]
fn a_failed_read_is_no_end_and_loses_nothing() {
    let mut decoder = Decoder::default();
    let error = decoder.read_frame(&mut NotNow(b"\0\0\0\x03\x01h")).unwrap_err();
    let is_kept = matches!(&error, FrameError::Io(why) if why.kind() == io::ErrorKind::WouldBlock);
    assert!(is_kept, "{error:?}");
    assert!(std::error::Error::source(&error).is_some());
    assert_eq!(decoder.read_frame(&mut &b"i"[..]).unwrap(), Some(Frame::new(INFO, "hi")));
}
