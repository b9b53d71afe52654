//! A student's tests as JUnit, the way nextest writes it: a suite for each exercise.

use anyhow::Context;
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::results::Environment;
use super::text::{meaning, name, of, of_test, shown};
use crate::model::{ExerciseGrade, Grade, TestGrade, Verdict};

/// # Errors
/// When it cannot be written.
pub fn report(grade: &Grade, environment: &Environment) -> anyhow::Result<String> {
    let mut report = Report::new(name(&grade.student));
    for exercise in &grade.exercises {
        report.add_test_suite(suite(exercise, environment));
    }
    report.to_string().with_context(|| format!("write the JUnit report of {}", grade.student))
}

fn suite(exercise: &ExerciseGrade, environment: &Environment) -> TestSuite {
    let mut suite = TestSuite::new(exercise.id.as_str());
    let verdict = exercise.verdict;
    suite.add_property(Property::new("verdict", verdict.word()));
    suite.add_property(Property::new("points", of(exercise.points, exercise.max_points)));
    suite.add_property(Property::new("sandbox", environment.sandbox()));
    if verdict == Verdict::Ungraded {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type(verdict.word()).set_message(meaning(verdict));
        status.set_description(shown(&exercise.message));
        suite.add_test_case(case(exercise, "grade", status));
    }
    for test in &exercise.tests {
        suite.add_test_case(case(exercise, &test.name, status(exercise, test)));
    }
    if !exercise.message.is_empty() {
        suite.set_system_out(shown(&exercise.message));
    }
    suite
}

fn case(exercise: &ExerciseGrade, test: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name(test), status);
    case.set_classname(exercise.id.as_str());
    case
}

fn status(exercise: &ExerciseGrade, test: &TestGrade) -> TestCaseStatus {
    if test.passed {
        return TestCaseStatus::success();
    }
    let said = of_test(exercise, test);
    let mut status = match said.strip_prefix("not tried: ") {
        Some(_) => TestCaseStatus::skipped(),
        None => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(exercise.verdict.word());
            status
        }
    };
    let first = said.lines().next().unwrap_or_default();
    status.set_message(first);
    status.set_description(said.as_str());
    status
}
