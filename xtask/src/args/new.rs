//! `new lesson NAME`, `new exercise NAME [--form FORM]`.

use clap::{Arg, ArgMatches, Command};
use course::Form;

use super::{Verb, one};

#[derive(Debug)]
pub struct New {
    pub kind: NewKind,
}

#[derive(Debug)]
pub enum NewKind {
    Lesson { name: String },
    Exercise { name: String, form: Form },
}

pub fn command(verb: Command) -> Command {
    let name = Arg::new("name")
        .value_name("NAME")
        .required(true)
        .help("Its concept: lower-case words with hyphens between them");
    let form = Arg::new("form")
        .long("form")
        .value_name("FORM")
        .value_parser(["build", "repair"])
        .default_value("build")
        .help("Whether a program is to be built or to be repaired");
    verb.about("Make the folder of a new lesson or exercise")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("lesson")
                .about("A lesson with the next free number")
                .arg(name.clone())
                .after_help("Example: cargo xtask new lesson shared-offset"),
        )
        .subcommand(
            Command::new("exercise")
                .about("An exercise with the next free number, and its solution")
                .arg(name)
                .arg(form)
                .after_help("Example: cargo xtask new exercise slow-reader --form repair"),
        )
        .after_help(
            "\
Examples:
  cargo xtask new lesson shared-offset
  cargo xtask new exercise slow-reader --form repair

Either passes `cargo xtask tidy` as it is; begin from there. What an exercise
still lacks is told by `cargo xtask check --gate ID`.",
        )
}

pub fn read(words: &ArgMatches) -> Verb {
    let (kind, words) = words.subcommand().expect("clap refuses a line without a kind");
    let name = one(words, "name");
    let kind = match kind {
        "lesson" => NewKind::Lesson { name },
        _ => {
            let form = one::<String>(words, "form");
            NewKind::Exercise {
                name,
                form: if form == "repair" { Form::Repair } else { Form::Build },
            }
        }
    };
    Verb::New(New { kind })
}
