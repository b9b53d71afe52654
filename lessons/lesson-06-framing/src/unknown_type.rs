//! A type that the reader does not know is no error: its length is known, so the frame can be
//! taken, or passed over, and the next one is found.
//!
//! That is what lets a newer sender talk to an older reader. The article has no name for type 0 but
//! `???`, and UNKNOWN for all from 4 on; here they are all UNKNOWN, and keep their number.

use std::io::{self, Write};

use anyhow::Context;
use lesson_06::{Decoder, Frame};
use transcript::Transcript;

pub const CLAIM: &str = "a type without a name is a frame like any other";

const TEXT: &str = "hello";

/// Of all 256, the ones that are printed.
const SHOWN: [u8; 6] = [0, 1, 2, 3, 4, 255];

// ANCHOR: unknown-type
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (mut reader, mut writer) = io::pipe().context("create the pipe")?;
    let mut decoder = Decoder::default();
    let (mut types, mut unknown) = (0, 0);

    for kind in 0..=u8::MAX {
        let sent = Frame::new(kind, TEXT);
        let bytes = sent.encode().with_context(|| format!("encode type {kind}"))?;

        // Both ends are in this process: the frame fits into the pipe, so the write does not wait,
        // and then it lies there, so the read does not wait either.
        writer.write_all(&bytes).context("write the frame")?;
        let received = decoder.read_frame(&mut reader).context("read the frame")?;
        let frame = received.context("the stream ended where a frame must be")?;
        anyhow::ensure!(frame == sent, "{frame:?} came where {sent:?} was sent");

        types += 1;
        if frame.name() == "UNKNOWN" {
            unknown += 1;
        }
        if SHOWN.contains(&kind) {
            writeln!(out, "type {kind:>3}: {frame}")?;
        }
    }
    anyhow::ensure!((types, unknown) == (256, 253), "{unknown} of {types} types are unknown");
    writeln!(out, "{types} types sent, {types} came as they were sent, {unknown} are UNKNOWN")?;
    Ok(())
}
// ANCHOR_END: unknown-type
