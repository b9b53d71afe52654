//! The tests of ex-09: an echo server over two pipes.

mod asks;
mod broken;
mod ends;
mod relays;

use std::fmt::Write;
use std::process::ExitCode;

use trial::{Program, Test, Trial, inputs};

/// The largest length that a header may announce, the type's byte included.
const MAX_LENGTH_BYTES: u32 = 1_048_576;

const ENDS: &str = "The server sees the requests end when every write end of their pipe is closed: \
    the client's, and the copy that fork has made in the server itself. The client closes its own \
    before it waits for the server, or both wait.";
const REAP: &str = "A child that nobody waits for stays behind, alive or as a zombie. The client \
    waits for the server whatever else has gone wrong.";
const UPPER: &str = "The payload comes back with A to Z in place of a to z. All other bytes, the \
    length and the type stay as they are.";

fn main() -> ExitCode {
    let test = |name, claim, run: fn(&Trial) -> trial::Outcome| Test { name, claim, run };
    trial::main(
        "ex-09",
        &[
            test("five-messages", "5 different messages come back in upper case", asks::five),
            test(
                "five-large-messages",
                "5 messages that two pipes cannot hold come back",
                asks::five_large,
            ),
            test("one-by-one", "a reply comes while the input is still open", relays::one_by_one),
            test(
                "the-child-is-the-server",
                "a second process is there as long as the program runs",
                relays::child_is_server,
            ),
            test("no-requests", "without requests it ends at once", relays::no_requests),
            test("in-pieces", "a request that comes in two pieces is one", relays::in_pieces),
            test("any-bytes", "a request may have any bytes and any type", relays::any_bytes),
            test("ten-thousand", "10000 requests at once have 10000 replies", relays::ten_thousand),
            test("largest-requests", "requests of 1 MiB come back whole", relays::largest),
            test(
                "truncated-request",
                "requests that end in a frame are an error that says so",
                broken::truncated_request,
            ),
            test(
                "wrong-length",
                "a length of 0 or above the largest is not believed",
                broken::wrong_length,
            ),
            test(
                "cannot-print",
                "a reply that cannot be written is an error",
                broken::cannot_print,
            ),
            test(
                "server-is-killed",
                "the client notices that the server is gone",
                ends::server_is_killed,
            ),
            test(
                "client-is-killed",
                "the server ends by itself when its client is gone",
                ends::client_is_killed,
            ),
        ],
    )
}

/// A run of the program that takes frames from standard input.
fn program(trial: &Trial) -> Program<'_> {
    trial.program(std::iter::empty::<&str>())
}

/// A frame as it stands in the pipe.
fn frame(kind: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let length = 1 + payload.len() as u32;
    [length.to_be_bytes().as_slice(), &[kind], payload].concat()
}

/// The reply to it.
fn reply(kind: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    frame(kind, inputs::upper(payload.as_ref()))
}

/// The command that hands these bytes to the program.
fn by_hand(bytes: &[u8]) -> String {
    format!("{} | cargo xtask run ex-09 | od -c", printf(bytes))
}

/// The same, and after a second some more.
fn by_hand_in_two(one: &[u8], two: &[u8]) -> String {
    format!("({}; sleep 1; {}) | cargo xtask run ex-09 | od -c", printf(one), printf(two))
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
