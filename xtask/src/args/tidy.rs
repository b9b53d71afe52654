//! `tidy [--write]`.

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::Verb;

#[derive(Debug)]
pub struct Tidy {
    /// Write what is generated from the metadata.
    pub write: bool,
}

pub fn command(verb: Command) -> Command {
    verb.about("Check the repository's own rules")
        .arg(
            Arg::new("write")
                .long("write")
                .action(ArgAction::SetTrue)
                .help("Write what is generated from the metadata (the tables in\nREADME.md)"),
        )
        .after_help("Example: cargo xtask tidy --write")
}

pub fn read(words: &ArgMatches) -> Verb {
    Verb::Tidy(Tidy { write: words.get_flag("write") })
}
