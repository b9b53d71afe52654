//! `list`: what there is, in course order, and how far the student is.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use course::progress::{self, Progress};
use course::{Course, Entry, Kind, State};

use crate::args::{Format, List};
use crate::run::state_of_lesson;
use crate::status::Status;

pub fn list(args: &List) -> anyhow::Result<Status> {
    let course = Course::here()?;
    match args.format {
        Format::Text => text(&course)?,
        Format::Json => json(&course)?,
    }
    Ok(Status::Holds)
}

fn state_of(course: &Course, entry: &Entry, progress: &Progress) -> State {
    match entry.kind {
        Kind::Lesson => state_of_lesson(course, entry),
        Kind::Exercise => progress::state(&course.root, entry, progress),
    }
}

fn text(course: &Course) -> anyhow::Result<()> {
    let progress = Progress::read(&course.root);
    let mut out = anstream::stdout().lock();
    let width = |of: fn(&Entry) -> usize| course.entries.iter().map(of).max().unwrap_or(0);
    let (id, concept) = (width(|entry| entry.id.len()), width(|entry| entry.concept.len()));
    for entry in &course.entries {
        let state = state_of(course, entry, &progress);
        let style = match state {
            State::Done => AnsiColor::Green.on_default(),
            State::Open => AnsiColor::Yellow.on_default(),
            State::NeverTried => Style::new().dimmed(),
        };
        writeln!(
            out,
            "{:<id$}  {style}{state:<11}{style:#}  {:<concept$}  {}",
            entry.id, entry.concept, entry.title
        )?;
    }
    let open = |entry: &&Entry| state_of(course, entry, &progress) != State::Done;
    let next = |kind| course.entries.iter().filter(open).find(|entry| entry.kind == kind);
    let (lesson, exercise) = (next(Kind::Lesson), next(Kind::Exercise));
    if lesson.is_some() || exercise.is_some() {
        writeln!(out)?;
    }
    if let Some(lesson) = lesson {
        writeln!(out, "next lesson:   cargo xtask run {}", lesson.id)?;
    }
    if let Some(exercise) = exercise {
        let task = exercise.path.join("README.md");
        writeln!(out, "next exercise: {}", task.display())?;
        writeln!(out, "               cargo xtask watch {}", exercise.id)?;
    }
    out.flush()?;
    Ok(())
}

fn json(course: &Course) -> anyhow::Result<()> {
    let progress = Progress::read(&course.root);
    let entries: Vec<_> = course
        .entries
        .iter()
        .map(|entry| {
            serde_json::json!({
                "id": entry.id,
                "kind": entry.kind.prefix(),
                "number": entry.number,
                "title": entry.title,
                "concept": entry.concept,
                "path": entry.path,
                "state": state_of(course, entry, &progress).to_string(),
            })
        })
        .collect();
    let all = serde_json::json!({"format": "pipeworks-list/1", "entries": entries});
    let mut out = std::io::stdout().lock();
    writeln!(out, "{all:#}")?;
    out.flush()?;
    Ok(())
}
