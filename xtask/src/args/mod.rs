//! The command line: verbs, their options, their help. A verb is a file with two functions, one
//! that says what may be typed and one that reads what was, and a line in [`VERBS`].
//!
//! Built by hand and not derived: clap's derive brings syn, which costs a first build more time
//! than all that is here. The help is broken into lines of 80 columns by hand for the same reason.

#[cfg(feature = "author")]
mod bench;
#[cfg(feature = "author")]
mod book;
mod check;
mod doctor;
#[cfg(feature = "author")]
mod grade;
#[cfg(feature = "author")]
mod handout;
mod hint;
mod list;
#[cfg(feature = "author")]
mod new;
mod reset;
mod run;
mod snapshot;
mod solution;
mod test;
#[cfg(feature = "author")]
mod tidy;
mod watch;

use clap::builder::Styles;
use clap::builder::styling::AnsiColor;
use clap::{Arg, ArgMatches, Command};

#[cfg(feature = "author")]
pub use bench::{Bench, Suite};
#[cfg(feature = "author")]
pub use book::Book;
pub use check::Check;
pub use doctor::{Doctor, Patient};
#[cfg(feature = "author")]
pub use grade::{Class, Grade};
#[cfg(feature = "author")]
pub use handout::Handout;
pub use hint::Hint;
pub use list::{Format, List};
#[cfg(feature = "author")]
pub use new::{New, NewKind};
pub use reset::Reset;
pub use run::Run;
pub use snapshot::Snapshot;
pub use solution::Solution;
pub use test::Test;
#[cfg(feature = "author")]
pub use tidy::Tidy;
pub use watch::Watch;

/// What was typed.
#[derive(Debug)]
pub struct Args {
    pub color: Color,
    pub verb: Verb,
}

#[derive(Debug)]
pub enum Verb {
    List(List),
    Run(Run),
    Check(Check),
    Watch(Watch),
    Hint(Hint),
    Reset(Reset),
    Solution(Solution),
    Snapshot(Snapshot),
    Doctor(Doctor),
    #[cfg(feature = "author")]
    Grade(Grade),
    #[cfg(feature = "author")]
    Handout(Handout),
    #[cfg(feature = "author")]
    Book(Book),
    Test(Test),
    #[cfg(feature = "author")]
    Tidy(Tidy),
    #[cfg(feature = "author")]
    New(New),
    #[cfg(feature = "author")]
    Bench(Bench),
}

/// A verb's name, what may follow it, and what becomes of what did.
type VerbArgs = (&'static str, fn(Command) -> Command, fn(&ArgMatches) -> Verb);

/// In the order of the help.
const VERBS: &[VerbArgs] = &[
    ("list", list::command, list::read),
    ("run", run::command, run::read),
    ("check", check::command, check::read),
    ("watch", watch::command, watch::read),
    ("hint", hint::command, hint::read),
    ("reset", reset::command, reset::read),
    ("solution", solution::command, solution::read),
    ("snapshot", snapshot::command, snapshot::read),
    ("doctor", doctor::command, doctor::read),
    #[cfg(feature = "author")]
    ("grade", grade::command, grade::read),
    #[cfg(feature = "author")]
    ("handout", handout::command, handout::read),
    #[cfg(feature = "author")]
    ("book", book::command, book::read),
    ("test", test::command, test::read),
    #[cfg(feature = "author")]
    ("tidy", tidy::command, tidy::read),
    #[cfg(feature = "author")]
    ("new", new::command, new::read),
    #[cfg(feature = "author")]
    ("bench", bench::command, bench::read),
];

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Yellow.on_default().bold())
    .usage(AnsiColor::Yellow.on_default().bold())
    .literal(AnsiColor::Green.on_default())
    .placeholder(AnsiColor::Cyan.on_default());

impl Args {
    /// Reads this process's command line. A wrong one ends the process with status 2, a question
    /// for help with 0.
    pub fn parse() -> Args {
        let matches = command().get_matches();
        let (name, words) = matches.subcommand().expect("clap refuses a line without a verb");
        let verb = VERBS.iter().find(|(verb, ..)| *verb == name);
        let (_, _, read) = verb.expect("clap knows no verb but these");
        Args { color: Color::read(&matches), verb: read(words) }
    }
}

fn command() -> Command {
    let verbs = VERBS.iter().map(|(name, command, _)| command(Command::new(*name)));
    Command::new("cargo xtask")
        .bin_name("cargo xtask")
        .about("Runs the lessons, checks the exercises")
        .styles(STYLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .arg(Color::arg())
        .subcommands(verbs)
        .after_help(
            "\
Start with:
  cargo xtask run lesson-01    run the first lesson
  cargo xtask list             see what there is
  cargo xtask watch            work on the first exercise, checked at every save

Exit status: 0 holds, 1 something that was checked failed, 2 wrong usage,
125 the runner failed.
`run` ends with the program's own status, 128+N after signal N, 124 after its
deadline, 125 when the program does not compile.",
        )
}

/// When to use colours: anstream's choices, under the names that users know.
#[derive(Clone, Copy, Debug)]
pub enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    fn arg() -> Arg {
        let choices = ["auto", "always", "never"];
        choice("color", "WHEN", choices, "auto")
            .help("When to use colours [default: auto]\n[possible values: auto, always, never]")
            .global(true)
    }

    fn read(words: &ArgMatches) -> Color {
        match one::<String>(words, "color").as_str() {
            "always" => Color::Always,
            "never" => Color::Never,
            _ => Color::Auto,
        }
    }

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

/// Whether options that only authors use are left out of the help: what they need is not in the
/// students' copy of the course.
const FOR_STUDENTS: bool = !cfg!(feature = "author");

/// An option that takes one of a few words. Its help has to name them: clap would do so in a line
/// of more than 80 columns.
fn choice<const N: usize>(
    name: &'static str,
    value: &'static str,
    choices: [&'static str; N],
    default: &'static str,
) -> Arg {
    let arg = Arg::new(name).long(name).value_name(value).value_parser(choices);
    arg.default_value(default).hide_possible_values(true).hide_default_value(true)
}

/// The exercise that a verb is about.
fn exercise() -> Arg {
    Arg::new("id").value_name("ID").required(true).help("The exercise")
}

/// The value of an argument that is required or has a default.
fn one<T: Clone + Send + Sync + 'static>(words: &ArgMatches, name: &str) -> T {
    words.get_one::<T>(name).expect("clap refuses a line without it").clone()
}

/// The values of an argument that may come any number of times.
fn all<T: Clone + Send + Sync + 'static>(words: &ArgMatches, name: &str) -> Vec<T> {
    words.get_many::<T>(name).into_iter().flatten().cloned().collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn clap_finds_nothing_wrong_with_the_command_line() {
        super::command().debug_assert();
    }
}
