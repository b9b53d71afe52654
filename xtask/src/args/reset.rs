//! `reset ID`.

use clap::{ArgMatches, Command};

use super::{Verb, exercise, one};

#[derive(Debug)]
pub struct Reset {
    pub id: String,
}

pub fn command(verb: Command) -> Command {
    verb.about("Put an exercise back as it was at the beginning")
        .long_about(
            "\
Put an exercise back as it was at the beginning

Your files are kept: it says where.",
        )
        .arg(exercise())
        .after_help("Example: cargo xtask reset ex-01")
}

pub fn read(words: &ArgMatches) -> Verb {
    Verb::Reset(Reset { id: one(words, "id") })
}
