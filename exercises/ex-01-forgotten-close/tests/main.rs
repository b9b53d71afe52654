//! The tests of ex-01: two ends that nobody closed.

use std::process::ExitCode;

use trial::{Outcome, Test, Trial, inputs};

const LAST_WRITE_END: &str = "`read` says end-of-file only when the last write end of the pipe is \
    closed, in every process. As long as somebody holds one, the reader waits, even if that \
    somebody is the reader itself.";
const ALL_OF_IT: &str = "A pipe is a stream: one `read` returns what happens to be there. All of \
    it has come when `read` returns 0.";
const CAPACITY: &str = "A pipe holds 65536 bytes. A writer with more waits for the reader, so a \
    reader that waits for the writer's end first waits for ever.";
const LAST_READ_END: &str = "A write kills its process by SIGPIPE (or fails with EPIPE) only when \
    the last read end is closed, in every process. As long as somebody holds one, the writer fills \
    the pipe and waits, even if that somebody is the writer itself.";
const REAP: &str = "A child that has ended stays as a zombie until its parent has waited for it.";
const TWO: &str = "The bytes come through a pipe from a child: a process of its own that runs while \
    the program reads. That is what the exercise is about, and what the last line speaks of.";
const SIGPIPE: &str = "The child is to end by the signal: Rust ignores SIGPIPE, `fork` copies that, \
    and the child gives it back its default action.";

fn main() -> ExitCode {
    trial::main(
        "ex-01",
        &[
            Test {
                name: "counts-lines",
                claim: "`count` sees the end of a short input",
                run: counts_lines,
            },
            Test {
                name: "counts-nothing",
                claim: "`count` sees the end of an empty input",
                run: counts_nothing,
            },
            Test {
                name: "counts-much",
                claim: "`count` counts more than a pipe can hold",
                run: counts_much,
            },
            Test {
                name: "counts-by-child",
                claim: "`count` reads through a child while its input is open",
                run: counts_by_child,
            },
            Test {
                name: "takes-three",
                claim: "`first 3` ends an endless writer by SIGPIPE",
                run: takes_three,
            },
            Test {
                name: "takes-many",
                claim: "`first` takes more than a pipe can hold",
                run: takes_many,
            },
            Test {
                name: "takes-none",
                claim: "`first 0` ends the writer without reading",
                run: takes_none,
            },
            Test {
                name: "takes-from-child",
                claim: "`first` takes the lines from a child that runs beside it",
                run: takes_from_child,
            },
        ],
    )
}

fn counts_lines(trial: &Trial) -> Outcome {
    let ran = trial.program(["count"]).input("one\ntwo\nthree\n").run()?;
    ran.exits(0, LAST_WRITE_END)?;
    trial::snapshot!(ran, @"\n3 lines, 14 bytes\nthe child exited with 0\n", ALL_OF_IT)?;
    ran.leaves_nothing(REAP)
}

fn counts_nothing(trial: &Trial) -> Outcome {
    let ran = trial.program(["count"]).input("").run()?;
    ran.exits(0, LAST_WRITE_END)?;
    ran.prints("0 lines, 0 bytes\nthe child exited with 0\n", ALL_OF_IT)?;
    ran.leaves_nothing(REAP)
}

fn counts_much(trial: &Trial) -> Outcome {
    let input = inputs::bytes(&mut trial.random(), random_size(trial));
    let lines = input.iter().filter(|&&byte| byte == b'\n').count();
    let expected = format!("{lines} lines, {} bytes\nthe child exited with 0\n", input.len());
    let ran = trial.program(["count"]).input(input).run()?;
    ran.exits(0, CAPACITY)?;
    ran.prints(expected, ALL_OF_IT)?;
    ran.leaves_nothing(REAP)
}

/// More than four pipes hold, and not a multiple of anything.
fn random_size(trial: &Trial) -> usize {
    trial.random().usize(300_001..400_000)
}

/// As long as the input is open the child waits for it, and the parent for the child.
fn counts_by_child(trial: &Trial) -> Outcome {
    let mut talk = trial
        .program(["count"])
        .may_stand_still()
        .by_hand("sleep 3 | cargo xtask run ex-01 -- count & sleep 2; ps -C ex-01; wait")
        .talk()?;
    talk.send("one\ntwo\n");
    talk.runs_as(2, TWO)?;
    let ran = talk.finish()?;
    ran.exits(0, LAST_WRITE_END)?;
    ran.prints("2 lines, 8 bytes\nthe child exited with 0\n", ALL_OF_IT)?;
    ran.leaves_nothing(REAP)
}

fn takes_three(trial: &Trial) -> Outcome {
    let ran = trial.program(["first", "3"]).run()?;
    ran.exits(0, LAST_READ_END)?;
    trial::snapshot!(ran, @"\n1\n2\n3\nthe child was ended by SIGPIPE\n", SIGPIPE)?;
    ran.leaves_nothing(REAP)
}

fn takes_many(trial: &Trial) -> Outcome {
    let lines = trial.random().usize(40_000..60_000);
    let numbers = inputs::seq(lines);
    let ran = trial.program(["first", &lines.to_string()]).run()?;
    ran.exits(0, LAST_READ_END)?;
    ran.prints(format!("{numbers}the child was ended by SIGPIPE\n"), ALL_OF_IT)?;
    ran.leaves_nothing(REAP)
}

fn takes_none(trial: &Trial) -> Outcome {
    let ran = trial.program(["first", "0"]).run()?;
    ran.exits(0, LAST_READ_END)?;
    ran.prints("the child was ended by SIGPIPE\n", SIGPIPE)?;
    ran.leaves_nothing(REAP)
}

/// More lines than all pipes on the way hold, and nobody reads them before the look is over: so the
/// program waits in a write, and its child in another.
fn takes_from_child(trial: &Trial) -> Outcome {
    const LINES: usize = 60_000;
    let mut talk = trial
        .program(["first", &LINES.to_string()])
        .may_stand_still()
        .by_hand(format!(
            "cargo xtask run ex-01 -- first {LINES} | sleep 3 & sleep 2; ps -C ex-01; wait"
        ))
        .talk()?;
    talk.runs_as(2, TWO)?;
    let ran = talk.finish()?;
    ran.exits(0, LAST_READ_END)?;
    let numbers = inputs::seq(LINES);
    ran.prints(format!("{numbers}the child was ended by SIGPIPE\n"), ALL_OF_IT)?;
    ran.leaves_nothing(REAP)
}
