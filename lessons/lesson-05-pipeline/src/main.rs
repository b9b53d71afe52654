//! Lesson 5: a pipeline is N programs and the pipes between them, all running at the same time.
//!
//! Run all with `cargo xtask run lesson-05`, one part with `cargo xtask run lesson-05 -- leak`.
//! Your own: `cargo xtask run lesson-05 -- pipeline ls / '|' sort '|' head -3`, in the C locale; it
//! ends as the last stage does: 128+N after signal N, 127 not found, 126 not executable.
//!
//! You will see the statuses of all stages, who ends by SIGPIPE, and what keeps a pipeline alive.
//!
//! Manual pages: pipe(2), pipe(7), dup(2), execve(2), wait(2), signal(7), signal-safety(7).
//! Change and watch: in `pipeline.rs` make the pipes with `OFlag::empty()`, then run `sigpipe`.

#![expect(unsafe_code, reason = "fork and exec are the subject of this lesson")]

mod already_running;
mod at_once;
mod blocked;
mod by_hand;
mod capture;
mod dup2_same;
mod ends;
mod exec_error;
mod grandchild;
mod kept_read_end;
mod kept_write_end;
mod leak;
mod low_descriptors;
mod pipeline;
mod sigpipe;
mod stages;
mod statuses;
mod table;

use std::process::ExitCode;

use transcript::{Part, tell};

fn main() -> ExitCode {
    if let Some(words) = by_hand::words() {
        return by_hand::run(&words);
    }
    tell(&[
        Part { name: "stages", claim: "one's output is the next one's input", run: stages::run },
        Part { name: "capture", claim: "one more pipe holds the last output", run: capture::run },
        Part { name: "at-once", claim: "all stages run at the same time", run: at_once::run },
        Part { name: "statuses", claim: "each stage has one, the last counts", run: statuses::run },
        Part { name: "sigpipe", claim: "it ends a stage that nobody reads", run: sigpipe::run },
        Part { name: "leak", claim: "without close-on-exec nothing ends it", run: leak::run },
        Part { name: "kept-write-end", claim: "no end-of-file comes", run: kept_write_end::run },
        Part { name: "kept-read-end", claim: "no SIGPIPE comes", run: kept_read_end::run },
        Part { name: "exec-error", claim: "ENOENT reaches the caller", run: exec_error::run },
        Part {
            name: "already-running",
            claim: "a stage learns by its next write that nobody reads",
            run: already_running::run,
        },
        Part { name: "dup2-same", claim: "it leaves close-on-exec set", run: dup2_same::run },
        Part { name: "low-descriptors", claim: "a pipe may be 0 or 1", run: low_descriptors::run },
        Part { name: "grandchild", claim: "end-of-file waits for it", run: grandchild::run },
    ])
}
