//! `book`: which mdBook is taken, and what is said where there is none.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use assert_cmd::Command;
use fixture::{Fixture, GOOD};

use super::{run, stderr, stdout, xtask};

/// Says its version, and what else it was asked.
const MDBOOK: &str =
    "#!/bin/sh\ncase $1 in --version) echo mdbook vVERSION;; *) echo \"$@\";; esac\n";
/// A cargo that installs nothing.
const CARGO: &str = "#!/bin/sh\necho no network >&2\nexit 101\n";

/// `xtask`, with these programs first in its PATH.
fn with(course: &Fixture, programs: &[(&str, String)]) -> Command {
    for (name, text) in programs {
        course.write(&format!("bin/{name}"), text);
        let path = course.at(&format!("bin/{name}"));
        fs::set_permissions(path, Permissions::from_mode(0o755)).expect("make it executable");
    }
    let mut command = xtask(course.root());
    let path = format!("{}:/usr/bin:/bin", course.at("bin").display());
    command.env("PATH", path).env("CARGO", course.at("bin/cargo"));
    command
}

#[test]
fn an_installed_mdbook_of_the_series_is_used() {
    let course = Fixture::new(GOOD);
    let mdbook = ("mdbook", MDBOOK.replace("VERSION", "0.5.9"));
    let said = stdout(&with(&course, &[mdbook]).arg("book").assert().success());
    let root = course.root().display();
    let expected =
        format!("build --dest-dir {root}/target/book {root}/book\n{root}/target/book/index.html\n");
    assert_eq!(said, expected);
}

#[test]
fn another_mdbook_is_named_and_where_none_can_be_installed_it_says_what_to_do() {
    let course = Fixture::new(GOOD);
    let programs = [("mdbook", MDBOOK.replace("VERSION", "0.4.52")), ("cargo", CARGO.to_owned())];
    let said = stderr(&with(&course, &programs).arg("book").assert().code(125));
    for expected in [
        "mdbook is of version 0.4.52, and the book needs 0.5.x",
        "installing mdbook 0.5.4 in target/mdbook, once",
        "no network",
        "error: no mdbook 0.5.x, and cargo could not install one",
        "cargo install mdbook --version 0.5.4 --locked",
    ] {
        assert!(said.contains(expected), "{expected}\n{said}");
    }
}

#[test]
fn a_book_that_mdbook_refuses_is_1() {
    let course = Fixture::new(GOOD);
    let mdbook = MDBOOK.replace("VERSION", "0.5.9").replace("echo \"$@\"", "exit 7");
    let said = stderr(&with(&course, &[("mdbook", mdbook)]).arg("book").assert().code(1));
    assert!(said.contains("error: mdbook could not build the book"), "{said}");
}

#[test]
fn the_instructors_edition_has_our_programs() {
    let course = Fixture::new(GOOD);
    course.exercise(1, "task", &[("main.rs", "fn main() {}\n")]);
    course.write("book/src/exercises/ex-01.md", "# The task\n");
    let mdbook = MDBOOK
        .replace("VERSION", "0.5.9")
        .replace("echo \"$@\"", "cat \"$4/src/exercises/ex-01.md\"");
    let mut command = with(&course, &[("mdbook", mdbook)]);
    let said = stdout(&command.args(["book", "--instructors"]).assert().success());
    assert!(said.starts_with("# The task\n\n## Our program\n"), "{said}");
    assert!(said.contains("{{#include ../../../solutions/ex-01-"), "{said}");
    let page = fs::read_to_string(course.at("book/src/exercises/ex-01.md")).expect("the page");
    assert_eq!(page, "# The task\n", "the students' page has changed");
}

#[test]
fn a_page_that_shows_something_else_is_found() {
    let course = Fixture::new(GOOD);
    course
        .write("book/src/a.md", "```console\n$ echo one\none\n$ echo two\nthree\n$ exit 3\n```\n");
    let said = stdout(&run(course.root(), ["book", "--check"]).code(1));
    let expected = "book/src/a.md:4: `echo two`, on this page:\nthree\nbut it prints:\ntwo\n\
                    book/src/a.md:6: `exit 3`, on this page:\nbut it prints:\n(it was exit code 3)\n";
    assert!(said.starts_with(expected), "{said}");
}

#[test]
fn what_cannot_go_together_is_2() {
    let course = Fixture::new(GOOD);
    for words in [&["book", "--serve", "--check"][..], &["book", "--serve", "--instructors"]] {
        run(course.root(), words).code(2);
    }
}
