//! `run`: builds a lesson and becomes its launcher.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use course::{Course, Entry, Kind, State};
use launcher::{Ended, Limits, Mode, Report, Spec, supervise};

use crate::args::Run;
use crate::doctor;
use crate::helper;
use crate::status::Status;

pub fn run(args: &Run) -> anyhow::Result<Status> {
    let course = Course::here()?;
    let entry = course.resolve(&args.id, Kind::Lesson)?;
    let binary = helper::binary(&course.root, &entry.id)?;

    let mut argv = vec![binary.into_os_string()];
    argv.extend(args.arguments.iter().cloned());
    let limits = Limits { wall: args.deadline, deadlock: true, ..Limits::default() };
    let spec = Spec {
        mode: Mode::Attached,
        limits,
        argv,
        caller_waits: false,
        report: None,
        inside: None,
        traceable: false,
    };
    let report = supervise(&spec)?;

    explain(&entry.id, &report);
    if let Some(count @ 1..) = report.unreaped {
        let what = if count == 1 { "a process" } else { "processes" };
        let _ = writeln!(
            anstream::stderr(),
            "{} left {what} behind that nobody has waited for ({count})",
            entry.id
        );
    }
    if args.arguments.is_empty() && entry.kind == Kind::Lesson {
        remember(&course, entry, &report);
    }
    Ok(Status::Program(report.ended.status()))
}

/// Says on standard error what the program cannot say itself.
fn explain(id: &str, report: &Report) {
    let said = match &report.ended {
        Ended::Limit { .. }
        | Ended::Deadlock
        | Ended::Interrupted { .. }
        | Ended::NotStarted { .. } => {
            format!("{id} was {}", report.ended.words())
        }
        Ended::Signaled { signal, .. } if signal != "SIGINT" && signal != "SIGPIPE" => {
            format!("{id} was killed by {signal}")
        }
        _ => return,
    };
    // Standard error may be closed; the exit status says it as well.
    let _ = writeln!(anstream::stderr(), "{said}");
    if let Some(diagnosis) = &report.diagnosis {
        let text = diagnosis.text(doctor::only_ascii());
        let _ = write!(anstream::stderr(), "{text}");
    }
}

/// Where the report of a lesson's last whole run is kept.
fn memory_of(course: &Course, entry: &Entry) -> PathBuf {
    course.root.join(".pipeworks").join("lessons").join(format!("{}.json", entry.id))
}

/// Keeps the report. A lesson that was done once stays done. A directory that cannot be written
/// takes nothing from the lesson itself, so that is no error.
fn remember(course: &Course, entry: &Entry, report: &Report) {
    if state_of_lesson(course, entry) == State::Done {
        return;
    }
    let path = memory_of(course, entry);
    if path.parent().is_some_and(|parent| fs::create_dir_all(parent).is_ok()) {
        let _ = report.write(&path);
    }
}

/// Done once it ran to its end with status 0.
pub fn state_of_lesson(course: &Course, entry: &Entry) -> State {
    match Report::read(&memory_of(course, entry)) {
        Ok(Report { ended: Ended::Exited { code: 0 }, .. }) => State::Done,
        Ok(_) => State::Open,
        Err(_) => State::NeverTried,
    }
}
