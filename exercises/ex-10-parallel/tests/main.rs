//! The tests of ex-10: many commands at once, their outputs in order.

mod ends;
mod order;
mod peer;
mod places;

use std::process::ExitCode;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use trial::{Test, Trial, Wrong};

fn main() -> ExitCode {
    let test = |name, claim, run: fn(&Trial) -> trial::Outcome| Test { name, claim, run };
    trial::main(
        "ex-10",
        &[
            test("captures-stdout", "the output of one command is printed", order::captures_stdout),
            test("through-pipes", "each command writes into a pipe", order::through_pipes),
            test(
                "runs-n-simultaneously",
                "without -j all twenty run at once",
                order::runs_n_simultaneously,
            ),
            test(
                "prints-in-order",
                "the first command is printed first though the second ends first",
                order::prints_in_order,
            ),
            test(
                "reads-the-tail",
                "what a command wrote before it ended is printed, all of it",
                order::reads_the_tail,
            ),
            test(
                "different-amounts-different-times",
                "the first command's full output first, whatever its length",
                order::different_amounts_different_times,
            ),
            test("any-bytes", "bytes are printed as they came, and no others", order::any_bytes),
            test(
                "no-pipe-fills-up",
                "a command writes 64 MiB while the first one waits",
                order::no_pipe_fills_up,
            ),
            test("rests", "it sleeps while all commands wait", places::rests),
            test(
                "closes-and-goes-on",
                "a command that closes its output and goes on holds up nobody",
                places::closes_and_goes_on,
            ),
            test(
                "failing-commands",
                "it tells which commands failed, and its status is their number",
                ends::failing_commands,
            ),
            test(
                "missing-commands",
                "a command that sh does not find has failed, and the others run",
                ends::missing_commands,
            ),
            test(
                "could-not-be-started",
                "without any sh each command is told, and counted",
                ends::could_not_be_started,
            ),
            test(
                "input-and-errors",
                "commands have an empty input, and the program's standard error",
                ends::input_and_errors,
            ),
            test(
                "no-descriptor-leaks",
                "each command has 0, 1, 2 and nothing else",
                ends::no_descriptor_leaks,
            ),
            test("at-most-j", "with -j 2 a third command waits for a place", places::at_most_j),
            test(
                "always-j",
                "a place is taken again as soon as any command has ended",
                places::always_j,
            ),
            test(
                "three-hundred",
                "300 commands with -j 8, all of them failing, are status 101",
                places::three_hundred,
            ),
            test(
                "left-behind",
                "a process that a command leaves behind keeps nobody waiting",
                places::left_behind,
            ),
            test(
                "says-more-later",
                "what a process left behind writes later is not printed",
                places::says_more_later,
            ),
            test(
                "reader-gone",
                "it ends, and not with 0, when nobody reads its output any more",
                ends::reader_gone,
            ),
            test("cannot-print", "output that cannot be written is an error", ends::cannot_print),
            test("wrong-usage", "it refuses to run without a command", ends::wrong_usage),
            test(
                "as-gnu-parallel",
                "outputs and status are those of GNU parallel --keep-order",
                peer::as_gnu_parallel,
            ),
        ],
    )
}

/// FIFOs in the folder where the commands run: there they wait for each other.
fn fifos(trial: &Trial, names: &[&str]) -> Result<(), Wrong> {
    for name in names {
        mkfifo(&trial.folder().join(name), Mode::S_IRUSR | Mode::S_IWUSR)?;
    }
    Ok(())
}
