//! The tests of ex-06: short reads.

mod broken;
mod contents;
mod pieces;

use std::fmt::Write;
use std::process::ExitCode;

use trial::{Program, Test, Trial};

/// The largest length that a header may announce, the type's byte included.
const MAX_LENGTH_BYTES: u32 = 1_048_576;

fn main() -> ExitCode {
    trial::main(
        "ex-06",
        &[
            Test {
                name: "one-by-one",
                claim: "a frame that comes alone is printed at once",
                run: pieces::one_by_one,
            },
            Test {
                name: "two-in-one",
                claim: "two frames that one read returns are two frames",
                run: pieces::two_in_one,
            },
            Test {
                name: "every-split",
                claim: "a frame that comes in two pieces is a frame, wherever it is split",
                run: pieces::every_split,
            },
            Test {
                name: "random-splits",
                claim: "any frames come out of any pieces",
                run: pieces::random_splits,
            },
            Test {
                name: "at-the-cap",
                claim: "a frame may be as long as is allowed",
                run: pieces::at_the_cap,
            },
            Test {
                name: "cut-in-a-header",
                claim: "an end in a header is an error, one between frames is none",
                run: broken::cut_in_a_header,
            },
            Test {
                name: "cut-in-a-body",
                claim: "an end in a body is an error that says so",
                run: broken::cut_in_a_body,
            },
            Test {
                name: "zero-length",
                claim: "a length of 0 is refused",
                run: broken::zero_length,
            },
            Test {
                name: "over-the-cap",
                claim: "a length that is not allowed is refused at once",
                run: broken::over_the_cap,
            },
            Test {
                name: "unreadable-input",
                claim: "it fails when it cannot read",
                run: broken::unreadable_input,
            },
            Test {
                name: "cannot-print",
                claim: "it fails when it cannot print",
                run: broken::cannot_print,
            },
            Test {
                name: "unknown-types",
                claim: "a type without a name is a frame like any other",
                run: contents::unknown_types,
            },
            Test {
                name: "any-bytes",
                claim: "a payload may hold any bytes",
                run: contents::any_bytes,
            },
            Test {
                name: "many",
                claim: "50000 frames in one go are no burden",
                run: contents::many,
            },
        ],
    )
}

/// A run of the program, which takes no arguments.
fn program(trial: &Trial) -> Program<'_> {
    trial.program(std::iter::empty::<&str>())
}

/// A frame as it stands in the pipe.
fn frame(kind: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let length = 1 + payload.len() as u32;
    [length.to_be_bytes().as_slice(), &[kind], payload].concat()
}

/// The command that hands these bytes to the program.
fn by_hand(bytes: &[u8]) -> String {
    format!("{} | cargo xtask run ex-06", printf(bytes))
}

/// The same, and after a second some more.
fn by_hand_in_two(one: &[u8], two: &[u8]) -> String {
    format!("({}; sleep 1; {}) | cargo xtask run ex-06", printf(one), printf(two))
}

/// With every byte that is not a plain character in octal, always of three digits.
fn printf(bytes: &[u8]) -> String {
    let mut format = String::new();
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b" .:,-".contains(&byte) {
            format.push(byte.into());
        } else {
            // A String takes every write.
            let _ = write!(format, "\\{byte:03o}");
        }
    }
    format!("printf '{format}'")
}
