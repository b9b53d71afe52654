//! `test [STEP…]`, `test --soak [RUNS] [ID…]`, `test --breaks [ID…]`.

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::{FOR_STUDENTS, Verb, all};

#[derive(Debug)]
pub struct Test {
    /// Only these steps; with `soak` or `breaks` only these lessons and exercises.
    pub steps: Vec<String>,
    /// Instead: repeat lessons so many times.
    pub soak: Option<usize>,
    /// Instead: break lessons by one line at a time.
    pub breaks: bool,
}

pub fn command(verb: Command) -> Command {
    verb.about("Check that all of it works")
        .arg(Arg::new("steps").value_name("STEP|ID").action(ArgAction::Append).help(
            if FOR_STUDENTS {
                "Only these steps"
            } else {
                "Only these steps; with --soak or --breaks only these"
            },
        ))
        .arg(
            Arg::new("soak")
                .long("soak")
                .value_name("RUNS")
                .num_args(0..=1)
                .default_missing_value("300")
                .value_parser(value_parser!(usize))
                .hide(FOR_STUDENTS)
                .help(
                    "Instead: run lessons so many times with the processors\n\
                     loaded, pinned to one of them, and as an ordinary user,\n\
                     and compare all outputs; check our programs for the\n\
                     exercises a third as many times [300]",
                ),
        )
        .arg(
            Arg::new("breaks")
                .long("breaks")
                .action(ArgAction::SetTrue)
                .conflicts_with("soak")
                .hide(FOR_STUDENTS)
                .help("Instead: break lessons by one line at a time and see the\nsnapshots notice"),
        )
        .after_help(if FOR_STUDENTS {
            "Example: cargo xtask test"
        } else {
            "\
Examples:
  cargo xtask test                    everything
  cargo xtask test clippy tidy        two of its steps
  cargo xtask test --soak             every lesson 300 times under load
  cargo xtask test --soak 50 poll     one lesson 50 times
  cargo xtask test --breaks fifo      break a lesson line by line

With CI=true a missing tool is a failure instead of a skip, and warnings are
errors."
        })
}

pub fn read(words: &ArgMatches) -> Verb {
    Verb::Test(Test {
        steps: all(words, "steps"),
        soak: words.get_one("soak").copied(),
        breaks: words.get_flag("breaks"),
    })
}
