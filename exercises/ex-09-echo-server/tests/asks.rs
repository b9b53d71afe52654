//! Messages from the command line.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use trial::{Outcome, Trial, inputs};

use crate::{ENDS, REAP, UPPER};

const CIRCLE: &str = "Two pipes hold 131072 bytes and the messages are 600000. A client that sends \
    on while the server replies, and reads later, waits in `write` for the server, which waits in \
    `write` for the client. Somebody has to read: send one request, read its reply, then the next.";
const ARGUMENT: &str = "An argument is bytes, as any payload is: text in any encoding, or none, or \
    nothing at all. Only a to z change.";
const WHOLE: &str = "A frame that is longer than the pipe comes in several reads, and one write \
    may wait in the middle: a frame is complete when as many bytes have come as its length says.";

pub fn five(trial: &Trial) -> Outcome {
    let messages = [
        "hello server",
        "system initialized",
        "processing batch 42",
        "task complete: 128 items",
        "Shutting DOWN",
    ];
    let ran = trial.program(messages).run()?;
    ran.exits(0, ENDS)?;
    trial::snapshot!(
        ran,
        @"\nHELLO SERVER\nSYSTEM INITIALIZED\nPROCESSING BATCH 42\n\
        TASK COMPLETE: 128 ITEMS\nSHUTTING DOWN\n",
        UPPER
    )?;
    ran.leaves_nothing(REAP)
}

/// In UTF-8, in Latin-1, and of no byte.
pub fn not_ascii(trial: &Trial) -> Outcome {
    let messages = ["Gr\u{fc}\u{df}e".as_bytes(), b"Gr\xfc\xdfe", b""];
    let ran = trial
        .program(messages.map(OsStr::from_bytes))
        .by_hand("cargo xtask run ex-09 -- 'Grüße' $'Gr\\xfc\\xdfe' '' | od -c")
        .run()?;
    ran.exits(0, ARGUMENT)?;
    ran.prints(b"GR\xc3\xbc\xc3\x9fE\nGR\xfc\xdfE\n\n", ARGUMENT)?;
    ran.leaves_nothing(REAP)
}

/// Each nearly as long as an argument may be: 32 pages (execve(2)).
pub fn five_large(trial: &Trial) -> Outcome {
    let mut random = trial.random();
    let mut message = || -> String {
        let size = random.usize(119_000..121_000);
        inputs::alphanumeric(&mut random, size)
    };
    let messages: [String; 5] = std::array::from_fn(|_| message());
    let expected: String =
        messages.iter().map(|message| message.to_ascii_uppercase() + "\n").collect();
    let ran = trial
        .program(messages)
        .by_hand(
            "m=$(yes | head -c 240000 | tr -d '\\n'); \
             cargo xtask run ex-09 -- $m $m $m $m $m | wc -c",
        )
        .run()?;
    ran.exits(0, CIRCLE)?;
    ran.prints(expected, WHOLE)?;
    ran.leaves_nothing(REAP)
}
