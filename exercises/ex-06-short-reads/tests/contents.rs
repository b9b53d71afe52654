//! What a frame may hold, and how many there may be.

use trial::{Outcome, Trial, inputs};

use crate::{by_hand, frame, program};

const UNKNOWN: &str = "The length says where the frame ends, whatever its type is. So a type that \
    is not known costs nothing, and the next frame is found.";
const ANY: &str = "No byte in a payload means anything to the decoder: it counts. For a terminal \
    what is no UTF-8 becomes U+FFFD, and a control character an escape, so that a frame is a line.";
const MANY: &str = "A stream may be long: what each frame costs must not grow with the number of \
    those before it, neither in time nor in memory.";

pub fn unknown_types(trial: &Trial) -> Outcome {
    let all = [(0, "zero"), (1, "one"), (4, "four"), (255, "the last"), (2, "two")];
    let input = all.map(|(kind, payload)| frame(kind, payload)).concat();
    let ran = program(trial).by_hand(by_hand(&input)).input(input).run()?;
    ran.exits(0, UNKNOWN)?;
    trial::snapshot!(
        ran,
        @"\n[UNKNOWN] zero\n[INFO] one\n[UNKNOWN] four\n[UNKNOWN] the last\n[PROGRESS] two\n",
        UNKNOWN
    )
}

pub fn any_bytes(trial: &Trial) -> Outcome {
    let inner = frame(3, "no frame of its own");
    let payloads: [(&[u8], &str); 6] = [
        (b"", ""),
        (b"two\nlines\n", r"two\nlines\n"),
        (b"\0\0\0\0", r"\0\0\0\0"),
        (b"\xff and \xfe", "\u{fffd} and \u{fffd}"),
        (b"\x1b[2J gr\xc3\xbc\xc3\x9fe", r"\u{1b}[2J grüße"),
        (&inner, r"\0\0\0\u{14}\u{3}no frame of its own"),
    ];
    let input = payloads.map(|(payload, _)| frame(1, payload)).concat();
    let expected = payloads.map(|(_, text)| format!("[INFO] {text}\n")).concat();
    let ran = program(trial).by_hand(by_hand(&input)).input(input).run()?;
    ran.exits(0, ANY)?;
    ran.prints(expected, ANY)
}

pub fn many(trial: &Trial) -> Outcome {
    const FRAMES: usize = 50_000;
    let mut input = Vec::new();
    for number in inputs::seq(FRAMES).lines() {
        input.extend(frame(1, number));
    }
    let ran = program(trial).limits(|limits| limits.memory_bytes = Some(64 << 20)).input(input);
    let ran = ran.run()?;
    ran.exits(0, MANY)?;
    ran.prints(inputs::numbered("[INFO] ", FRAMES), MANY)
}
