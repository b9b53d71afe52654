//! The tests of ex-03: a reader that waits too long.

mod filter;
mod run;

use std::process::ExitCode;

use trial::Test;

const REAP: &str = "A child that has ended stays as a zombie until its parent has waited for it. \
    That holds for the command, for whatever helps to feed it, and also after an error.";

fn main() -> ExitCode {
    trial::main(
        "ex-03",
        &[
            Test {
                name: "prints-a-little",
                claim: "`run` prints what a command writes, and how it ends",
                run: run::prints_a_little,
            },
            Test {
                name: "a-pipe-full",
                claim: "`run` prints 65536 bytes, as many as a pipe holds",
                run: run::a_pipe_full,
            },
            Test {
                name: "one-byte-more",
                claim: "`run` prints 65537 bytes",
                run: run::one_byte_more,
            },
            Test {
                name: "prints-much",
                claim: "`run` prints bytes of any kind, as many as there are",
                run: run::prints_much,
            },
            Test {
                name: "passes-statuses-on",
                claim: "`run` ends like its command",
                run: run::passes_statuses_on,
            },
            Test {
                name: "names-what-is-missing",
                claim: "`run` and `filter` name a command that does not exist",
                run: run::names_what_is_missing,
            },
            Test {
                name: "hands-over-three",
                claim: "the command gets descriptors 0, 1 and 2, no more",
                run: run::hands_over_three,
            },
            Test {
                name: "cannot-print",
                claim: "`run` fails when it cannot print",
                run: run::cannot_print,
            },
            Test {
                name: "filters-a-little",
                claim: "`filter` sends a short input through a filter",
                run: filter::filters_a_little,
            },
            Test {
                name: "filters-much",
                claim: "`filter` sends more through than pipes can hold",
                run: filter::filters_much,
            },
            Test {
                name: "writes-after-it-has-read",
                claim: "`filter` can use one that first reads, then writes",
                run: filter::writes_after_it_has_read,
            },
            Test {
                name: "writes-before-it-reads",
                claim: "`filter` can use one that first writes, then reads",
                run: filter::writes_before_it_reads,
            },
            Test {
                name: "reads-nothing",
                claim: "`filter` can use one that leaves before the end",
                run: filter::reads_nothing,
            },
            Test {
                name: "stops-reading",
                claim: "`filter` can use one that stops reading and goes on writing",
                run: filter::stops_reading,
            },
            Test {
                name: "unreadable-input",
                claim: "`filter` fails when it cannot read, and leaves nothing",
                run: filter::unreadable_input,
            },
        ],
    )
}
