//! `book [--serve] [--instructors] [--check]`.

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::Verb;

#[derive(Debug)]
pub struct Book {
    /// Show it in a browser, and again after each change.
    pub serve: bool,
    /// With our programs on the exercises' pages.
    pub instructors: bool,
    /// Run what the pages show, and compare.
    pub check: bool,
}

pub fn command(verb: Command) -> Command {
    let flag = |name| Arg::new(name).long(name).action(ArgAction::SetTrue);
    verb.about("Build the book")
        .long_about(
            "\
Build the book

Writes target/book; open target/book/index.html. Uses the mdbook 0.5 that is
installed, or installs one below target/ (this takes some minutes, once, and
needs a network).",
        )
        .arg(flag("serve").help("Open it in a browser, and renew it after each change"))
        .arg(
            flag("instructors")
                .conflicts_with("serve")
                .help("Write target/book-instructors, with our programs"),
        )
        .arg(
            flag("check")
                .conflicts_with_all(["serve", "instructors"])
                .help("Run the command lines that the pages show, compare what\nthey print, and look for the manual pages they name"),
        )
        .after_help(
            "\
Examples:
  cargo xtask book           write target/book
  cargo xtask book --serve   read it, and see each change at once",
        )
}

pub fn read(words: &ArgMatches) -> Verb {
    let [serve, instructors, check] =
        ["serve", "instructors", "check"].map(|name| words.get_flag(name));
    Verb::Book(Book { serve, instructors, check })
}
