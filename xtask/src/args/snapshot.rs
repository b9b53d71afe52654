//! `snapshot [ID…] [--accept]`.

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::{Verb, all};

#[derive(Debug)]
pub struct Snapshot {
    /// The lessons; all where none is named.
    pub ids: Vec<String>,
    /// Store what the lessons print now.
    pub accept: bool,
}

pub fn command(verb: Command) -> Command {
    verb.about("Compare what the lessons print with what is stored")
        .long_about(
            "\
Compare what the lessons print with what is stored

Runs each lesson and compares its standard output, its exit status and what the
launcher saw with the snapshots in the lesson's folder, and shows the
differences.",
        )
        .arg(
            Arg::new("ids")
                .value_name("ID")
                .action(ArgAction::Append)
                .help("The lessons; all where none is named"),
        )
        .arg(
            Arg::new("accept")
                .long("accept")
                .action(ArgAction::SetTrue)
                .help("Store what the lessons print now"),
        )
        .after_help(
            "\
Examples:
  cargo xtask snapshot                      all lessons
  cargo xtask snapshot lesson-01            one
  cargo xtask snapshot lesson-01 --accept   store what it prints now",
        )
}

pub fn read(words: &ArgMatches) -> Verb {
    Verb::Snapshot(Snapshot { ids: all(words, "ids"), accept: words.get_flag("accept") })
}
