//! Gradescope's `results.json`, for one submission.

use serde_json::{Value, json};

use super::results::Environment;
use super::text::{about, name, of_test};
use crate::model::Grade;
use crate::results::points;

/// What an autograder hands to Gradescope; `None` where something is not graded: without the file
/// Gradescope says that the autograder has failed, instead of a score that is not known.
#[must_use]
pub fn results(grade: &Grade, environment: &Environment) -> Option<Value> {
    let score = grade.score()?;
    let mut tests = Vec::new();
    for (exercise, number) in grade.exercises.iter().zip(1..) {
        for (test, test_number) in exercise.tests.iter().zip(1..) {
            tests.push(json!({
                "name": format!("{} {}", exercise.id, name(&test.name)),
                "number": format!("{number}.{test_number}"),
                "score": test.points, "max_score": test.max_points,
                "status": if test.passed { "passed" } else { "failed" },
                "output": of_test(exercise, test),
                // Nothing in it is taken for a language.
                "output_format": "text",
                "visibility": "visible",
                "tags": [exercise.id],
            }));
        }
    }
    let full = points(grade.max_score());
    let output = format!("{} of {full}\n\n{}", points(score), about(grade, environment).join("\n"));
    Some(json!({
        "score": score, "output": output, "output_format": "text",
        "visibility": "visible", "stdout_visibility": "hidden", "tests": tests,
        "extra_data": {
            "max_score": grade.max_score(), "toolchain": environment.toolchain,
            "sandbox": {"level": environment.level, "missing": environment.missing},
        },
    }))
}
