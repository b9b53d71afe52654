//! The page on the class.

use std::cmp::Reverse;

use course::Course;
use maud::{Markup, html};

use super::figures::{Bar, bars, columns};
use super::{Overview, Student, mean, median};
use crate::reports::page::{self, badge};
use crate::reports::text::{meaning, of};

/// So many of the hardest tests and the most frequent failures.
const LISTED: usize = 12;
/// Columns of the distribution.
const COLUMNS: usize = 10;

pub fn page(overview: &Overview, course: &Course) -> String {
    let scores = overview.scores();
    let full = overview.max_score();
    let body = html! {
        h1 { "The class" }
        p class="score" {
            (overview.students.len()) " submissions, " (scores.len()) " graded"
        }
        p {
            "mean " (of(mean(&scores), full)) ", median " (of(median(&scores), full))
            @if let (Some(least), Some(most)) = (scores.first(), scores.last()) {
                ", from " (of(Some(*least), full)) " to " (of(Some(*most), full))
            }
        }
        h2 { "Scores" }
        (columns("scores", "Distribution of the scores", "score, in % of full marks",
            &distribution(&scores, full)))
        p class="dim" { "Students by their score in % of full marks." }
        h2 { "Exercises" }
        (exercises(overview, course))
        h2 { "Hardest tests" }
        (hardest(overview))
        h2 { "Most frequent failures" }
        (failures(overview))
        h2 { "Students" }
        table {
            thead { tr { th { "student" } th class="number" { "score" } } }
            tbody { @for student in &overview.students { (line(student)) } }
        }
        p class="dim" { (overview.environment.sandbox()) "; " (overview.environment.toolchain) }
    };
    page::page("The class", &body)
}

/// How many students are in each tenth of the full marks; full marks are in the last.
fn distribution(scores: &[f64], full: f64) -> Vec<Bar> {
    let tenth = |number: usize| 100 / COLUMNS * number;
    let mut bars: Vec<Bar> = (0..COLUMNS)
        .map(|number| Bar {
            label: format!("{} to {} %", tenth(number), tenth(number + 1)),
            value: 0,
            of: scores.len(),
        })
        .collect();
    for score in scores {
        let share = if full > 0.0 { score / full } else { 0.0 };
        let above = (1..COLUMNS).filter(|&number| share * 100.0 >= percent(tenth(number))).count();
        bars[above].value += 1;
    }
    bars
}

fn percent(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(100))
}

fn exercises(overview: &Overview, course: &Course) -> Markup {
    let title = |id: &str| {
        let entry = course.exercises().find(|entry| entry.id == id);
        entry.map(|entry| entry.title.clone()).unwrap_or_default()
    };
    let passed: Vec<Bar> = overview
        .exercises
        .iter()
        .map(|exercise| Bar {
            label: format!("{} {}", exercise.id, title(&exercise.id)),
            value: exercise.passed,
            of: exercise.points.len(),
        })
        .collect();
    html! {
        (bars("exercises", "How many pass each exercise", "all tests of the exercise pass", &passed))
        p class="dim" { "Students who pass all tests of an exercise, of those who are graded." }
        table {
            thead { tr { th { "exercise" } th class="number" { "mean points" } } }
            tbody {
                @for exercise in &overview.exercises {
                    tr {
                        td { (exercise.id) " " (title(&exercise.id)) }
                        td class="number" { (of(mean(&exercise.points), exercise.max_points)) }
                    }
                }
            }
        }
    }
}

fn hardest(overview: &Overview) -> Markup {
    let mut hard: Vec<Bar> = Vec::new();
    for exercise in &overview.exercises {
        hard.extend(exercise.tests.iter().filter(|test| test.failed > 0).map(|test| Bar {
            label: format!("{} {}", exercise.id, test.name),
            value: test.failed,
            of: test.made,
        }));
    }
    // By the part that fails, without rounding; then by how many that are.
    hard.sort_by(|a, b| {
        let (left, right) = (b.value * a.of, a.value * b.of);
        left.cmp(&right).then(b.value.cmp(&a.value))
    });
    hard.truncate(LISTED);
    html! {
        @if hard.is_empty() { p { "No test fails." } } @else {
            (bars("tests", "The hardest tests", "test that fails", &hard))
            p class="dim" { "Students who fail a test, of those whose program got as far as it." }
        }
    }
}

fn failures(overview: &Overview) -> Markup {
    let mut all: Vec<_> = overview.failures.iter().collect();
    all.sort_by_key(|(_, failure)| Reverse(failure.students));
    all.truncate(LISTED);
    let students = overview.students.len();
    let label = |(id, word, test): &(String, &str, String)| match test.as_str() {
        "" => format!("{id}: {word}"),
        test => format!("{id} {test}: {word}"),
    };
    let drawn: Vec<Bar> = all
        .iter()
        .map(|(key, failure)| Bar { label: label(key), value: failure.students, of: students })
        .collect();
    html! {
        @if all.is_empty() { p { "Everybody passes everything." } } @else {
            (bars("failures", "The most frequent failures", "first failure", &drawn))
            p class="dim" { "Students by the first test of an exercise that they fail, and how." }
            ul {
                @for ((id, _, test), failure) in &all {
                    li {
                        (failure.students) " × " (id) " " (test) " " (badge(failure.verdict)) ": "
                        @if failure.means.is_empty() { (meaning(failure.verdict)) }
                        @else { (failure.means) }
                    }
                }
            }
        }
    }
}

fn line(student: &Student) -> Markup {
    html! {
        tr {
            td {
                @if let Some(file) = &student.file {
                    a href={ "feedback/" (encoded(file)) ".html" } { (student.name) }
                } @else { (student.name) }
            }
            td class="number" { (of(student.score, student.max_score)) }
        }
    }
}

/// A file's name as a part of an address (RFC 3986, section 2.3).
fn encoded(file: &str) -> String {
    let mut text = String::new();
    for byte in file.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
