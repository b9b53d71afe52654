//! Lesson 3: a pipe holds a fixed amount, and whoever wants more than that has to wait: the writer
//! for room, the reader for bytes.
//!
//! Run all of it with `cargo xtask run lesson-03`, one part with
//! `cargo xtask run lesson-03 -- partial-write`.
//!
//! You will see the capacity that the kernel grants, the write that waits, a reader that holds its
//! writer back, what O_NONBLOCK changes for both, and the second buffer, the one in your process,
//! which fork copies and `_exit` forgets.
//!
//! Manual pages: pipe(2), pipe(7), fcntl(2), write(2), fork(2), _exit(2), proc_pid_syscall(5).
//! Change and watch: in `page_slot.rs` read twice for a page instead of four times, in
//! `slow_reader.rs` leave out `drop(writer)`, then run them again.

#![expect(unsafe_code, reason = "fork and FIONREAD are used throughout this lesson")]

mod capacity;
mod fill;

mod backpressure;
mod page_slot;
mod slow_reader;

mod nonblocking;
mod partial_write;

mod keep_flags;
mod shared_flag;

mod exit_loses;
mod forked_buffer;
mod write_calls;

mod blocked;
mod measure;

use transcript::{Part, tell};

const PARTS: [Part; 12] = [
    Part { name: "capacity", claim: capacity::CLAIM, run: capacity::run },
    Part { name: "fill", claim: fill::CLAIM, run: fill::run },
    Part { name: "slow-reader", claim: slow_reader::CLAIM, run: slow_reader::run },
    Part { name: "backpressure", claim: backpressure::CLAIM, run: backpressure::run },
    Part { name: "page-slot", claim: page_slot::CLAIM, run: page_slot::run },
    Part { name: "nonblocking", claim: nonblocking::CLAIM, run: nonblocking::run },
    Part { name: "partial-write", claim: partial_write::CLAIM, run: partial_write::run },
    Part { name: "keep-flags", claim: keep_flags::CLAIM, run: keep_flags::run },
    Part { name: "shared-flag", claim: shared_flag::CLAIM, run: shared_flag::run },
    Part { name: "write-calls", claim: write_calls::CLAIM, run: write_calls::run },
    Part { name: "forked-buffer", claim: forked_buffer::CLAIM, run: forked_buffer::run },
    Part { name: "exit-loses", claim: exit_loses::CLAIM, run: exit_loses::run },
];

fn main() -> std::process::ExitCode {
    tell(&PARTS)
}
