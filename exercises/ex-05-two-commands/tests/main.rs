//! The tests of ex-05: two commands joined by a pipe.

mod errors;
mod output;

use std::process::ExitCode;

use trial::{Test, Trial};

fn main() -> ExitCode {
    let test = |name, claim, run: fn(&Trial) -> trial::Outcome| Test { name, claim, run };
    trial::main(
        "ex-05",
        &[
            test("pipe-result", "`echo 'hello world' | wc -w` is '2'", output::pipe_result),
            test(
                "write-end-to-stdout-read-end-to-stdin",
                "the first reads our input, the second reads the first",
                output::joined,
            ),
            test(
                "parent-closes-both-ends",
                "`yes | head -1` ends, by SIGPIPE",
                output::parent_closes_both_ends,
            ),
            test("both-statuses", "each command's status is told", errors::both_statuses),
            test("ends-by-signals", "a death by a signal is told as one", errors::ends_by_signals),
            test(
                "standard-error-apart",
                "standard error is told apart, by command",
                errors::standard_error_apart,
            ),
            test(
                "output-of-any-size",
                "more output than a pipe can hold",
                output::output_of_any_size,
            ),
            test(
                "errors-of-any-size",
                "more on standard error than a pipe can hold",
                errors::errors_of_any_size,
            ),
            test(
                "first-command-missing",
                "the first command does not exist",
                errors::first_command_missing,
            ),
            test(
                "second-command-missing",
                "the second command does not exist",
                errors::second_command_missing,
            ),
            test(
                "no-descriptor-leaks",
                "both commands have 0, 1, 2 and nothing else",
                output::no_descriptor_leaks,
            ),
            test("wrong-usage", "a line without two commands is refused", errors::wrong_usage),
        ],
    )
}
