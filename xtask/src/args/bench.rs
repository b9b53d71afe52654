//! `bench [SUITE] [--cold] [--pairs N]`.

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::{Verb, one};

#[derive(Debug)]
pub struct Bench {
    pub suite: Suite,
    /// Also from an empty target directory.
    pub cold: bool,
    /// Pairs of runs.
    pub pairs: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    Startup,
    Feedback,
}

pub fn command(verb: Command) -> Command {
    verb.about("Measure against peers, as ratios in one run")
        .arg(
            Arg::new("suite")
                .value_name("SUITE")
                .value_parser(["startup", "feedback"])
                .default_value("startup")
                .help("What to measure"),
        )
        .arg(
            Arg::new("cold")
                .long("cold")
                .action(ArgAction::SetTrue)
                .help("Also from an empty target directory"),
        )
        .arg(
            Arg::new("pairs")
                .long("pairs")
                .value_name("N")
                .value_parser(value_parser!(usize))
                .default_value("40")
                .help("Pairs of runs"),
        )
        .after_help(
            "\
Examples:
  cargo xtask bench startup          the runner and the launcher against a
                                     direct start
  cargo xtask bench startup --cold   a fresh clone against installing rustlings
                                     (minutes)
  cargo xtask bench feedback         from the save of an exercise to its verdict
                                     against bare rustc and rustlings",
        )
}

pub fn read(words: &ArgMatches) -> Verb {
    let suite = match one::<String>(words, "suite").as_str() {
        "startup" => Suite::Startup,
        "feedback" => Suite::Feedback,
        other => unreachable!("clap refuses the suite {other}"),
    };
    Verb::Bench(Bench { suite, cold: words.get_flag("cold"), pairs: one(words, "pairs") })
}
