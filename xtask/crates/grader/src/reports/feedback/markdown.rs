//! The student's page as Markdown. What a student had a hand in is code, whose fence is longer than
//! any in it: nothing in code is a link, a picture, HTML or a heading.

use std::fmt::Write;

use super::{About, Feedback, HINTS};
use crate::reports::text::{Told, meaning, name, of, of_test, shown};

pub fn page(feedback: &Feedback<'_>) -> String {
    let grade = feedback.grade;
    let mut text = format!(
        "# {}\n\n**{}**\n\n| exercise | result | points |\n| --- | --- | --- |\n",
        code(&name(&grade.student)),
        of(grade.score(), grade.max_score())
    );
    for about in &feedback.exercises {
        let _ = writeln!(
            text,
            "| {} {} | {} | {} |",
            about.grade.id,
            about.title.replace('|', "\\|"),
            about.grade.verdict.word(),
            of(about.grade.points, about.grade.max_points)
        );
    }
    text.push('\n');
    for refused in &grade.refused {
        let _ = writeln!(text, "- refused: {}", code(&name(&refused.path)));
        let _ = writeln!(text, "  ({})", code(&name(&refused.why)));
    }
    for remark in &grade.remarks {
        let _ = writeln!(text, "- {}", code(&name(remark)));
    }
    for about in &feedback.exercises {
        exercise(&mut text, about);
    }
    let environment = feedback.environment;
    let made = format!("{}; {}", environment.sandbox(), environment.toolchain);
    let _ = writeln!(text, "\n---\n\n{}", code(&made));
    text
}

fn exercise(text: &mut String, about: &About<'_>) {
    let grade = about.grade;
    let _ = writeln!(
        text,
        "\n## {} {}\n\n**{}**, {}: {}",
        grade.id,
        about.title,
        grade.verdict.word(),
        of(grade.points, grade.max_points),
        meaning(grade.verdict)
    );
    if !grade.message.is_empty() {
        fenced(text, &shown(&grade.message));
    }
    for test in about.tests(false).filter(|test| !test.message.is_empty()) {
        let points = of(Some(test.points), test.max_points);
        let _ = writeln!(text, "\n### ✗ {} ({points})", code(&name(&test.name)));
        let said = of_test(grade, test);
        let Some(told) = Told::read(&said) else {
            fenced(text, &said);
            continue;
        };
        for (what, words) in [
            ("Expected", told.expected),
            ("Came", told.came),
            ("That means", told.means),
            ("By hand", told.by_hand),
        ] {
            let _ = writeln!(text, "\n{what}:");
            fenced(text, words);
        }
    }
    let passed: Vec<String> = about.tests(true).map(|test| code(&name(&test.name))).collect();
    if !passed.is_empty() {
        let _ = writeln!(text, "\n✓ passes: {}", passed.join(", "));
    }
    for (hint, level) in about.hints.iter().zip(0..) {
        let _ = write!(
            text,
            "\n<details>\n<summary>Hint {}: {}</summary>\n\n{}\n\n</details>\n",
            level + 1,
            HINTS[level],
            hint.trim()
        );
    }
}

/// Text within a line; it has no line break in it.
fn code(text: &str) -> String {
    let fence = "`".repeat(longest_run(text) + 1);
    // A space on both sides is taken away again, and parts the text from the fence.
    format!("{fence} {text} {fence}")
}

fn fenced(out: &mut String, text: &str) {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    let _ = write!(out, "\n{fence}text\n{text}\n{fence}\n");
}

/// Backticks in a row.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}
