//! `doctor [--deadline SECONDS] [--format FORMAT] [--ascii] (-- CMD… | --pid PID)`.

use std::ffi::OsString;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command, value_parser};

use super::run::seconds;
use super::{Format, Verb, all, choice, one};

#[derive(Debug)]
pub struct Doctor {
    pub patient: Patient,
    pub deadline: Option<Duration>,
    pub format: Format,
    /// Also where the locale knows more.
    pub ascii: bool,
}

/// What is looked at.
#[derive(Debug)]
pub enum Patient {
    /// A program that is started for it.
    Command(Vec<OsString>),
    /// A process that runs, with all below it.
    Process(i32),
}

pub fn command(verb: Command) -> Command {
    verb.about("Run any program and explain why it hangs")
        .long_about(
            "\
Run any program and explain why it hangs

Says which process waits in which call on which pipe, who still holds the other
end, as which descriptor, and which of them should have been closed. Where it
can prove that nobody can ever go on it ends the program at once. Standard
input, standard output and the terminal are the program's own; the report goes
to standard error, as JSON to standard output, after all that the program
printed.

With --pid it only looks: nothing is stopped, changed or ended.",
        )
        .arg(
            Arg::new("deadline").long("deadline").value_name("SECONDS").value_parser(seconds).help(
                "End the program after so many seconds and explain;\n\
                     with --pid: look again for so long until there is a proof",
            ),
        )
        .arg(
            choice("format", "FORMAT", ["text", "json"], "text")
                .help("How to report [default: text]\n[possible values: text, json]"),
        )
        .arg(
            Arg::new("ascii")
                .long("ascii")
                .action(ArgAction::SetTrue)
                .help("Draw with ASCII, as is done where the locale is not UTF-8"),
        )
        .arg(
            Arg::new("pid")
                .long("pid")
                .value_name("PID")
                .value_parser(value_parser!(i32).range(1..))
                .help("Look at this process and all below it"),
        )
        .arg(
            Arg::new("command")
                .value_name("CMD")
                .action(ArgAction::Append)
                .last(true)
                .value_parser(value_parser!(OsString))
                .help("The program and its arguments"),
        )
        .group(ArgGroup::new("patient").args(["pid", "command"]).required(true))
        .after_help(
            "\
Examples:
  cargo xtask doctor -- ./prog arg               until it ends, or hangs for good
  cargo xtask doctor --deadline 5 -- ./prog      at most five seconds
  cargo xtask doctor --pid 4711 --format json    one that runs already

Exit status: the program's own, 128+N after signal N, 123 when a deadlock was
proved, 124 when the deadline passed, 125 when the doctor failed. With --pid: 0
when it may go on as far as can be seen, 123 when a deadlock was proved, 124 when
it probably is one, 125 when it cannot be inspected.",
        )
}

pub fn read(words: &ArgMatches) -> Verb {
    let patient = match words.get_one("pid").copied() {
        Some(pid) => Patient::Process(pid),
        None => Patient::Command(all(words, "command")),
    };
    let format = match one::<String>(words, "format").as_str() {
        "json" => Format::Json,
        _ => Format::Text,
    };
    let deadline = words.get_one("deadline").copied();
    Verb::Doctor(Doctor { patient, deadline, format, ascii: words.get_flag("ascii") })
}
