//! `book`: builds the book with mdBook, or runs what its pages show.

mod check;
mod edition;
mod manuals;
mod mdbook;

use std::ffi::OsString;
use std::io::Write;

use course::Course;
use launcher::{Limits, Mode, Report, Spec, supervise};

use crate::args::Book;
use crate::status::Status;

pub fn book(args: &Book) -> anyhow::Result<Status> {
    let course = Course::here()?;
    if args.check {
        return check::check(&course);
    }
    let root = &course.root;
    let Some(program) = mdbook::program(root)? else { return Ok(Status::Runner) };
    let (source, built) = if args.instructors {
        (edition::instructors(&course)?, root.join("target/book-instructors"))
    } else {
        (root.join("book"), root.join("target/book"))
    };
    let mut argv = vec![program.into_os_string()];
    if args.serve {
        argv.extend(["serve", "--open"].map(OsString::from));
        argv.push(source.into_os_string());
        return Ok(Status::Program(attached(argv)?.ended.status()));
    }
    argv.push("build".into());
    argv.extend(["--dest-dir".into(), built.clone().into_os_string(), source.into_os_string()]);
    let report = attached(argv)?;
    if !report.ended.is_success() {
        writeln!(anstream::stderr(), "error: mdbook could not build the book (see above)")?;
        return Ok(Status::Failed);
    }
    writeln!(anstream::stdout(), "{}", built.join("index.html").display())?;
    Ok(Status::Holds)
}

/// Runs a program that has the terminal, to its end.
fn attached(argv: Vec<OsString>) -> anyhow::Result<Report> {
    supervise(&Spec {
        mode: Mode::Attached,
        limits: Limits::default(),
        argv,
        asked: None,
        caller_waits: false,
        report: None,
        inside: None,
        traceable: false,
    })
}
