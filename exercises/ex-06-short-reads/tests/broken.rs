//! Streams that break, each in its own way: after the good frames, and with its own answer.

use trial::{Outcome, Trial, Wrong};

use crate::{MAX_LENGTH_BYTES, by_hand, frame, printf, program};

const BEFORE: &str = "What was complete before the stream broke is printed; nothing else is.";
const CLEAN: &str = "A stream without any frame, or one that ends after a frame, has come to a \
    good end: `read` returned 0 where a header may begin.";
const IN_A_HEADER: &str = "`read` returns 0 at every end, good or bad. Where it comes says which: \
    some bytes of a header have come and not all four, so the sender was stopped in the middle of \
    a frame, and something is lost.";
const IN_A_BODY: &str = "`read` returns 0 at every end, good or bad. Where it comes says which: \
    the header has announced more bytes than have come, so the sender was stopped in the middle of \
    a frame, and something is lost.";
const NO_TYPE: &str = "The length counts the byte of the type too, so no good frame has a length \
    of 0. Whatever follows, nobody knows where the next frame begins: the program is to end at \
    once, without reading on.";
const REFUSED: &str = "The length comes from the other side, which may be broken or hostile. It is \
    looked at before memory is set aside for it, and before more is read: the program is to end at \
    once, though its standard input is still open.";

const UNREADABLE: &str = "`read` returned -1: that is an error and no end. Who takes it for the \
    end of the stream says that all has come, and knows nothing.";
const LOST: &str = "A line that could not be written is lost, and only this program knows. So it \
    ends with an error.";

pub fn cut_in_a_header(trial: &Trial) -> Outcome {
    program(trial).run()?.exits(0, CLEAN)?;
    let ran = cut(trial, 0)?;
    ran.exits(0, CLEAN)?;
    ran.prints("[INFO] whole\n", BEFORE)?;
    for place in 1..4 {
        let ran = cut(trial, place)?;
        ran.exits(1, IN_A_HEADER)?;
        ran.prints("[INFO] whole\n", BEFORE)?;
        ran.mentions(&format!("in a header, after {place} of 4 bytes"), IN_A_HEADER)?;
    }
    Ok(())
}

pub fn cut_in_a_body(trial: &Trial) -> Outcome {
    for place in 4..4 + 4 {
        let ran = cut(trial, place)?;
        ran.exits(1, IN_A_BODY)?;
        ran.prints("[INFO] whole\n", BEFORE)?;
        ran.mentions(&format!("in a body, after {} of 4 bytes", place - 4), IN_A_BODY)?;
    }
    Ok(())
}

/// A whole frame, and so many bytes of another.
fn cut(trial: &Trial, place: usize) -> Result<trial::Ran, trial::Wrong> {
    let input = [&frame(1, "whole"), &frame(2, "cut")[..place]].concat();
    program(trial).by_hand(by_hand(&input)).input(input).run()
}

pub fn zero_length(trial: &Trial) -> Outcome {
    refused(trial, 0, NO_TYPE)
}

pub fn over_the_cap(trial: &Trial) -> Outcome {
    refused(trial, MAX_LENGTH_BYTES + 1, REFUSED)?;
    refused(trial, u32::MAX, REFUSED)
}

/// A header with this length ends the program, though its standard input stays open.
fn refused(trial: &Trial, length: u32, means: &str) -> Outcome {
    let whole = frame(1, "whole");
    let input = [whole.as_slice(), &length.to_be_bytes(), &frame(2, "behind it")].concat();
    let mut talk = program(trial)
        // Far more than a program needs, and far less than 4 GiB.
        .in_script("ulimit -v 1048576; exec \"$@\"")
        .limits(|limits| {
            limits.memory_bytes = Some(64 << 20);
            limits.output_bytes = Some(1 << 20);
        })
        .by_hand(format!("({}; sleep 3) | cargo xtask run ex-06", printf(&input)))
        .talk()?;
    talk.send(input);
    talk.expects("[INFO] whole\n", BEFORE)?;
    // The program's end, or one more line.
    talk.line()?;
    let ran = talk.finish()?;
    ran.exits(1, means)?;
    ran.prints("[INFO] whole\n", means)?;
    ran.mentions(&format!("a length of {length}"), means)
}

/// Standard input is a directory, on which every read fails.
pub fn unreadable_input(trial: &Trial) -> Outcome {
    let by_hand = "cargo xtask run ex-06 < .; echo $?";
    let ran = program(trial).in_script("\"$@\" < .").by_hand(by_hand).run()?;
    ran.exits(1, UNREADABLE)?;
    ran.prints("", BEFORE)
}

pub fn cannot_print(trial: &Trial) -> Outcome {
    if !std::path::Path::new("/dev/full").exists() {
        return Err(Wrong::Skipped("there is no /dev/full, on which every write fails".to_owned()));
    }
    let input = frame(1, "lost");
    let by_hand = format!("{} > /dev/full; echo $?", by_hand(&input));
    let program = program(trial).in_script("\"$@\" > /dev/full").by_hand(by_hand);
    program.input(input).run()?.exits(1, LOST)
}
