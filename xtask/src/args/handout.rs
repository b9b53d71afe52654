//! `handout OUT [--gradescope]`.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command, value_parser};

use super::Verb;

#[derive(Debug)]
pub struct Handout {
    /// A folder, a .zip or a .tar.gz.
    pub out: PathBuf,
    /// Instead: what Gradescope grades with.
    pub gradescope: bool,
}

pub fn command(verb: Command) -> Command {
    let path =
        |name: &'static str| Arg::new(name).value_name("OUT").value_parser(value_parser!(PathBuf));
    verb.about("Write the students' copy of the course")
        .long_about(
            "\
Write the students' copy of the course

Lessons, exercises as they begin, their tests and hints, the book, and the
runner: what a student needs, and no solution, hidden test, wrong program or
grader. It is an own workspace that needs nothing of this one, and no git.",
        )
        .arg(path("to").help("An empty or new folder, or a new .zip or .tar.gz"))
        .arg(path("out").long("out").help("The same"))
        .arg(
            Arg::new("gradescope")
                .long("gradescope")
                .action(ArgAction::SetTrue)
                .help("Instead: the autograder to upload to Gradescope, a .zip;\nfor nobody else, since all of the course is in it"),
        )
        .group(ArgGroup::new("place").args(["to", "out"]).required(true))
        .after_help(
            "\
Examples:
  cargo xtask handout pipes          a folder
  cargo xtask handout pipes.tar.gz   the same, packed; in it is a folder `pipes`
  cargo xtask handout pipes.zip
  cargo xtask handout --gradescope autograder.zip",
        )
}

pub fn read(words: &ArgMatches) -> Verb {
    let out = words.get_one("to").or_else(|| words.get_one("out"));
    let gradescope = words.get_flag("gradescope");
    Verb::Handout(Handout {
        gradescope,
        out: out.cloned().expect("clap refuses a line without it"),
    })
}
