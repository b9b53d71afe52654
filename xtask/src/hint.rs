//! `hint`: the next of an exercise's three hints.

use std::fs;
use std::io::Write;

use anyhow::{Context, ensure};
use course::progress::Progress;
use course::{Course, Entry, Kind};

use crate::args::Hint;
use crate::output;
use crate::status::Status;

/// A nudge, the idea, nearly the answer.
pub const LEVELS: u8 = 3;

pub fn hint(args: &Hint) -> anyhow::Result<Status> {
    let course = Course::here()?;
    let entry = course.exercise(&args.id)?;
    let progress = Progress::read(&course.root);
    let shown = progress.marks.get(&entry.id).map_or(0, |mark| mark.hints);
    let level = args.level.unwrap_or_else(|| (shown + 1).min(LEVELS));
    let text = text(&course, entry, level)?;

    let mut out = output::stdout();
    writeln!(
        out,
        "{} {}, hint {level} of {LEVELS}\n\n{}",
        entry.id,
        entry.concept,
        text.trim_end()
    )?;
    writeln!(out, "\nCheck it at each save: cargo xtask watch {}", entry.id)?;
    if level < LEVELS {
        writeln!(out, "The next hint:         cargo xtask hint {}", entry.id)?;
    } else if !course::has_solutions(&course.root) {
        writeln!(out, "\nThat was the last one.")?;
    } else {
        writeln!(out, "\nThat was the last one. Our program, if you give up:")?;
        writeln!(out, "  cargo xtask solution {} --anyway", entry.id)?;
    }
    out.flush()?;
    if level > shown {
        let remembered = Progress::change(&course.root, &entry.id, |mark| mark.hints = level);
        if let Err(error) = remembered {
            // The hint was shown all the same.
            let _ = writeln!(anstream::stderr(), "warning: not remembered: {error:#}");
        }
    }
    Ok(Status::Holds)
}

fn text(course: &Course, entry: &Entry, level: u8) -> anyhow::Result<String> {
    ensure!(entry.kind == Kind::Exercise, "{} has no hints", entry.id);
    let path = entry.path.join(format!("hints/{level}.md"));
    fs::read_to_string(course.root.join(&path)).with_context(|| format!("read {}", path.display()))
}
