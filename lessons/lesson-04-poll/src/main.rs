//! Lesson 4: poll says which pipe to read next, read says what is in it, and only waitpid says
//! that a child has ended.
//!
//! Run all of it with `cargo xtask run lesson-04`, one part with
//! `cargo xtask run lesson-04 -- revents`.
//!
//! You will see two children's lines under their names, everything poll can answer about a pipe,
//! what a reader loses who obeys HUP, two loops that never sleep, and what a signal does to poll.
//!
//! Manual pages: poll(2), pipe(7), signal(7), execve(2), waitpid(2), dup2(2).
//! Change and watch: in `add_child.rs` leave out `drop(childs_errors)`, then run it again.

#![expect(unsafe_code, reason = "fork, exec and the raw poll are the subject of this lesson")]

mod add_child;
mod closed_descriptor;
mod early_eof;
mod eintr;
mod exec;
mod exec_error;
mod ignored_hup;
mod last_line;
mod line_buffer;
mod lost_tail;
mod merged_lines;
mod multiplexer;
mod pipe_multiplexer;
mod read_all;
mod revents;
mod split_line;
mod statuses;
mod timeout;
mod words;

use std::process::ExitCode;

use transcript::{Part, tell};

fn main() -> ExitCode {
    tell(&[
        Part { name: "multiplexer", claim: "one poll, several children", run: multiplexer::run },
        Part { name: "split-line", claim: "a line may come in two reads", run: split_line::run },
        Part { name: "merged-lines", claim: "one read may hold two lines", run: merged_lines::run },
        Part { name: "last-line", claim: "end-of-file ends the last line", run: last_line::run },
        Part { name: "revents", claim: "what poll says of which end", run: revents::run },
        Part { name: "closed-descriptor", claim: "NVAL, every time", run: closed_descriptor::run },
        Part { name: "lost-tail", claim: "HUP does not mean empty", run: lost_tail::run },
        Part { name: "ignored-hup", claim: "a loop that never sleeps", run: ignored_hup::run },
        Part { name: "timeout", claim: "poll answers 0: nothing has come", run: timeout::run },
        Part { name: "eintr", claim: "a signal ends the wait, not the data", run: eintr::run },
        Part { name: "statuses", claim: "a status waits for its parent", run: statuses::run },
        Part { name: "early-eof", claim: "end-of-file, and still alive", run: early_eof::run },
        Part {
            name: "exec-error",
            claim: "exec's errno comes to the parent",
            run: exec_error::run,
        },
    ])
}
