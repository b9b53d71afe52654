//! The same two frames come out of every way to split their eleven bytes.
//!
//! A pipe keeps no boundaries: what was written at once may be read in pieces, and what was written
//! in pieces may be read at once (pipe(7), "I/O on pipes and FIFOs"). Eleven bytes have ten places
//! where they can be split or not, so there are two to the tenth ways. All of them go through the
//! pipe: a piece is written, one read brings exactly that piece, and the decoder gets it.

use std::io::{self, PipeReader, PipeWriter, Read, Write};

use anyhow::Context;
use lesson_06::{Decoder, Frame, INFO, RESULT};
use transcript::Transcript;

pub const CLAIM: &str = "every way to split a stream gives the same frames";

type Ends<'a> = (&'a PipeReader, &'a PipeWriter);

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (reader, writer) = io::pipe().context("create the pipe")?;
    let sent = [Frame::new(INFO, "a"), Frame::new(RESULT, "")];
    let encoded: Result<Vec<_>, _> = sent.iter().map(Frame::encode).collect();
    let encoded = encoded.context("encode the frames")?;

    merged(out, (&reader, &writer), &sent, &encoded)?;
    split_once(out, (&reader, &writer), &sent, &encoded.concat())?;
    split_anyhow(out, (&reader, &writer), &sent, &encoded.concat())
}

// ANCHOR: any-split-merged
fn merged(out: &mut Transcript, ends: Ends, sent: &[Frame], all: &[Vec<u8>]) -> anyhow::Result<()> {
    let (mut reader, mut writer) = ends;

    // One write for each frame, as the sender of `messages` does it.
    for bytes in all {
        let written = writer.write(bytes).context("write a frame")?;
        anyhow::ensure!(written == bytes.len(), "the pipe took {written} bytes");
    }

    // Both lie in the pipe, and nothing is left of the border between them.
    let mut buffer = [0; 64];
    let count = reader.read(&mut buffer).context("read both frames")?;
    let (mut decoder, mut frames, mut rest) = (Decoder::default(), Vec::new(), &buffer[..count]);
    while let Some(frame) = decoder.feed(&mut rest).context("decode what was read")? {
        frames.push(frame);
    }
    anyhow::ensure!(frames == sent, "{frames:?} came");
    writeln!(out, "{} writes, one read of {count} bytes: {} frames", all.len(), frames.len())?;
    Ok(())
}
// ANCHOR_END: any-split-merged

// ANCHOR: any-split-once
/// A table of all places for one split, and how many frames are whole before the second piece.
fn split_once(out: &mut Transcript, ends: Ends, sent: &[Frame], all: &[u8]) -> anyhow::Result<()> {
    let [mut places, mut first, mut second] = [const { String::new() }; 3];
    for place in 1..all.len() {
        let (mut decoder, mut frames) = (Decoder::default(), Vec::new());
        let (one, two) = all.split_at(place);
        through(ends, one, &mut decoder, &mut frames)?;
        let early = frames.len();
        through(ends, two, &mut decoder, &mut frames)?;
        decoder.end().context("end after both pieces")?;
        anyhow::ensure!(frames == sent, "split after {place} bytes: {frames:?} came");

        places += &format!("{place:>4}");
        first += &format!("{early:>4}");
        second += &format!("{:>4}", frames.len() - early);
    }
    writeln!(out, "split after byte        {places}")?;
    writeln!(out, "frames with piece one   {first}")?;
    writeln!(out, "frames with piece two   {second}")?;
    Ok(())
}
// ANCHOR_END: any-split-once

// ANCHOR: any-split
fn split_anyhow(
    out: &mut Transcript,
    ends: Ends,
    sent: &[Frame],
    all: &[u8],
) -> anyhow::Result<()> {
    let (places, mut reads) = (all.len() - 1, 0);
    let ways = 1_u32 << places;
    for way in 0..ways {
        let (mut decoder, mut frames, mut begin) = (Decoder::default(), Vec::new(), 0);
        for end in 1..=all.len() {
            // Bit 0 of `way` says whether to split after the first byte, and so on.
            let is_split = way >> (end - 1) & 1 == 1;
            if is_split || end == all.len() {
                through(ends, &all[begin..end], &mut decoder, &mut frames)?;
                (begin, reads) = (end, reads + 1);
            }
        }
        decoder.end().context("end after the last piece")?;
        anyhow::ensure!(frames == sent, "split as {way:b}: {frames:?} came");
    }
    writeln!(out, "all {ways} ways to split at {places} places, {reads} reads:")?;
    writeln!(out, "  the same {} frames every time", sent.len())?;
    Ok(())
}
// ANCHOR_END: any-split

/// One piece through the pipe and into the decoder.
fn through(
    (mut reader, mut writer): Ends,
    piece: &[u8],
    decoder: &mut Decoder,
    frames: &mut Vec<Frame>,
) -> anyhow::Result<()> {
    writer.write_all(piece).context("write a piece")?;
    let mut buffer = [0; 64];
    let count = reader.read(&mut buffer).context("read a piece")?;
    anyhow::ensure!(buffer[..count] == *piece, "another piece came than was written");
    let mut rest = &buffer[..count];
    while let Some(frame) = decoder.feed(&mut rest).context("decode a piece")? {
        frames.push(frame);
    }
    Ok(())
}
