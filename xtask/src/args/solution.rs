//! `solution ID [--anyway]`.

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::{Verb, exercise, one};

#[derive(Debug)]
pub struct Solution {
    pub id: String,
    /// Also before the exercise passes.
    pub anyway: bool,
}

pub fn command(verb: Command) -> Command {
    verb.about("Show our program for an exercise, once yours passes")
        .arg(exercise())
        .arg(
            Arg::new("anyway")
                .long("anyway")
                .action(ArgAction::SetTrue)
                .help("Show it before that"),
        )
        .after_help("Example: cargo xtask solution ex-01")
}

pub fn read(words: &ArgMatches) -> Verb {
    Verb::Solution(Solution { id: one(words, "id"), anyway: words.get_flag("anyway") })
}
