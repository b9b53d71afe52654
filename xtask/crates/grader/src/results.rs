//! What a run leaves for people and programs: `results.json`, `grades.csv`, the table.

use std::fmt::Write as _;
use std::io::{self, Write};

use course::Course;
use sandbox::Level;
use serde_json::{Value, json};

use crate::model::{Grade, Verdict};
use crate::store::Store;

/// Writes `results.json` and `grades.csv` from the students' files. One student at a time is held
/// in memory.
///
/// # Errors
/// When a student's file cannot be read, or a report not be written.
pub fn write(
    store: &Store,
    course: &Course,
    environment: &Value,
    students: &[&str],
) -> anyhow::Result<()> {
    store.write_by("results.json", &mut |out| {
        writeln!(out, "{{\"format\": \"pipeworks-grade/1\",")?;
        writeln!(out, " \"environment\": {environment},")?;
        write!(out, " \"submissions\": [")?;
        for (index, student) in students.iter().enumerate() {
            let grade = store.read(student)?;
            let comma = if index == 0 { "" } else { "," };
            write!(out, "{comma}\n  {}", without_digests(&grade.to_json()))?;
        }
        writeln!(out, "\n ]}}")?;
        Ok(())
    })?;
    store.write_by("grades.csv", &mut |out| {
        writeln!(out, "{}", header(course))?;
        for student in students {
            let grade = store.read(student)?;
            writeln!(out, "{}", row(&grade))?;
        }
        Ok(())
    })
}

/// What a grade was made of is for `grade diff`, which reads the students' files.
fn without_digests(json: &Value) -> Value {
    let mut json = json.clone();
    if let Some(exercises) = json["exercises"].as_array_mut() {
        for exercise in exercises {
            exercise.as_object_mut().map(|exercise| exercise.remove("made"));
        }
    }
    json
}

/// The machine and the sandbox, the same for all.
#[must_use]
pub fn environment(toolchain: &str, level: &Level, seed: u64) -> Value {
    let kernel = nix::sys::utsname::uname()
        .map(|name| name.release().to_string_lossy().into_owned())
        .unwrap_or_default();
    let toolchain = toolchain.lines().next().unwrap_or_default();
    json!({
        "toolchain": toolchain, "kernel": kernel, "seed": seed,
        "sandbox": {"level": level.word(), "missing": level.missing()},
    })
}

fn header(course: &Course) -> String {
    let mut line = String::from("student,score,max_score");
    for entry in course.exercises() {
        let _ = write!(line, ",{}", field(&entry.id));
    }
    line
}

/// Raw points; empty where nothing is known.
fn row(grade: &Grade) -> String {
    let points = |points: Option<f64>| points.map(|points| points.to_string()).unwrap_or_default();
    let mut line =
        format!("{},{},{}", field(&grade.student), points(grade.score()), grade.max_score());
    for exercise in &grade.exercises {
        let _ = write!(line, ",{}", points(exercise.points));
    }
    line
}

/// Quoted where RFC 4180 asks for it, and where a spreadsheet would take it for a formula.
fn field(text: &str) -> String {
    let text = match text.chars().next() {
        Some('=' | '+' | '-' | '@') => format!("'{text}"),
        _ => text.to_owned(),
    };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// A line for each student, as narrow as a terminal.
///
/// # Errors
/// When it cannot be printed.
pub fn table(out: &mut dyn Write, grade: &Grade, name_width: usize) -> io::Result<()> {
    let score = grade.score().map_or_else(|| "?".to_owned(), |score| format!("{score}"));
    let passed =
        grade.exercises.iter().filter(|exercise| exercise.verdict == Verdict::Pass).count();
    let mut line = format!(
        "{:<name_width$} {score:>6} of {:<5} {passed:>2} of {} exercises pass",
        grade.student,
        grade.max_score(),
        grade.exercises.len(),
    );
    let unknown: Vec<&str> = grade
        .exercises
        .iter()
        .filter(|exercise| exercise.verdict == Verdict::Ungraded)
        .map(|exercise| exercise.id.as_str())
        .collect();
    if !unknown.is_empty() {
        let _ = write!(line, ", ungraded: {}", unknown.join(", "));
    }
    if !grade.refused.is_empty() {
        let _ = write!(line, ", {} refused", grade.refused.len());
    }
    writeln!(out, "{line}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_no_formula_and_no_second_field() {
        assert_eq!(field("student-001"), "student-001");
        assert_eq!(field("=1+1"), "'=1+1");
        assert_eq!(field("a,\"b\""), "\"a,\"\"b\"\"\"");
    }
}
