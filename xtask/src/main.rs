//! The runner: `cargo xtask VERB`. Each verb is a module of its own, in the order below; what they
//! stand on is in `crates/`. The launcher is dispatched first, before any argument is parsed: it is
//! started once for every program that a test runs.
//!
//! A verb returns a [`Status`]. An error is the runner's own failure: one message, status 125.

mod args;
mod helper;
mod output;
mod status;

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

use std::process::ExitCode;

use args::{Args, Verb};

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1).peekable();
    if words.next_if(|word| word == launcher::HIDDEN_VERB).is_some() {
        return launcher::main(words);
    }
    if words.next_if(|word| word == test::survivors::HIDDEN_VERB).is_some() {
        return test::survivors::main(words);
    }
    let args = Args::parse();
    args.color.write_global();
    let outcome = match &args.verb {
        Verb::List(verb) => list::list(verb),
        Verb::Run(verb) => run::run(verb),
        Verb::Check(verb) => check::check(verb),
        Verb::Watch(verb) => watch::watch(verb),
        Verb::Hint(verb) => hint::hint(verb),
        Verb::Reset(verb) => reset::reset(verb),
        Verb::Solution(verb) => solution::solution(verb),
        Verb::Snapshot(verb) => snapshot::snapshot(verb),
        Verb::Doctor(verb) => doctor::doctor(verb),
        #[cfg(feature = "author")]
        Verb::Grade(verb) => grade::grade(verb),
        #[cfg(feature = "author")]
        Verb::Book(verb) => book::book(verb),
        Verb::Test(verb) => test::test(verb),
        #[cfg(feature = "author")]
        Verb::Handout(verb) => handout::handout(verb),
        #[cfg(feature = "author")]
        Verb::Tidy(verb) => tidy::tidy(verb),
        #[cfg(feature = "author")]
        Verb::New(verb) => new::new(verb),
        #[cfg(feature = "author")]
        Verb::Bench(verb) => bench::bench(verb),
    };
    status::exit(outcome)
}
