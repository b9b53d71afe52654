//! Whatever frames are sent, and in whatever pieces they come: the same frames arrive.

use std::io::{self, Read};

use lesson_06::{Decoder, Frame};
use proptest::collection::vec;
use proptest::prelude::*;

fn frames() -> impl Strategy<Value = Vec<Frame>> {
    let payload = prop_oneof![
        4 => vec(any::<u8>(), 0..40),
        1 => vec(any::<u8>(), 0..5000),
    ];
    let frame = (any::<u8>(), payload).prop_map(|(kind, payload)| Frame::new(kind, payload));
    vec(frame, 0..8)
}

fn encode(frames: &[Frame]) -> Vec<u8> {
    frames.iter().flat_map(|frame| frame.encode().unwrap()).collect()
}

/// The lengths of pieces; used again and again until nothing is left.
fn pieces() -> impl Strategy<Value = Vec<usize>> {
    vec(prop_oneof![1..4_usize, 1..200_usize, Just(5000)], 1..20)
}

/// Gives no more at a time than the next piece.
struct InPieces<'a>(&'a [u8], Box<dyn Iterator<Item = usize> + 'a>);

impl Read for InPieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.1.next().unwrap_or(1).min(buffer.len());
        self.0.read(&mut buffer[..count])
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn read_in_pieces(sent in frames(), pieces in pieces()) {
        let bytes = encode(&sent);
        let mut source = InPieces(&bytes, Box::new(pieces.iter().copied().cycle()));
        let (mut decoder, mut received) = (Decoder::default(), Vec::new());
        while let Some(frame) = decoder.read_frame(&mut source).unwrap() {
            received.push(frame);
        }
        prop_assert_eq!(received, sent);
    }

    #[test]
    fn fed_in_pieces(sent in frames(), pieces in pieces()) {
        let bytes = encode(&sent);
        let (mut decoder, mut received, mut rest) = (Decoder::default(), Vec::new(), &bytes[..]);
        for piece in pieces.iter().cycle() {
            let (mut now, later) = rest.split_at(rest.len().min(*piece));
            while let Some(frame) = decoder.feed(&mut now).unwrap() {
                received.push(frame);
            }
            prop_assert!(now.is_empty());
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        decoder.end().unwrap();
        prop_assert_eq!(received, sent);
    }

    /// A stream that is cut gives the frames before the cut, and says whether one was cut.
    #[test]
    fn cut_anywhere(sent in frames(), place in any::<prop::sample::Index>()) {
        let bytes = encode(&sent);
        let cut = place.index(bytes.len() + 1);
        let (mut whole, mut end) = (0, 0);
        for frame in &sent {
            let next = end + 5 + frame.payload.len();
            if next > cut {
                break;
            }
            (whole, end) = (whole + 1, next);
        }

        let (mut source, mut decoder, mut received) = (&bytes[..cut], Decoder::default(), vec![]);
        let is_clean = loop {
            match decoder.read_frame(&mut source) {
                Ok(Some(frame)) => received.push(frame),
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        prop_assert_eq!(&received[..], &sent[..whole]);
        prop_assert_eq!(is_clean, cut == end);
    }
}
