//! `run`: builds a lesson and becomes its launcher.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use course::progress::{self, Progress};
use course::{Course, Entry, Kind, State};
use launcher::{Diagnosis, Ended, Limits, Mode, Report, Spec, supervise};

use crate::args::Run;
use crate::helper;
use crate::output;
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
        asked: None,
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
        if report.ended.is_success() && io::stdout().is_terminal() && io::stderr().is_terminal() {
            lead_on(&course, entry);
        }
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
            format!("{id} was {}\n", report.ended.words())
        }
        Ended::Signaled { signal, .. } if signal != "SIGINT" && signal != "SIGPIPE" => {
            format!("{id} was killed by {signal}\n")
        }
        _ => String::new(),
    };
    // Who presses Ctrl-C is told why it hung, and nothing where it did not.
    let is_limit = matches!(report.ended, Ended::Limit { .. } | Ended::Deadlock);
    let hung = |diagnosis: &&Diagnosis| is_limit || diagnosis.kind().is_some();
    let text = report.diagnosis.as_ref().filter(hung).map(Diagnosis::text_here);
    let text = text.unwrap_or_default();
    if !said.is_empty() || !text.is_empty() {
        output::beside_the_program(&report.ended, &format!("{said}{text}"));
    }
}

/// What to do after a lesson. For people: whoever reads the lesson's output by a program is not
/// meant.
fn lead_on(course: &Course, lesson: &Entry) {
    let progress = Progress::read(&course.root);
    let is_open = |entry: &&Entry| progress::state(&course.root, entry, &progress) != State::Done;
    let belongs = |entry: &&Entry| entry.lesson.as_ref() == Some(&lesson.id);
    let next = course.lessons().find(|other| other.number > lesson.number);
    let mut said = format!("\nread       {}\n", lesson.path.join("src/main.rs").display());
    if let Some(exercise) = course.exercises().filter(belongs).find(is_open) {
        said += &format!("then try   cargo xtask watch {}\n", exercise.id);
    }
    if let Some(next) = next {
        said += &format!("or go on   cargo xtask run {}\n", next.id);
    }
    // Standard error may be closed; nothing depends on it.
    let _ = write!(anstream::stderr(), "{said}");
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
