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
                "the first reads the program's input, the second the first's output",
                output::joined,
            ),
            test(
                "parent-closes-both-ends",
                "it keeps neither end, so `yes | head -1` ends by SIGPIPE",
                output::parent_closes_both_ends,
            ),
            test(
                "both-statuses",
                "it tells each command's status, and ends with the second's",
                errors::both_statuses,
            ),
            test(
                "ends-by-signals",
                "it tells the signal that ended a command",
                errors::ends_by_signals,
            ),
            test(
                "standard-error-apart",
                "it labels standard error with the command's number",
                errors::standard_error_apart,
            ),
            test(
                "output-of-any-size",
                "it collects more output than a pipe can hold",
                output::output_of_any_size,
            ),
            test(
                "errors-of-any-size",
                "it collects more standard error than a pipe can hold",
                errors::errors_of_any_size,
            ),
            test(
                "first-command-missing",
                "a missing first command is told, and the second runs",
                errors::first_command_missing,
            ),
            test(
                "second-command-missing",
                "a missing second command is told, and the first runs",
                errors::second_command_missing,
            ),
            test(
                "no-descriptor-leaks",
                "both commands have 0, 1, 2 and nothing else",
                output::no_descriptor_leaks,
            ),
            test(
                "wrong-usage",
                "it refuses to run without two commands, with status 2",
                errors::wrong_usage,
            ),
        ],
    )
}
