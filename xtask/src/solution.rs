//! `solution`: shows the reference program, once the student's own passes.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use course::progress::{self, Progress};
use course::{Course, Entry, State};

use crate::args::Solution;
use crate::output;
use crate::status::Status;

pub fn solution(args: &Solution) -> anyhow::Result<Status> {
    let course = Course::here()?;
    let entry = course.exercise(&args.id)?;
    if !course::has_solutions(&course.root) {
        // Standard error may be closed; the status says it as well.
        let _ = writeln!(
            anstream::stderr(),
            "Our programs are not in this edition of the course: ask whoever gave it to you.\n\
             get a hint: cargo xtask hint {}",
            entry.id
        );
        return Ok(Status::Failed);
    }
    let state = progress::state(&course.root, entry, &Progress::read(&course.root));
    if state != State::Done && !args.anyway {
        let id = &entry.id;
        // Standard error may be closed; the status says it as well.
        let _ = writeln!(
            anstream::stderr(),
            "{id} does not pass yet, as far as the last check knows.\n\
             check it:            cargo xtask check {id}\n\
             get a hint:          cargo xtask hint {id}\n\
             see it all the same: cargo xtask solution {id} --anyway"
        );
        return Ok(Status::Failed);
    }
    let path = path_of(entry);
    let text = fs::read_to_string(course.root.join(&path))
        .with_context(|| format!("read {}", path.display()))?;
    // Standard error may be closed.
    let _ = writeln!(anstream::stderr(), "{}:", path.display());
    let mut out = output::stdout();
    write!(out, "{text}")?;
    out.flush()?;
    Ok(Status::Holds)
}

/// `solutions/ex-01-forgotten-close/src/main.rs`.
pub fn path_of(entry: &Entry) -> PathBuf {
    PathBuf::from("solutions").join(entry.folder_name()).join("src/main.rs")
}
