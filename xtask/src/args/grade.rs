//! `grade DIR --out DIR …`, `grade merge`, `grade diff OLD NEW`, `grade self-test`.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::{Verb, all, one};

#[derive(Debug)]
pub enum Grade {
    Class(Class),
    /// Two runs' folders.
    Diff {
        old: PathBuf,
        new: PathBuf,
    },
    Merge {
        parts: Vec<PathBuf>,
        out: PathBuf,
    },
    /// A run's folder.
    Report {
        report: PathBuf,
        formats: Vec<String>,
    },
    Sources {
        submissions: PathBuf,
        out: PathBuf,
    },
    SelfTest,
}

#[derive(Debug)]
pub struct Class {
    pub submissions: PathBuf,
    /// `None` where nothing is written.
    pub out: Option<PathBuf>,
    pub seed: Option<u64>,
    pub jobs: Option<usize>,
    /// `I/N`.
    pub shard: Option<String>,
    pub limits: Option<PathBuf>,
    pub dry_run: bool,
    pub no_sandbox: bool,
}

pub fn command(verb: Command) -> Command {
    let path = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).value_name(value).value_parser(value_parser!(PathBuf)).help(help)
    };
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    let number = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("N").value_parser(value_parser!(u64)).help(help)
    };
    let diff = Command::new("diff")
        .about("Say what changed from one run to another, and why")
        .arg(path("old", "OLD", "The report's folder of the earlier run").required(true))
        .arg(path("new", "NEW", "The report's folder of the later run").required(true));
    let merge = Command::new("merge")
        .about("Make one report of the reports of all shards")
        .arg(path("parts", "PART", "The shards' folders").required(true).num_args(1..))
        .arg(path("out", "DIR", "The report's folder").long("out").required(true));
    let report = Command::new("report")
        .about("Write reports of a run for students, instructors and platforms")
        .long_about(
            "\
Write reports of a run for students, instructors and platforms

They are made of the run's results.json and stand beside it: a page for each
student (feedback/, HTML and Markdown), one on the class (overview.html), and
files for JUnit readers, Gradescope and GitHub Classroom. The next run with the
same folder renews those that are there.",
        )
        .arg(path("report", "REPORT", "The report's folder of a run").required(true))
        .arg(
            Arg::new("format")
                .long("format")
                .value_name("FORMAT")
                .value_delimiter(',')
                .action(ArgAction::Append)
                .value_parser(["junit", "gradescope", "classroom", "feedback", "overview"])
                .help("Only these, with commas between them [default: all]"),
        )
        .after_help(
            "\
Examples:
  cargo xtask grade report report                            all of them
  cargo xtask grade report report --format feedback,overview",
        );
    let sources = Command::new("sources")
        .about("Lay the sources out for a tool that looks for copies (JPlag, Dolos)")
        .arg(path("submissions", "DIR", "The folder of submissions").required(true))
        .arg(path("out", "DIR", "A new folder for them").long("out").required(true))
        .after_help(
            "\
Examples:
  cargo xtask grade sources submissions --out sources

For each exercise there is a folder with the students' programs, `submissions`,
and one with the skeleton that they began with, `base`. With JPlag:
  java -jar jplag.jar -l rust -bc sources/ex-01/base sources/ex-01/submissions
With Dolos:
  dolos run -l rust -i sources/ex-01/base/main.rs sources/ex-01/submissions/*/*.rs",
        );
    let self_test = Command::new("self-test")
        .about("Attack the sandbox of this machine and say which defences hold");
    verb.about("Grade a folder of submissions")
        .long_about(
            "\
Grade a folder of submissions

Takes the source files of exercises from each submission (a folder, a .zip or a
.tar.gz, named for its student), compiles and tests them in a sandbox, and
writes scores with reasons to the report's folder. What is finished is kept
whatever happens: the same command goes on where an earlier one was stopped, and
does nothing twice.",
        )
        .args_conflicts_with_subcommands(true)
        .subcommand_negates_reqs(true)
        .arg(path("submissions", "DIR", "The folder of submissions, or one of them").required(true))
        .arg(
            path("out", "DIR", "The report's folder")
                .long("out")
                .required_unless_present("dry-run"),
        )
        .arg(number("seed", "Make the random inputs from this number"))
        .arg(
            number("jobs", "So many at one time [default: two for each processor]")
                .value_parser(value_parser!(u64).range(1..=256)),
        )
        .arg(
            Arg::new("shard")
                .long("shard")
                .value_name("I/N")
                .help("Only the I-th of N parts of the class; all parts take the same seed"),
        )
        .arg(path("limits", "FILE", "Other limits than those of the course").long("limits"))
        .arg(flag("dry-run", "Only say what would be taken, refused and run"))
        .arg(flag("no-sandbox", "Run what students have written without any protection"))
        .subcommand(merge)
        .subcommand(diff)
        .subcommand(report)
        .subcommand(sources)
        .subcommand(self_test)
        .after_help(
            "\
Examples:
  cargo xtask grade submissions --out report       all of them
  cargo xtask grade submissions --dry-run          what would be done
  cargo xtask grade submissions/ann --dry-run      the same for one of them
  cargo xtask grade submissions --shard 2/4 --seed 7 --out part-2
                                                   a quarter, on one of 4 machines
  cargo xtask grade merge part-* --out report      all quarters: the whole report
  cargo xtask grade diff report-1 report-2         which scores changed, and why
  cargo xtask grade report report                  pages, JUnit, Gradescope, …
  cargo xtask grade self-test                      does the sandbox hold here?

Exit status: 0 all is graded, 1 something could not be (it is neither zero nor
full marks), 2 wrong usage, 125 the grader failed, 128+N after signal N. Of diff:
0 no score changed, 1 one did. Of self-test: 0 all defences hold, 1 one does not.",
        )
}

pub fn read(words: &ArgMatches) -> Verb {
    Verb::Grade(match words.subcommand() {
        Some(("merge", words)) => {
            Grade::Merge { parts: all(words, "parts"), out: one(words, "out") }
        }
        Some(("diff", words)) => Grade::Diff { old: one(words, "old"), new: one(words, "new") },
        Some(("report", words)) => {
            Grade::Report { report: one(words, "report"), formats: all(words, "format") }
        }
        Some(("sources", words)) => {
            Grade::Sources { submissions: one(words, "submissions"), out: one(words, "out") }
        }
        Some(_) => Grade::SelfTest,
        None => Grade::Class(Class {
            submissions: one(words, "submissions"),
            out: words.get_one("out").cloned(),
            seed: words.get_one("seed").copied(),
            jobs: words.get_one::<u64>("jobs").and_then(|&jobs| usize::try_from(jobs).ok()),
            shard: words.get_one("shard").cloned(),
            limits: words.get_one("limits").cloned(),
            dry_run: words.get_flag("dry-run"),
            no_sandbox: words.get_flag("no-sandbox"),
        }),
    })
}
