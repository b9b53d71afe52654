//! What a student gets to read: what passed, what failed and why, and hints.
//!
//! Of a hidden test there is its name and whether it passed, as in `results.json`.

mod html;
mod markdown;

use std::fs;

use anyhow::Context;
use course::{Course, Entry};

use super::results::Environment;
use crate::model::{ExerciseGrade, Grade, TestGrade, Verdict};

/// Hints of an exercise, `hints/1.md` and so on.
const LEVELS: usize = 3;
/// How a hint is announced, by its level.
const HINTS: [&str; LEVELS] = ["a nudge", "the idea", "nearly the answer"];

/// A student's grade with what the course says of it.
pub struct Feedback<'a> {
    environment: &'a Environment,
    grade: &'a Grade,
    exercises: Vec<About<'a>>,
}

struct About<'a> {
    grade: &'a ExerciseGrade,
    /// Empty where the course does not have the exercise any more.
    title: &'a str,
    /// For whoever does not pass; Markdown.
    hints: Vec<String>,
}

impl<'a> Feedback<'a> {
    /// # Errors
    /// When a hint cannot be read.
    pub fn of(
        course: &'a Course,
        environment: &'a Environment,
        grade: &'a Grade,
    ) -> anyhow::Result<Feedback<'a>> {
        let about = |grade: &'a ExerciseGrade| -> anyhow::Result<About<'a>> {
            let entry = course.exercises().find(|entry| entry.id == grade.id);
            let hints = match entry {
                Some(entry) if grade.verdict != Verdict::Pass => hints(course, entry)?,
                _ => Vec::new(),
            };
            Ok(About { grade, title: entry.map_or("", |entry| &entry.title), hints })
        };
        let exercises = grade.exercises.iter().map(about).collect::<anyhow::Result<_>>()?;
        Ok(Feedback { environment, grade, exercises })
    }

    #[must_use]
    pub fn html(&self) -> String {
        html::page(self)
    }

    #[must_use]
    pub fn markdown(&self) -> String {
        markdown::page(self)
    }
}

impl About<'_> {
    fn tests(&self, passed: bool) -> impl Iterator<Item = &TestGrade> {
        self.grade.tests.iter().filter(move |test| test.passed == passed)
    }
}

/// As many levels as there are.
fn hints(course: &Course, entry: &Entry) -> anyhow::Result<Vec<String>> {
    let mut hints = Vec::new();
    for level in 1..=LEVELS {
        let path = course.root.join(&entry.path).join(format!("hints/{level}.md"));
        if !path.exists() {
            break;
        }
        hints.push(fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?);
    }
    Ok(hints)
}
