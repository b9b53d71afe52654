//! `run ID [--deadline SECONDS] [-- ARGS…]`.

use std::ffi::OsString;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::{Verb, all, one};

#[derive(Debug)]
pub struct Run {
    pub id: String,
    pub deadline: Option<Duration>,
    pub arguments: Vec<OsString>,
}

pub fn command(verb: Command) -> Command {
    verb.about("Build and run a lesson, or one part of it")
        .long_about(
            "\
Build and run a lesson, or one part of it

Standard input, standard output, the terminal and the exit status are the
lesson's own.",
        )
        .arg(Arg::new("id").value_name("ID").required(true).help("The lesson"))
        .arg(
            Arg::new("deadline")
                .long("deadline")
                .value_name("SECONDS")
                .value_parser(seconds)
                .help("End the program and everything it started after\nso many seconds"),
        )
        .arg(
            Arg::new("arguments")
                .value_name("ARGS")
                .action(ArgAction::Append)
                .last(true)
                .value_parser(value_parser!(OsString))
                .help("Arguments for the program: parts of the lesson to run"),
        )
        .after_help(
            "\
Examples:
  cargo xtask run lesson-01            all parts, in the order of the story
  cargo xtask run 1 -- eof             one part
  cargo xtask run 1 -- --list          the parts' names
  cargo xtask run fifo --deadline 5    end it after five seconds

A lesson is named by `lesson-02`, `02`, `2`, its folder, or its concept
(`fifo`).",
        )
}

pub fn read(words: &ArgMatches) -> Verb {
    Verb::Run(Run {
        id: one(words, "id"),
        deadline: words.get_one("deadline").copied(),
        arguments: all(words, "arguments"),
    })
}

pub fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().map_err(|_| "not a number of seconds".to_owned())?;
    if seconds <= 0.0 {
        return Err("a deadline is more than 0 seconds".to_owned());
    }
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}
