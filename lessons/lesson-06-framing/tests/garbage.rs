//! Whatever bytes come: no panic, never more memory than the limit, and after some frames exactly
//! one end or one error.

#![expect(unsafe_code, reason = "an allocator that counts is the proof")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use lesson_06::{Decoder, FrameError, MAX_LENGTH_BYTES};
use proptest::collection::vec;
use proptest::prelude::*;

thread_local! {
    /// Bytes that this thread has allocated less those it has freed, and their maximum.
    static HELD: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

fn count(bytes: usize, sign: isize) {
    HELD.set(HELD.get() + sign * bytes as isize);
    PEAK.set(PEAK.get().max(HELD.get()));
}

// SAFETY:
// obligation: an allocator keeps the contract of GlobalAlloc, and may not allocate by itself.
// here: System does the work with the same layout, and counting is two cells without destructors.
// broken by: a counter that allocates.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        // SAFETY:
        // obligation: the layout has a size above 0.
        // here: our caller has promised that of the same layout.
        // broken by: another layout.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(layout.size(), -1);
        // SAFETY:
        // obligation: the pointer comes from this allocator, with this layout.
        // here: `alloc` has it from System, and our caller has promised the layout.
        // broken by: an `alloc` that asks somebody else.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// The most that `work` holds at any moment beyond what was held before it.
fn peak_of<T>(work: impl FnOnce() -> T) -> (T, isize) {
    let before = HELD.get();
    PEAK.set(before);
    let result = work();
    (result, PEAK.get() - before)
}

/// Arbitrary bytes, with headers among them that a random u32 would hardly ever be: short lengths,
/// and those around the limit.
fn garbage() -> impl Strategy<Value = Vec<u8>> {
    let limit = MAX_LENGTH_BYTES;
    let length =
        prop_oneof![6 => 0..30_u32, 2 => limit - 2..limit + 3, 1 => any::<u32>(), 1 => Just(0)];
    let piece = prop_oneof![
        2 => length.prop_map(|length| length.to_be_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..30),
        1 => vec(any::<u8>(), 0..3000),
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Reads `stream` to its end or error; returns how many bytes of it the frames had.
fn read_all(mut source: &[u8]) -> (usize, Result<(), FrameError>) {
    let (mut decoder, mut bytes) = (Decoder::default(), 0);
    loop {
        match decoder.read_frame(&mut source) {
            Ok(Some(frame)) => bytes += 5 + frame.payload.len(),
            Ok(None) => return (bytes, Ok(())),
            Err(error) => return (bytes, Err(error)),
        }
    }
}

#[test]
fn the_counter_counts() {
    let (_, peak) = peak_of(|| drop(vec![1_u8; 12345]));
    assert_eq!(peak, 12345);
    let largest = [MAX_LENGTH_BYTES.to_be_bytes().to_vec(), vec![0; 1000]].concat();
    let (_, peak) = peak_of(|| read_all(&largest));
    assert_eq!(peak, MAX_LENGTH_BYTES as isize);
    let (_, peak) = peak_of(|| read_all(&u32::MAX.to_be_bytes()));
    assert_eq!(peak, 0);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn frames_and_then_one_end_or_error(stream in garbage()) {
        let ((bytes, end), peak) = peak_of(|| read_all(&stream));
        prop_assert!(peak <= MAX_LENGTH_BYTES as isize, "{peak} bytes were held");

        // Nothing is lost: behind the frames lies nothing, or what the error is about.
        let behind = &stream[bytes..];
        let length = behind.first_chunk().map(|header| u32::from_be_bytes(*header));
        match end {
            Ok(()) => prop_assert!(behind.is_empty()),
            Err(FrameError::TruncatedHeader { got_bytes }) => {
                prop_assert!(got_bytes == behind.len() && (1..4).contains(&got_bytes));
            }
            Err(FrameError::TruncatedBody { got_bytes, length_bytes }) => {
                prop_assert_eq!(got_bytes, behind.len() - 4);
                prop_assert_eq!(length.map(|length| length as usize), Some(length_bytes));
                prop_assert!(got_bytes < length_bytes);
            }
            Err(FrameError::ZeroLength) => prop_assert_eq!(length, Some(0)),
            Err(FrameError::TooLong { length_bytes }) => {
                prop_assert_eq!(length.map(u64::from), Some(length_bytes));
                prop_assert!(length_bytes > u64::from(MAX_LENGTH_BYTES));
            }
            Err(error @ FrameError::Io(_)) => prop_assert!(false, "{error:?}"),
        }
    }

    /// However a stream is split, it gives as many frames and ends alike.
    #[test]
    fn splitting_changes_nothing(stream in garbage(), piece in 1..50_usize) {
        let (whole_bytes, whole_end) = read_all(&stream);
        let (mut decoder, mut bytes) = (Decoder::default(), 0);
        let mut end = Ok(());
        'stream: for mut piece in stream.chunks(piece) {
            loop {
                match decoder.feed(&mut piece) {
                    Ok(Some(frame)) => bytes += 5 + frame.payload.len(),
                    Ok(None) => break,
                    Err(error) => {
                        end = Err(error);
                        break 'stream;
                    }
                }
            }
        }
        let end = end.and_then(|()| decoder.end());
        prop_assert_eq!(bytes, whole_bytes);
        prop_assert_eq!(format!("{end:?}"), format!("{whole_end:?}"));
    }
}
