//! `list [--format FORMAT]`.

use clap::{ArgMatches, Command};

use super::{Verb, choice, one};

#[derive(Debug)]
pub struct List {
    pub format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Text,
    Json,
}

pub fn command(verb: Command) -> Command {
    verb.about("List lessons and exercises in course order")
        .arg(
            choice("format", "FORMAT", ["text", "json"], "text")
                .help("How to print them [default: text]\n[possible values: text, json]"),
        )
        .after_help("Example: cargo xtask list --format json")
}

pub fn read(words: &ArgMatches) -> Verb {
    let format = match one::<String>(words, "format").as_str() {
        "json" => Format::Json,
        _ => Format::Text,
    };
    Verb::List(List { format })
}
