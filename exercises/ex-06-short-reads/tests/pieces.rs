//! What comes out of the pieces in which a stream may come.

use trial::{Outcome, Trial, inputs};

use crate::{MAX_LENGTH_BYTES, by_hand, by_hand_in_two, frame, program};

const AT_ONCE: &str = "A frame is complete when as many bytes have come as its header says. It is \
    printed then: who waits for more, or for the end of the stream, may wait for ever.";
const NO_BORDERS: &str = "A pipe keeps no borders: two writes may be read at once, and one write \
    in pieces. What a read returns beyond the first frame is the beginning of the next one.";
const SHORT: &str = "One read returned a whole frame and a piece of the next, and the rest came \
    later. A read returns what is there. Where a frame ends is said by its header alone, and the \
    header may come in pieces too.";
const ANY_PIECES: &str = "Frames of up to 2005 bytes came in pieces of up to 3000, and each line \
    was waited for. A piece may hold any part of a frame, or several. The length says where each \
    ends: all four bytes of it, the first is worth most.";
const LENGTH: &str = "The header announces the largest length that is allowed, 1048576. A pipe \
    holds 65536 bytes: the frame comes in many reads, and has to be kept until the last of them.";
const CLEAN: &str = "The stream ended between two frames: `read` returned 0 where a header may \
    begin. That is the good end.";

const MESSAGES: [(u8, &str, &str); 4] = [
    (1, "system initialized", "[INFO] system initialized\n"),
    (2, "processing batch 42", "[PROGRESS] processing batch 42\n"),
    (3, "task complete: 128 items", "[RESULT] task complete: 128 items\n"),
    (1, "shutting down", "[INFO] shutting down\n"),
];

/// The next frame is sent when the line of the one before has come.
pub fn one_by_one(trial: &Trial) -> Outcome {
    let frames = MESSAGES.map(|(kind, payload, _)| frame(kind, payload));
    let mut talk = program(trial).by_hand(by_hand_in_two(&frames[0], &frames[1])).talk()?;
    for ((_, _, line), frame) in MESSAGES.iter().zip(&frames) {
        talk.send(frame);
        talk.expects(line, AT_ONCE)?;
    }
    let ran = talk.finish()?;
    ran.exits(0, CLEAN)?;
    trial::snapshot!(
        ran,
        @"\n[INFO] system initialized\n[PROGRESS] processing batch 42\n\
        [RESULT] task complete: 128 items\n[INFO] shutting down\n",
        AT_ONCE
    )
}

pub fn two_in_one(trial: &Trial) -> Outcome {
    let both = [frame(1, "first"), frame(3, "second")].concat();
    let ran = program(trial).by_hand(by_hand(&both)).input(both).run()?;
    ran.exits(0, NO_BORDERS)?;
    trial::snapshot!(ran, @"\n[INFO] first\n[RESULT] second\n", NO_BORDERS)
}

/// A whole frame comes together with the first piece, and its line shows that both were read.
pub fn every_split(trial: &Trial) -> Outcome {
    let cut_after = |place: usize| frame(2, format!("cut after {place:2}"));
    let whole = frame(1, "whole");
    let (one, two) = (&cut_after(2)[..2], &cut_after(2)[2..]);
    let one = [whole.as_slice(), one].concat();
    let mut talk = program(trial).by_hand(by_hand_in_two(&one, two)).talk()?;
    for place in 1..cut_after(0).len() {
        let cut = cut_after(place);
        let (one, two) = cut.split_at(place);
        talk.send([whole.as_slice(), one].concat());
        talk.expects("[INFO] whole\n", NO_BORDERS)?;
        talk.send(two);
        talk.expects(format!("[PROGRESS] cut after {place:2}\n"), SHORT)?;
    }
    talk.finish()?.exits(0, CLEAN)
}

/// The next piece is sent when the lines of all complete frames have come.
pub fn random_splits(trial: &Trial) -> Outcome {
    let mut random = trial.random();
    let (mut stream, mut lines) = (Vec::new(), Vec::new());
    for number in 0..40 {
        let letters = match number {
            // Its length fits into one byte, and that of the next is the first that does not.
            0 => random.usize(0..255),
            1 => 255,
            _ => random.usize(0..2000),
        };
        let payload: String = inputs::lowercase(&mut random, letters);
        let (kind, name) = [(1, "INFO"), (2, "PROGRESS"), (3, "RESULT")][random.usize(..3)];
        stream.extend(frame(kind, &payload));
        lines.push((stream.len(), format!("[{name}] {payload}\n")));
    }
    let mut talk = program(trial)
        .by_hand(
            "(printf '\\000\\000\\001\\055\\001'; sleep 1; yes | head -c 300 | tr '\\n' n) | \
             cargo xtask run ex-06",
        )
        .talk()?;
    let (mut sent, mut left) = (0, lines.iter().peekable());
    while sent < stream.len() {
        let end = stream.len().min(sent + random.usize(1..3000));
        talk.send(&stream[sent..end]);
        sent = end;
        while let Some((_, line)) = left.next_if(|(complete_at, _)| *complete_at <= sent) {
            talk.expects(line, ANY_PIECES)?;
        }
    }
    talk.finish()?.exits(0, CLEAN)
}

pub fn at_the_cap(trial: &Trial) -> Outcome {
    let mut random = trial.random();
    let size = MAX_LENGTH_BYTES as usize - 1;
    // A part of it, again and again, whose size divides no buffer.
    let part: String = inputs::lowercase(&mut random, 10_007);
    let mut payload = part.repeat(size / part.len() + 1);
    payload.truncate(size);
    let input = [frame(3, &payload), frame(1, "and one more")].concat();
    let ran = program(trial)
        .by_hand(
            "(printf '\\000\\020\\000\\000\\003'; yes | head -c 1048575 | tr '\\n' n) | \
             cargo xtask run ex-06 | wc -c",
        )
        .input(input)
        .run()?;
    ran.exits(0, LENGTH)?;
    ran.prints(format!("[RESULT] {payload}\n[INFO] and one more\n"), LENGTH)
}
