//! The tests of ex-04: the lost tail.

mod endings;
mod lines;

use std::ffi::OsString;
use std::process::ExitCode;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use trial::{Ran, Test, Trial, Wrong};

fn main() -> ExitCode {
    trial::main(
        "ex-04",
        &[
            Test {
                name: "speaks-at-once",
                claim: "a line is printed when it comes, whoever else is silent",
                run: lines::speaks_at_once,
            },
            Test {
                name: "joins-a-line",
                claim: "a line that comes in two pieces is one line",
                run: lines::joins_a_line,
            },
            Test {
                name: "reads-the-tail",
                claim: "what a command wrote before it ended is read, all of it",
                run: lines::reads_the_tail,
            },
            Test {
                name: "rests",
                claim: "it sleeps while the only open pipe is silent",
                run: endings::rests,
            },
            Test {
                name: "finishes-the-last-line",
                claim: "a last line without a newline is a line, and no output is none",
                run: lines::finishes_the_last_line,
            },
            Test {
                name: "reads-much",
                claim: "it prints any bytes, in any amount, from two commands at once",
                run: lines::reads_much,
            },
            Test {
                name: "waits-last",
                claim: "a command that closes its output and lives on holds up nobody",
                run: endings::waits_last,
            },
            Test {
                name: "tells-the-endings",
                claim: "it tells how each command ended, in their order",
                run: endings::tells_the_endings,
            },
            Test {
                name: "goes-on-without-one",
                claim: "a command that cannot be started is named, and the others run",
                run: endings::goes_on_without_one,
            },
            Test {
                name: "ends-with-its-reader",
                claim: "when nobody reads its output any more, it leaves no command behind",
                run: endings::ends_with_its_reader,
            },
        ],
    )
}

/// Words for `sh -c SCRIPT -- sh -c SCRIPT …`.
fn scripts(scripts: &[&str]) -> Vec<OsString> {
    let commands: Vec<Vec<&str>> = scripts.iter().map(|script| vec!["sh", "-c", script]).collect();
    commands.join(&"--").into_iter().map(OsString::from).collect()
}

/// FIFOs in the folder where the commands run: there they wait for each other.
fn fifos(trial: &Trial, names: &[&str]) -> Result<(), Wrong> {
    for name in names {
        mkfifo(&trial.folder().join(name), Mode::S_IRUSR | Mode::S_IWUSR)?;
    }
    Ok(())
}

/// Sorts the lines by their labels, and keeps the order of each label: which command is heard first
/// is left open. The last lines, one for each command, stay where they are.
fn by_label(ran: &mut Ran, commands: usize) {
    let mut lines: Vec<&[u8]> = ran.stdout.split_inclusive(|&byte| byte == b'\n').collect();
    let outputs = lines.len().saturating_sub(commands);
    lines[..outputs].sort_by_key(|line| line.get(..3));
    ran.stdout = lines.concat();
}
