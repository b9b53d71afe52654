//! A page on the class: how the scores lie, which tests are the hardest, what fails most often.

mod figures;
mod html;

use std::collections::BTreeMap;

use course::Course;

use super::folder;
use super::results::Environment;
use super::text::{Told, name, of_test};
use crate::model::{ExerciseGrade, Grade, Verdict};

/// What has been added up so far.
#[derive(Default)]
pub struct Overview {
    environment: Environment,
    /// Whether the students have pages of their own to lead to.
    has_pages: bool,
    students: Vec<Student>,
    exercises: Vec<Exercise>,
    /// By exercise, verdict and the first test that fails.
    failures: BTreeMap<(String, &'static str, String), Failure>,
}

struct Student {
    name: String,
    /// Of the student's page; `None` where there is none.
    file: Option<String>,
    score: Option<f64>,
    max_score: f64,
}

struct Exercise {
    id: String,
    max_points: f64,
    /// Of those that are graded.
    points: Vec<f64>,
    passed: usize,
    tests: Vec<Test>,
}

struct Test {
    name: String,
    made: usize,
    failed: usize,
}

struct Failure {
    verdict: Verdict,
    students: usize,
    /// What the test says of it.
    means: String,
}

impl Overview {
    #[must_use]
    pub fn new(has_pages: bool) -> Overview {
        Overview { has_pages, ..Overview::default() }
    }

    pub fn add(&mut self, environment: &Environment, grade: &Grade) {
        if self.students.is_empty() {
            self.environment = environment.clone();
        }
        let file = folder::plain(&grade.student).ok().filter(|_| self.has_pages);
        self.students.push(Student {
            name: name(&grade.student),
            file,
            score: grade.score(),
            max_score: grade.max_score(),
        });
        for exercise in &grade.exercises {
            self.exercise(exercise);
            self.failure(exercise);
        }
    }

    fn exercise(&mut self, grade: &ExerciseGrade) {
        let known = self.exercises.iter().position(|exercise| exercise.id == grade.id);
        let index = known.unwrap_or_else(|| {
            self.exercises.push(Exercise {
                id: name(&grade.id),
                max_points: grade.max_points,
                points: Vec::new(),
                passed: 0,
                tests: Vec::new(),
            });
            self.exercises.len() - 1
        });
        let exercise = &mut self.exercises[index];
        exercise.points.extend(grade.points);
        exercise.passed += usize::from(grade.verdict == Verdict::Pass);
        for test in &grade.tests {
            let test_name = name(&test.name);
            let known = exercise.tests.iter().position(|test| test.name == test_name);
            let index = known.unwrap_or_else(|| {
                exercise.tests.push(Test { name: test_name, made: 0, failed: 0 });
                exercise.tests.len() - 1
            });
            // One that was not made says nothing about how hard it is.
            let is_made = test.passed
                || (!test.message.is_empty() && !test.message.starts_with("not tried: "));
            exercise.tests[index].made += usize::from(is_made);
            exercise.tests[index].failed += usize::from(is_made && !test.passed);
        }
    }

    fn failure(&mut self, grade: &ExerciseGrade) {
        if grade.verdict == Verdict::Pass {
            return;
        }
        let first = grade.tests.iter().find(|test| !test.passed && !test.message.is_empty());
        let test = first.map_or(String::new(), |test| name(&test.name));
        let key = (name(&grade.id), grade.verdict.word(), test);
        let failure = self.failures.entry(key).or_insert_with(|| {
            let said = first.map(|test| of_test(grade, test)).unwrap_or_default();
            let means = Told::read(&said).map_or("", |told| told.means).to_owned();
            Failure { verdict: grade.verdict, students: 0, means }
        });
        failure.students += 1;
    }

    #[must_use]
    pub fn page(&self, course: &Course) -> String {
        html::page(self, course)
    }

    /// Of those who are graded, from the lowest.
    fn scores(&self) -> Vec<f64> {
        let mut scores: Vec<f64> =
            self.students.iter().filter_map(|student| student.score).collect();
        scores.sort_by(f64::total_cmp);
        scores
    }

    /// The full score.
    fn max_score(&self) -> f64 {
        self.students.iter().map(|student| student.max_score).fold(0.0, f64::max)
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    let count = u32::try_from(values.len()).ok().filter(|&count| count > 0)?;
    Some(values.iter().sum::<f64>() / f64::from(count))
}

/// Of values in their order.
fn median(values: &[f64]) -> Option<f64> {
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        count if count % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}
