//! `new lesson NAME`.

use clap::{Arg, ArgMatches, Command};

use super::{Verb, one};

#[derive(Debug)]
pub struct New {
    pub kind: NewKind,
}

#[derive(Debug)]
pub enum NewKind {
    Lesson { name: String },
}

pub fn command(verb: Command) -> Command {
    let name = Arg::new("name")
        .value_name("NAME")
        .required(true)
        .help("Its concept: lower-case words with hyphens between them");
    verb.about("Make the folder of a new lesson")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(Command::new("lesson").about("A lesson with the next free number").arg(name))
        .after_help(
            "\
Example: cargo xtask new lesson shared-offset

The folder runs and passes `cargo xtask tidy` as it is; begin from there.",
        )
}

pub fn read(words: &ArgMatches) -> Verb {
    let (_, words) = words.subcommand().expect("clap refuses a line without a kind");
    Verb::New(New { kind: NewKind::Lesson { name: one(words, "name") } })
}
