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
    let points = |known: Option<f64>| known.map(points).unwrap_or_default();
    let mut line = format!(
        "{},{},{}",
        field(&grade.student),
        points(grade.score()),
        points(Some(grade.max_score()))
    );
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

/// Columns of a terminal.
const COLUMNS: usize = 80;
/// Columns of a name in the table.
const NAME_COLUMNS: usize = 24;

/// The table on standard output, as narrow as a terminal, and what all of it comes to.
pub struct Table {
    name_columns: usize,
    submissions: usize,
    /// Of those that are graded.
    sum: f64,
    graded: usize,
    max_score: f64,
}

impl Table {
    #[must_use]
    pub fn new(names: &[&str]) -> Table {
        let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let name_columns = longest.min(NAME_COLUMNS);
        Table { name_columns, submissions: 0, sum: 0.0, graded: 0, max_score: 0.0 }
    }

    /// A student's line.
    ///
    /// # Errors
    /// When it cannot be printed.
    pub fn line(&mut self, out: &mut dyn Write, grade: &Grade) -> io::Result<()> {
        self.submissions += 1;
        self.max_score = grade.max_score();
        if let Some(score) = grade.score() {
            self.sum += score;
            self.graded += 1;
        }
        let count =
            |verdict| grade.exercises.iter().filter(|exercise| exercise.verdict == verdict).count();
        let score = grade.score().map_or_else(|| "?".to_owned(), points);
        let mut line = format!(
            "{:<width$} {score:>6} of {:<6} {} of {} pass",
            shortened(&grade.student),
            points(grade.max_score()),
            count(Verdict::Pass),
            grade.exercises.len(),
            width = self.name_columns,
        );
        for (number, what) in [
            (count(Verdict::Ungraded), "ungraded"),
            (grade.refused.len(), "refused"),
            (count(Verdict::Missing), "missing"),
        ] {
            let note = format!(", {number} {what}");
            // The most important first; what has no room stands in the report.
            if number > 0 && line.chars().count() + note.len() <= COLUMNS {
                line.push_str(&note);
            }
        }
        writeln!(out, "{line}")
    }

    /// What all of it comes to.
    ///
    /// # Errors
    /// When it cannot be printed.
    pub fn total(&self, out: &mut dyn Write) -> io::Result<()> {
        let plural = if self.submissions == 1 { "" } else { "s" };
        write!(out, "\n{} submission{plural}", self.submissions)?;
        if self.graded > 0 {
            let mean = self.sum / self.graded as f64;
            write!(out, ", {mean:.1} of {} points on average", points(self.max_score))?;
        }
        match self.submissions - self.graded {
            0 => writeln!(out),
            number => writeln!(out, ", {number} not graded"),
        }
    }
}

/// With at most two digits behind the point.
#[must_use]
pub fn points(points: f64) -> String {
    let text = format!("{points:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= NAME_COLUMNS {
        return name.to_owned();
    }
    name.chars().take(NAME_COLUMNS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Refused;
    use crate::model::ExerciseGrade;

    #[test]
    fn a_field_is_no_formula_and_no_second_field() {
        assert_eq!(field("student-001"), "student-001");
        assert_eq!(field("=1+1"), "'=1+1");
        assert_eq!(field("a,\"b\""), "\"a,\"\"b\"\"\"");
    }

    #[test]
    fn no_line_of_the_table_is_wider_than_a_terminal() {
        let names = ["x".repeat(200), "y".to_owned()];
        let entry = |number: usize, verdict| ExerciseGrade {
            id: format!("ex-{number:02}"),
            verdict,
            points: (verdict != Verdict::Ungraded).then_some(10.0 / 3.0),
            max_points: 17.25,
            message: String::new(),
            tests: Vec::new(),
            made: Vec::new(),
        };
        let verdicts = [Verdict::Pass, Verdict::Ungraded, Verdict::Missing];
        let all = verdicts.into_iter().cycle().take(33).enumerate();
        let grade = |name: &String| Grade {
            student: name.clone(),
            exercises: all.clone().map(|(number, verdict)| entry(number, verdict)).collect(),
            refused: vec![Refused { path: String::new(), why: String::new() }; 9],
            remarks: Vec::new(),
        };
        let mut out = Vec::new();
        let mut table = Table::new(&[&names[0], &names[1]]);
        for name in &names {
            table.line(&mut out, &grade(name)).expect("print it");
        }
        table.total(&mut out).expect("print it");
        let text = String::from_utf8(out).expect("text");
        assert!(text.lines().all(|line| line.chars().count() <= COLUMNS), "{text}");
        assert!(text.contains("? of 569.25 11 of 33 pass, 11 ungraded, 9 refused"));
        assert!(text.ends_with("2 submissions, 2 not graded\n"), "{text}");
    }

    #[test]
    fn points_have_no_more_digits_than_they_need() {
        assert_eq!([points(10.0), points(0.5), points(0.1 + 0.2)], ["10", "0.5", "0.3"]);
    }
}
