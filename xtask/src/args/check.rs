//! `check [ID…] [--solutions | --gate [--accept]] [--seed N] [--times]`.

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::{FOR_STUDENTS, Verb, all};

#[derive(Debug)]
pub struct Check {
    /// The exercises; all where none is named.
    pub ids: Vec<String>,
    /// The reference programs instead of the student's.
    pub solutions: bool,
    /// The exercises' tests themselves.
    pub gate: bool,
    /// Record what the wrong programs' students are told.
    pub accept: bool,
    /// From which random inputs are made.
    pub seed: Option<u64>,
    /// Tell how long the tests took.
    pub times: bool,
}

pub fn command(verb: Command) -> Command {
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    verb.about("Test exercises and say why each fails")
        .long_about(
            "\
Test exercises and say why each fails

Builds what stands in the exercise's src/, runs its tests on it, and explains
the first that fails: what was expected, what came, what that means, the
command that shows it by hand.",
        )
        .arg(
            Arg::new("ids")
                .value_name("ID")
                .action(ArgAction::Append)
                .help("The exercises; all where none is named"),
        )
        .arg(flag("solutions", "Test the reference programs instead").hide(FOR_STUDENTS))
        .arg(
            flag(
                "gate",
                "Test the tests instead: skeletons and wrong programs fail\n\
                 as recorded, right ones pass",
            )
            .conflicts_with("solutions")
            .hide(FOR_STUDENTS),
        )
        .arg(
            flag("accept", "With --gate: record what is told of each wrong program")
                .requires("gate")
                .hide(FOR_STUDENTS),
        )
        .arg(
            Arg::new("seed")
                .long("seed")
                .value_name("N")
                .value_parser(value_parser!(u64))
                .help("Make the random inputs from this number"),
        )
        .arg(flag("times", "Tell also how long the tests took").conflicts_with("gate"))
        .after_help(
            "\
Examples:
  cargo xtask check ex-01     one exercise, and why it fails
  cargo xtask check           all of them, a line each

An exercise is named by `ex-01`, `01`, `1`, its folder, or its concept
(`forgotten-close`).",
        )
}

pub fn read(words: &ArgMatches) -> Verb {
    Verb::Check(Check {
        ids: all(words, "ids"),
        solutions: words.get_flag("solutions"),
        gate: words.get_flag("gate"),
        accept: words.get_flag("accept"),
        seed: words.get_one("seed").copied(),
        times: words.get_flag("times"),
    })
}
