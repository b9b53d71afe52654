//! Lesson 6: a pipe carries bytes, not messages; a frame says how long it is, and that turns bytes
//! into messages again.
//!
//! Run all of it with `cargo xtask run lesson-06`, one part with
//! `cargo xtask run lesson-06 -- three-writes`.
//!
//! You will see the bytes of a frame, the same frames out of every way to split a stream, an answer
//! for each way a stream can break, and what two senders do to each other. The codec itself is in
//! `frame.rs` and `decoder.rs`.
//!
//! Manual pages: pipe(2), pipe(7), read(2), write(2), fcntl(2), fork(2), proc_pid_syscall(5).
//! Change and watch: in `one_write.rs` let `B_BYTES` be `PIPE_BUF + 1`, in `messages.rs` leave out
//! `drop(writer)`, then run them again.

#![expect(unsafe_code, reason = "fork makes the senders of this lesson")]

mod hexdump;
mod messages;
mod unknown_type;

mod any_bytes;
mod any_split;

mod broken_streams;
mod every_cut;
mod largest_payload;
mod over_the_cap;

mod long_frame;
mod one_write;
mod three_writes;

mod blocked;
mod senders;

use transcript::{Part, tell};

const PARTS: [Part; 12] = [
    Part { name: "messages", claim: messages::CLAIM, run: messages::run },
    Part { name: "hexdump", claim: hexdump::CLAIM, run: hexdump::run },
    Part { name: "unknown-type", claim: unknown_type::CLAIM, run: unknown_type::run },
    Part { name: "any-bytes", claim: any_bytes::CLAIM, run: any_bytes::run },
    Part { name: "any-split", claim: any_split::CLAIM, run: any_split::run },
    Part { name: "broken-streams", claim: broken_streams::CLAIM, run: broken_streams::run },
    Part { name: "every-cut", claim: every_cut::CLAIM, run: every_cut::run },
    Part { name: "over-the-cap", claim: over_the_cap::CLAIM, run: over_the_cap::run },
    Part { name: "largest-payload", claim: largest_payload::CLAIM, run: largest_payload::run },
    Part { name: "three-writes", claim: three_writes::CLAIM, run: three_writes::run },
    Part { name: "one-write", claim: one_write::CLAIM, run: one_write::run },
    Part { name: "long-frame", claim: long_frame::CLAIM, run: long_frame::run },
];

fn main() -> std::process::ExitCode {
    tell(&PARTS)
}
