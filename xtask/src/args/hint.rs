//! `hint ID [--level N]`.

use clap::{Arg, ArgMatches, Command, value_parser};

use super::{Verb, exercise, one};

#[derive(Debug)]
pub struct Hint {
    pub id: String,
    /// This one, not the next.
    pub level: Option<u8>,
}

pub fn command(verb: Command) -> Command {
    verb.about("Show the next hint of an exercise")
        .arg(exercise())
        .arg(
            Arg::new("level")
                .long("level")
                .value_name("N")
                .value_parser(value_parser!(u8).range(1..=3))
                .help("1 a nudge, 2 the idea, 3 nearly the answer"),
        )
        .after_help(
            "\
Examples:
  cargo xtask hint ex-01            the next one
  cargo xtask hint ex-01 --level 1  the first one again",
        )
}

pub fn read(words: &ArgMatches) -> Verb {
    Verb::Hint(Hint { id: one(words, "id"), level: words.get_one("level").copied() })
}
