//! `list`: what there is, in course order, and how far the student is.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use course::{Course, Kind, State};

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

fn state_of(course: &Course, entry: &course::Entry) -> State {
    match entry.kind {
        Kind::Lesson => state_of_lesson(course, entry),
        Kind::Exercise => State::NeverTried,
    }
}

fn text(course: &Course) -> anyhow::Result<()> {
    let mut out = anstream::stdout().lock();
    let width = |of: fn(&course::Entry) -> usize| course.entries.iter().map(of).max().unwrap_or(0);
    let (id, concept) = (width(|entry| entry.id.len()), width(|entry| entry.concept.len()));
    for entry in &course.entries {
        let state = state_of(course, entry);
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
    out.flush()?;
    Ok(())
}

fn json(course: &Course) -> anyhow::Result<()> {
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
                "state": state_of(course, entry).to_string(),
            })
        })
        .collect();
    let all = serde_json::json!({"format": "pipeworks-list/1", "entries": entries});
    let mut out = std::io::stdout().lock();
    writeln!(out, "{all:#}")?;
    out.flush()?;
    Ok(())
}
