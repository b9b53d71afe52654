//! What GitHub Classroom's autograding reporter takes from a step: JSON in base64.
//!
//! The reporter prints each message to the job's log, where a line that begins with `::`, or has
//! `##[` in it, is a command to the runner.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::results::Environment;
use super::text::{meaning, name, of_test, shown};
use crate::model::{ExerciseGrade, Grade, Verdict};

/// On one line, for `$GITHUB_OUTPUT`.
#[must_use]
pub fn encoded(grade: &Grade, environment: &Environment) -> String {
    format!("{}\n", STANDARD.encode(payload(grade, environment).to_string()))
}

/// What is encoded. Where something is not graded the status is `error` and the score is of 0,
/// which the reporter does not pass on to Classroom.
#[must_use]
pub fn payload(grade: &Grade, environment: &Environment) -> Value {
    let all_pass = grade.exercises.iter().all(|exercise| exercise.verdict == Verdict::Pass);
    let (status, max_score) = match grade.score() {
        None => ("error", 0.0),
        Some(_) if all_pass => ("pass", grade.max_score()),
        Some(_) => ("fail", grade.max_score()),
    };
    let tests: Vec<Value> = grade.exercises.iter().flat_map(tests).collect();
    json!({
        "version": 1, "status": status, "max_score": max_score, "tests": tests,
        "sandbox": environment.sandbox(),
    })
}

fn tests(exercise: &ExerciseGrade) -> Vec<Value> {
    let entry = |of: &str, status: &str, score: f64, message: String| {
        json!({
            "name": format!("{} {of}", exercise.id), "status": status, "score": score,
            "message": quiet(&message), "test_code": "",
            "filename": "", "line_no": 0, "duration": 0,
        })
    };
    if exercise.verdict == Verdict::Ungraded {
        let message = format!("{}\n{}", meaning(exercise.verdict), shown(&exercise.message));
        return vec![entry("(not graded)", "error", 0.0, message)];
    }
    let mut about = shown(&exercise.message);
    let one = exercise.tests.iter().map(|test| {
        let status = if test.passed { "pass" } else { "fail" };
        let mut message = of_test(exercise, test);
        // What the compiler says belongs to all of them, and is said once.
        if !about.is_empty() {
            message.push('\n');
            message.push_str(&std::mem::take(&mut about));
        }
        entry(&name(&test.name), status, test.points, message)
    });
    one.collect()
}

/// Without anything that the runner obeys.
fn quiet(message: &str) -> String {
    let message = message.replace("##[", "## [");
    let line = |line: &str| match line.trim_start().starts_with("::") {
        true => format!("| {line}"),
        false => line.to_owned(),
    };
    message.split('\n').map(line).collect::<Vec<_>>().join("\n")
}
