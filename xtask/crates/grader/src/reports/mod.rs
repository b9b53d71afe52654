//! Reports on a run that is over, for students, instructors and platforms, made of its
//! `results.json` alone: the same results give the same bytes. They stand in the run's own folder.
//!
//! ```text
//! OUT/
//!   junit/S.xml         a student's tests, as nextest writes them
//!   gradescope/S.json   what Gradescope takes for a submission
//!   classroom/S.txt     what GitHub Classroom's reporter takes
//!   feedback/S.html     a page for the student, and the same as S.md
//!   overview.html       the class
//! ```
//!
//! Whatever a student had a hand in (names, what programs and compilers said) is shown as text: it
//! is made [harmless](text::shown) first, and each format escapes it in its own way.

pub mod classroom;
pub mod feedback;
mod folder;
pub mod gradescope;
pub mod junit;
pub mod overview;
mod page;
pub mod results;
pub mod sources;
mod text;

use std::io::Write;

use anyhow::anyhow;
use course::Course;

use crate::model::Grade;
use crate::store::Store;
use crate::words::Wrong;
use folder::Folder;
use overview::Overview;
pub use results::Environment;

/// A form of the reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Junit,
    Gradescope,
    Classroom,
    Feedback,
    Overview,
}

impl Format {
    pub const ALL: [Format; 5] =
        [Format::Junit, Format::Gradescope, Format::Classroom, Format::Feedback, Format::Overview];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Format::Junit => "junit",
            Format::Gradescope => "gradescope",
            Format::Classroom => "classroom",
            Format::Feedback => "feedback",
            Format::Overview => "overview",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.word() == word)
    }

    /// Where it is in the run's folder.
    fn place(self) -> &'static str {
        match self {
            Format::Overview => "overview.html",
            other => other.word(),
        }
    }
}

/// Writes these reports of a run, all where none is named.
///
/// # Errors
/// [`Wrong`] when the run is not over; another when a report cannot be written.
pub fn write(
    out: &mut dyn Write,
    course: &Course,
    store: &Store,
    formats: &[Format],
) -> anyhow::Result<()> {
    let formats = if formats.is_empty() { &Format::ALL } else { formats };
    let results = store.path("results.json");
    if !results.is_file() {
        return Err(Wrong::usage(anyhow!(
            "there is no {}: the run is not over, and the command that began it goes on",
            results.display()
        )));
    }
    folder::sweep(store)?;
    let mut folders = Vec::new();
    for &format in formats.iter().filter(|&&format| format != Format::Overview) {
        folders.push((format, Folder::begin(store, format.place())?));
    }
    let has_pages = formats.contains(&Format::Feedback) || store.path("feedback").is_dir();
    let mut overview = Overview::new(has_pages);
    let mut ungraded = Vec::new();
    results::each(&results, &mut |environment, grade| {
        overview.add(environment, grade);
        if grade.score().is_none() {
            ungraded.push(text::name(&grade.student));
        }
        folders
            .iter()
            .try_for_each(|(format, folder)| student(*format, folder, course, environment, grade))
    })?;
    for (_, folder) in folders {
        writeln!(out, "{}", folder.finish()?.display())?;
    }
    if formats.contains(&Format::Overview) {
        let page = overview.page(course);
        store.write_by(Format::Overview.place(), &mut |out| Ok(out.write_all(page.as_bytes())?))?;
        writeln!(out, "{}", store.path(Format::Overview.place()).display())?;
    }
    if formats.contains(&Format::Gradescope) {
        for name in ungraded {
            writeln!(out, "note: {name} is not graded: there is nothing for Gradescope")?;
        }
    }
    Ok(())
}

fn student(
    format: Format,
    folder: &Folder,
    course: &Course,
    environment: &Environment,
    grade: &Grade,
) -> anyhow::Result<()> {
    let of = &grade.student;
    match format {
        Format::Junit => folder.write(of, "xml", &junit::report(grade, environment)?),
        Format::Gradescope => match gradescope::results(grade, environment) {
            Some(json) => folder.write(of, "json", &format!("{json:#}\n")),
            None => Ok(()),
        },
        Format::Classroom => folder.write(of, "txt", &classroom::encoded(grade, environment)),
        Format::Feedback => {
            let feedback = feedback::Feedback::of(course, environment, grade)?;
            folder.write(of, "html", &feedback.html())?;
            folder.write(of, "md", &feedback.markdown())
        }
        Format::Overview => Ok(()),
    }
}

/// Writes those again that are there: they would be about an earlier run.
///
/// # Errors
/// As of [`write`].
pub fn renew(out: &mut dyn Write, course: &Course, store: &Store) -> anyhow::Result<()> {
    let there = |format: &Format| store.path(format.place()).exists();
    let formats: Vec<Format> = Format::ALL.into_iter().filter(there).collect();
    if formats.is_empty() {
        return Ok(());
    }
    write(out, course, store, &formats)
}
