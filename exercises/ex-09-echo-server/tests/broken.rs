//! Requests that break, and replies that cannot be passed on.

use std::path::Path;

use trial::{Outcome, Trial, Wrong};

use crate::{MAX_LENGTH_BYTES, REAP, by_hand, frame, printf, program, reply};

const BEFORE: &str = "The reply to each complete request is passed on; the request that is not \
    complete has none.";
const CUT: &str = "`read` returns 0 at every end, good or bad. Where it comes says which: a part of \
    a frame has come and not all of it, so its sender was stopped in the middle. That is said, \
    and the exit code is 1.";
const NO_TYPE: &str = "The length counts the byte of the type too, so no good frame has a length of \
    0. Whatever follows, nobody knows where the next request begins: the program is to end at \
    once, without reading on.";
const REFUSED: &str = "The length comes from the other side, which may be broken or hostile. It is \
    looked at before memory is set aside for it, and before more is read: the program is to end at \
    once, though its standard input is still open.";
const LOST: &str = "A reply that could not be written is lost, and only this program knows. So it \
    ends with an error.";

pub fn truncated_request(trial: &Trial) -> Outcome {
    let (whole, last) = (frame(1, "whole"), frame(2, "lost"));
    for place in 1..last.len() {
        let words = match place {
            1..4 => format!("in a header, after {place} of 4 bytes"),
            _ => format!("in a body, after {} of 5 bytes", place - 4),
        };
        truncated(trial, &[&whole, &last[..place]].concat(), &words)?;
    }
    // Of the longest frame there is nothing but its beginning.
    let begun = [&whole, &MAX_LENGTH_BYTES.to_be_bytes()[..], b"\x01yes"].concat();
    truncated(trial, &begun, "in a body, after 4 of 1048576 bytes")
}

fn truncated(trial: &Trial, input: &[u8], words: &str) -> Outcome {
    let ran = program(trial).by_hand(by_hand(input)).input(input).run()?;
    ran.exits(1, CUT)?;
    ran.prints(reply(1, "whole"), BEFORE)?;
    ran.mentions(words, CUT)?;
    ran.leaves_nothing(REAP)
}

pub fn wrong_length(trial: &Trial) -> Outcome {
    refused(trial, 0, NO_TYPE)?;
    refused(trial, MAX_LENGTH_BYTES + 1, REFUSED)?;
    refused(trial, u32::MAX, REFUSED)
}

/// A header with this length ends the program, though its standard input stays open.
fn refused(trial: &Trial, length: u32, means: &str) -> Outcome {
    let input = [&frame(1, "whole")[..], &length.to_be_bytes(), &frame(2, "behind it")].concat();
    let mut talk = program(trial)
        // Far more than a program needs, and far less than 4 GiB.
        .in_script("ulimit -v 1048576; exec \"$@\"")
        .limits(|limits| limits.memory_bytes = Some(64 << 20))
        .by_hand(format!("({}; sleep 3) | cargo xtask run ex-09 | od -c", printf(&input)))
        .talk()?;
    talk.send(input);
    talk.expects(reply(1, "whole"), BEFORE)?;
    // The program's end, or more than there should be.
    talk.bytes(1)?;
    let ran = talk.finish()?;
    ran.exits(1, means)?;
    ran.prints(reply(1, "whole"), means)?;
    ran.mentions(&format!("a length of {length}"), means)?;
    ran.leaves_nothing(REAP)
}

pub fn cannot_print(trial: &Trial) -> Outcome {
    if !Path::new("/dev/full").exists() {
        return Err(Wrong::Skipped("there is no /dev/full, on which every write fails".to_owned()));
    }
    let input = frame(1, "lost");
    let ran = program(trial)
        .in_script("\"$@\" > /dev/full")
        .by_hand(format!("{} | cargo xtask run ex-09 > /dev/full; echo $?", printf(&input)))
        .input(input)
        .run()?;
    ran.exits(1, LOST)?;
    ran.mentions("No space left on device", LOST)?;
    ran.leaves_nothing(REAP)
}
