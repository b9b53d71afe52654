//! tokio-util's LengthDelimitedCodec and the lesson's codec read each other's frames. There the
//! type is the first byte of the payload.

use bytes::{Bytes, BytesMut};
use lesson_06::{Decoder, Frame, FrameError, MAX_LENGTH_BYTES};
use proptest::collection::vec;
use proptest::prelude::*;
use tokio_util::codec::{Decoder as _, Encoder as _, LengthDelimitedCodec};

const LIMIT: usize = MAX_LENGTH_BYTES as usize;

fn codec() -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder()
        .big_endian()
        .length_field_length(4)
        .max_frame_length(LIMIT)
        .new_codec()
}

/// Type and payload, as one payload.
fn theirs(frame: &Frame) -> Bytes {
    [&[frame.kind][..], &frame.payload].concat().into()
}

fn frames() -> impl Strategy<Value = Vec<Frame>> {
    let frame = (any::<u8>(), vec(any::<u8>(), 0..300));
    vec(frame.prop_map(|(kind, payload)| Frame::new(kind, payload)), 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn they_read_ours(sent in frames()) {
        let mut stream: BytesMut = sent.iter().flat_map(|frame| frame.encode().unwrap()).collect();
        let mut codec = codec();
        for frame in &sent {
            let body = codec.decode(&mut stream).unwrap().expect("a frame");
            prop_assert_eq!(body.freeze(), theirs(frame));
        }
        prop_assert!(codec.decode_eof(&mut stream).unwrap().is_none());
    }

    #[test]
    fn we_read_theirs(sent in frames()) {
        let (mut codec, mut stream) = (codec(), BytesMut::new());
        for frame in &sent {
            codec.encode(theirs(frame), &mut stream).unwrap();
        }
        let ours: Vec<u8> = sent.iter().flat_map(|frame| frame.encode().unwrap()).collect();
        prop_assert_eq!(&stream[..], &ours[..]);

        let (mut decoder, mut source) = (Decoder::default(), &stream[..]);
        for frame in sent {
            prop_assert_eq!(decoder.read_frame(&mut source).unwrap(), Some(frame));
        }
        prop_assert_eq!(decoder.read_frame(&mut source).unwrap(), None);
    }
}

#[test]
fn the_same_limit() {
    let largest = Frame::new(3, vec![7; LIMIT - 1]);
    let mut stream = BytesMut::from(&largest.encode().unwrap()[..]);
    assert_eq!(codec().decode(&mut stream).unwrap().unwrap().freeze(), theirs(&largest));

    let mut stream = BytesMut::new();
    codec().encode(theirs(&largest), &mut stream).unwrap();
    assert_eq!(Decoder::default().read_frame(&mut &stream[..]).unwrap(), Some(largest));

    // One byte more: all four sides refuse.
    let over = Frame::new(3, vec![7; LIMIT]);
    assert!(matches!(over.encode(), Err(FrameError::TooLong { .. })));
    assert!(codec().encode(theirs(&over), &mut BytesMut::new()).is_err());
    let header = (MAX_LENGTH_BYTES + 1).to_be_bytes();
    let refused = Decoder::default().feed(&mut &header[..]);
    assert!(matches!(refused, Err(FrameError::TooLong { .. })));
    assert!(codec().decode(&mut BytesMut::from(&header[..])).is_err());
}

/// Their frame without a single byte has no type, so here it is none.
#[test]
fn where_they_differ() {
    let mut stream = BytesMut::from(&[0; 4][..]);
    assert_eq!(codec().decode(&mut stream).unwrap().unwrap().len(), 0);
    let refused = Decoder::default().feed(&mut &[0; 4][..]);
    assert!(matches!(refused, Err(FrameError::ZeroLength)));
}
