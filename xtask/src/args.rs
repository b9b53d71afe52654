//! The command line: verbs, their options, their help.

use std::ffi::OsString;

use clap::builder::Styles;
use clap::builder::styling::AnsiColor;
use clap::{Parser, Subcommand, ValueEnum};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Yellow.on_default().bold())
    .usage(AnsiColor::Yellow.on_default().bold())
    .literal(AnsiColor::Green.on_default())
    .placeholder(AnsiColor::Cyan.on_default());

/// Runs the lessons and checks the course.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    styles = STYLES,
    max_term_width = 80,
    after_help = "\
Start with:
  cargo xtask run lesson-01    run the first lesson
  cargo xtask list             see what there is

Exit status: 0 holds, 1 something that was checked failed, 2 wrong usage, 125 the runner failed.
`run` ends with the program's own status, 128+N after signal N, 124 after its deadline, 125 when
the program does not compile."
)]
pub struct Args {
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,
    #[command(subcommand)]
    pub verb: Verb,
}

/// When to use colours: anstream's choices, under the names that users know.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

impl Color {
    /// Makes the choice hold for everything that is printed through anstream.
    pub fn write_global(self) {
        match self {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    List(List),
    Run(Run),
    Snapshot(Snapshot),
    Test(Test),
    Tidy(Tidy),
    New(New),
    Bench(Bench),
}

/// List lessons and exercises in course order
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: cargo xtask list --format json")]
pub struct List {
    /// How to print them
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    #[default]
    Text,
    Json,
}

/// Build and run a lesson, or one part of it
///
/// Standard input, standard output, the terminal and the exit status are the lesson's own.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask run lesson-01            all parts, in the order of the story
  cargo xtask run 1 -- eof             one part
  cargo xtask run 1 -- --list          the parts' names
  cargo xtask run fifo --deadline 5    end it after five seconds

A lesson is named by `lesson-02`, `02`, `2`, its folder, or its concept (`fifo`).")]
pub struct Run {
    /// The lesson
    #[arg(value_name = "ID")]
    pub id: String,
    /// End the program and everything it started after so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub deadline: Option<std::time::Duration>,
    /// Arguments for the program: parts of the lesson to run
    #[arg(last = true, value_name = "ARGS")]
    pub arguments: Vec<OsString>,
}

/// Compare what the lessons print with what is stored
///
/// Runs each lesson and compares its standard output, its exit status and what the launcher saw
/// with the snapshots in the lesson's folder, and shows the differences.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask snapshot                      all lessons
  cargo xtask snapshot lesson-01            one
  cargo xtask snapshot lesson-01 --accept   store what it prints now")]
pub struct Snapshot {
    /// The lessons; all where none is named
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
    /// Store what the lessons print now
    #[arg(long)]
    pub accept: bool,
}

/// Check everything that the CI checks
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask test                    everything
  cargo xtask test clippy tidy        two of its steps
  cargo xtask test --soak             every lesson 300 times under load
  cargo xtask test --soak 50 poll     one lesson 50 times
  cargo xtask test --breaks fifo      break a lesson line by line

With CI=true a missing tool is a failure instead of a skip, and warnings are errors.")]
pub struct Test {
    /// Only these steps; with --soak or --breaks only these lessons
    #[arg(value_name = "STEP|ID")]
    pub steps: Vec<String>,
    /// Instead: run lessons so many times with the processors loaded, pinned to
    /// one of them, and as an ordinary user, and compare all outputs [300]
    #[arg(long, value_name = "RUNS", num_args = 0..=1, default_missing_value = "300")]
    pub soak: Option<usize>,
    /// Instead: break lessons by one line at a time and see the snapshots notice
    #[arg(long, conflicts_with = "soak")]
    pub breaks: bool,
}

/// Check the repository's own rules
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: cargo xtask tidy --write")]
pub struct Tidy {
    /// Write what is generated from the metadata (the tables in README.md)
    #[arg(long)]
    pub write: bool,
}

/// Make the folder of a new lesson
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example: cargo xtask new lesson shared-offset

The folder runs and passes `cargo xtask tidy` as it is; begin from there.")]
pub struct New {
    #[command(subcommand)]
    pub kind: NewKind,
}

#[derive(Debug, Subcommand)]
pub enum NewKind {
    /// A lesson with the next free number
    Lesson {
        /// Its concept: lower-case words with hyphens between them
        #[arg(value_name = "NAME")]
        name: String,
    },
}

/// Measure against peers, as ratios in one run
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask bench startup          the runner and the launcher against a direct start
  cargo xtask bench startup --cold   a fresh clone against installing rustlings (minutes)")]
pub struct Bench {
    /// What to measure
    #[arg(value_enum, default_value_t)]
    pub suite: Suite,
    /// Also from an empty target directory
    #[arg(long)]
    pub cold: bool,
    /// Pairs of runs
    #[arg(long, default_value_t = 40, value_name = "N")]
    pub pairs: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Suite {
    #[default]
    Startup,
}

fn seconds(text: &str) -> Result<std::time::Duration, String> {
    let seconds = text.parse::<f64>().map_err(|_| "not a number of seconds".to_owned())?;
    if seconds <= 0.0 {
        return Err("a deadline is more than 0 seconds".to_owned());
    }
    std::time::Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}
