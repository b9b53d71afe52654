//! The hidden tests of ex-01: more lines than the others have.

use std::process::ExitCode;

use trial::{Outcome, Test, Trial};

const COUNTS: &str = "Whatever comes through the pipe is counted, however many lines it has.";

fn main() -> ExitCode {
    trial::main(
        "ex-01",
        &[Test {
            name: "counts-many-lines",
            claim: "`count` counts any number of lines",
            run: counts_many_lines,
        }],
    )
}

/// More than 16 bits can count, and few bytes.
fn counts_many_lines(trial: &Trial) -> Outcome {
    let mut random = trial.random();
    let lines = random.usize(70_000..90_000);
    let mut input = String::new();
    for _ in 0..lines {
        input.extend(std::iter::repeat_n('x', random.usize(0..3)).chain(['\n']));
    }
    let expected = format!("{lines} lines, {} bytes\nthe child exited with 0\n", input.len());
    let ran = trial.program(["count"]).input(input).run()?;
    ran.exits(0, COUNTS)?;
    ran.prints(expected, COUNTS)?;
    ran.leaves_nothing(COUNTS)
}
