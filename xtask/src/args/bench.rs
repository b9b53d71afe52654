//! `bench [SUITE] [--cold] [--pairs N]`.

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::{Verb, one};

#[derive(Debug)]
pub struct Bench {
    pub suite: Suite,
    /// Also from an empty target directory.
    pub cold: bool,
    /// Pairs of runs; fewer of what takes long.
    pub pairs: usize,
    /// In the class that is graded.
    pub students: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    Startup,
    Feedback,
    Doctor,
    Grade,
    All,
}

pub fn command(verb: Command) -> Command {
    verb.about("Measure against peers, as ratios in one run")
        .arg(
            Arg::new("suite")
                .value_name("SUITE")
                .value_parser(["startup", "feedback", "doctor", "grade", "all"])
                .default_value("startup")
                .hide_possible_values(true)
                .hide_default_value(true)
                .help("startup, feedback, doctor, grade or all\n[default: startup]"),
        )
        .arg(
            Arg::new("cold")
                .long("cold")
                .action(ArgAction::SetTrue)
                .help("startup: also from an empty target directory"),
        )
        .arg(
            Arg::new("pairs")
                .long("pairs")
                .value_name("N")
                .value_parser(value_parser!(usize))
                .default_value("40")
                .help("Pairs of runs; of what takes long, fewer"),
        )
        .arg(
            Arg::new("students")
                .long("students")
                .value_name("N")
                .value_parser(value_parser!(usize))
                .default_value("60")
                .help("grade: so many submissions in the class"),
        )
        .after_help(
            "\
Examples:
  cargo xtask bench startup          the runner and the launcher against a
                                     direct start
  cargo xtask bench startup --cold   a fresh clone against installing rustlings
                                     (minutes)
  cargo xtask bench feedback         from the save of an exercise to its verdict
                                     against bare rustc and rustlings
  cargo xtask bench doctor           from a hang to its proof, a look against
                                     lsof +E, what a healthy program pays
  cargo xtask bench grade            a class against building each submission
                                     with cargo, and against rustc and the
                                     tests alone (an hour)",
        )
}

pub fn read(words: &ArgMatches) -> Verb {
    let suite = match one::<String>(words, "suite").as_str() {
        "startup" => Suite::Startup,
        "feedback" => Suite::Feedback,
        "doctor" => Suite::Doctor,
        "grade" => Suite::Grade,
        "all" => Suite::All,
        other => unreachable!("clap refuses the suite {other}"),
    };
    Verb::Bench(Bench {
        suite,
        cold: words.get_flag("cold"),
        pairs: one(words, "pairs"),
        students: one(words, "students"),
    })
}
