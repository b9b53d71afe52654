//! Lesson 1: bytes written to one end of a pipe come out of the other, and end-of-file comes
//! exactly when the last write end is closed.
//!
//! Run all of it with `cargo xtask run lesson-01`, one part with
//! `cargo xtask run lesson-01 -- eof`.
//!
//! You will see a child's greeting arrive, the descriptors that `fork` copies, why a forgotten
//! close makes a reader wait for ever or a writer write to nobody, and the same in today's Rust.
//!
//! Manual pages: pipe(2), pipe(7), fork(2), dup(2), poll(2), signal(7), proc_pid_fd(5).
//! Change and watch: in `greeting.rs` leave out `drop(writer)` in the parent, then run it again.

#![expect(unsafe_code, reason = "fork is the subject of this lesson")]

mod command_holds_writer;
mod descriptors;
mod ends;
mod eof;
mod greeting;
mod idiom;
mod leaked_read_end;
mod leaked_write_end;
mod sigpipe;
mod table;

use std::process::ExitCode;

use transcript::{Part, tell};

fn main() -> ExitCode {
    tell(&[
        Part {
            name: "greeting",
            claim: "a child writes, its parent reads until end-of-file",
            run: greeting::run,
        },
        Part { name: "descriptors", claim: "fork copies both ends", run: descriptors::run },
        Part { name: "eof", claim: "end-of-file comes with the last close", run: eof::run },
        Part {
            name: "leaked-write-end",
            claim: "a parent that keeps one waits for itself",
            run: leaked_write_end::run,
        },
        Part {
            name: "leaked-read-end",
            claim: "a writer learns nothing while one is open",
            run: leaked_read_end::run,
        },
        Part { name: "sigpipe", claim: "by default it kills the writer", run: sigpipe::run },
        Part { name: "idiom", claim: "the greeting in today's Rust", run: idiom::run },
        Part {
            name: "command-holds-writer",
            claim: "no end-of-file before the Command is dropped",
            run: command_holds_writer::run,
        },
    ])
}
