//! Lesson 2: a FIFO is a pipe with a name, so programs that share nothing but the name can talk.
//!
//! Run all with `cargo xtask run lesson-02`, one part with `cargo xtask run lesson-02 -- eof`.
//! By hand, after `mkfifo PATH`, in two terminals and in either order:
//! `cargo xtask run lesson-02 -- reader PATH` and `cargo xtask run lesson-02 -- writer PATH`.
//!
//! You will see messages arrive, who waits in `open`, when end-of-file comes, and nothing left.
//!
//! Manual pages: fifo(7), mkfifo(3), open(2), pipe(7), poll(2), signal-safety(7).
//! Change and watch: in `dummy_writer.rs` leave out the dummy writer, then run it again.

#![expect(unsafe_code, reason = "signal handlers and fork belong to this lesson")]

mod create;
mod messages;
mod open_blocks;
mod reader_alone;
mod writer_alone;

mod eof;
mod second_writer;
mod server_alone;

mod dummy_writer;
mod epipe;
mod regular_file;
mod size_zero;

mod on_error;
mod on_signal;
mod only_owner;

mod blocked;
mod private_dir;
mod roles;
mod show;

use transcript::{Part, tell};

const PARTS: [Part; 15] = [
    Part { name: "create", claim: create::CLAIM, run: create::run },
    Part { name: "messages", claim: messages::CLAIM, run: messages::run },
    Part { name: "open-blocks", claim: open_blocks::CLAIM, run: open_blocks::run },
    Part { name: "reader-alone", claim: reader_alone::CLAIM, run: reader_alone::run },
    Part { name: "writer-alone", claim: writer_alone::CLAIM, run: writer_alone::run },
    Part { name: "eof", claim: eof::CLAIM, run: eof::run },
    Part { name: "second-writer", claim: second_writer::CLAIM, run: second_writer::run },
    Part { name: "server-alone", claim: server_alone::CLAIM, run: server_alone::run },
    Part { name: "dummy-writer", claim: dummy_writer::CLAIM, run: dummy_writer::run },
    Part { name: "epipe", claim: epipe::CLAIM, run: epipe::run },
    Part { name: "regular-file", claim: regular_file::CLAIM, run: regular_file::run },
    Part { name: "size-zero", claim: size_zero::CLAIM, run: size_zero::run },
    Part { name: "on-error", claim: on_error::CLAIM, run: on_error::run },
    Part { name: "on-signal", claim: on_signal::CLAIM, run: on_signal::run },
    Part { name: "only-owner", claim: only_owner::CLAIM, run: only_owner::run },
];

fn main() -> std::process::ExitCode {
    roles::play().unwrap_or_else(|| tell(&PARTS))
}
