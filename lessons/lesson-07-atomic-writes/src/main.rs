//! Lesson 7: a pipe counts its capacity in pages, and a write of up to PIPE_BUF bytes goes in whole
//! or waits; a larger one goes in piece by piece, and other writers' bytes come between.
//!
//! Run all with `cargo xtask run lesson-07`, one part with `cargo xtask run lesson-07 -- busy`.
//!
//! You will see what fits into 64 KiB, what the kernel refuses, two writers' records whole and
//! torn, why whole pages hide the bug, and the four cases of POSIX's table for write.
//!
//! Manual pages: pipe(7), pipe(2), fcntl(2), write(2), write(3p), capabilities(7), capset(2).
//! Change and watch: in `whole_records.rs` let the largest record have one byte more than PIPE_BUF,
//! in `pages_hide_it.rs` read one page at a time in both rows, then run them again.

#![expect(unsafe_code, reason = "fork, capset and FIONREAD are used throughout this lesson")]

mod article;
mod by_write_size;
mod packets;

mod busy;
mod refused;
mod rounding;

mod pages_hide_it;
mod small_writes;
mod split_line;
mod torn_records;
mod whole_records;

mod all_or_eagain;
mod large_waits;
mod part_or_eagain;
mod small_waits;

mod blocked;
mod capability;
mod measure;

use transcript::{Part, tell};

const PARTS: [Part; 15] = [
    Part { name: "article", claim: article::CLAIM, run: article::run },
    Part { name: "by-write-size", claim: by_write_size::CLAIM, run: by_write_size::run },
    Part { name: "packets", claim: packets::CLAIM, run: packets::run },
    Part { name: "rounding", claim: rounding::CLAIM, run: rounding::run },
    Part { name: "refused", claim: refused::CLAIM, run: refused::run },
    Part { name: "busy", claim: busy::CLAIM, run: busy::run },
    Part { name: "small-writes", claim: small_writes::CLAIM, run: small_writes::run },
    Part { name: "split-line", claim: split_line::CLAIM, run: split_line::run },
    Part { name: "whole-records", claim: whole_records::CLAIM, run: whole_records::run },
    Part { name: "torn-records", claim: torn_records::CLAIM, run: torn_records::run },
    Part { name: "pages-hide-it", claim: pages_hide_it::CLAIM, run: pages_hide_it::run },
    Part { name: "small-waits", claim: small_waits::CLAIM, run: small_waits::run },
    Part { name: "large-waits", claim: large_waits::CLAIM, run: large_waits::run },
    Part { name: "all-or-eagain", claim: all_or_eagain::CLAIM, run: all_or_eagain::run },
    Part { name: "part-or-eagain", claim: part_or_eagain::CLAIM, run: part_or_eagain::run },
];

fn main() -> std::process::ExitCode {
    tell(&PARTS)
}
