//! The student's page as HTML. maud escapes all text; hints are rendered without their HTML.

use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{Event, Parser};

use super::{About, Feedback, HINTS};
use crate::model::{ExerciseGrade, TestGrade, Verdict};
use crate::reports::page::{self as frame, badge};
use crate::reports::text::{Told, meaning, name, of, of_test, shown};

pub fn page(feedback: &Feedback<'_>) -> String {
    frame::page(&name(&feedback.grade.student), &body(feedback))
}

fn body(feedback: &Feedback<'_>) -> Markup {
    let grade = feedback.grade;
    html! {
        h1 { (name(&grade.student)) }
        p class="score" { (of(grade.score(), grade.max_score())) }
        table {
            thead { tr { th { "exercise" } th { "result" } th class="number" { "points" } } }
            tbody {
                @for about in &feedback.exercises {
                    tr {
                        td { a href={ "#" (about.grade.id) } { (about.grade.id) } " " (about.title) }
                        td { (badge(about.grade.verdict)) }
                        td class="number" { (of(about.grade.points, about.grade.max_points)) }
                    }
                }
            }
        }
        @if !grade.refused.is_empty() || !grade.remarks.is_empty() {
            h2 { "What was handed in" }
            ul {
                @for refused in &grade.refused {
                    li { "refused: " code { (name(&refused.path)) } ": " (name(&refused.why)) }
                }
                @for remark in &grade.remarks { li { (name(remark)) } }
            }
        }
        @for about in &feedback.exercises { (exercise(about)) }
        p class="dim" {
            (feedback.environment.sandbox()) "; " (feedback.environment.toolchain)
        }
    }
}

fn exercise(about: &About<'_>) -> Markup {
    let grade = about.grade;
    html! {
        section id=(grade.id) {
            h2 { (grade.id) " " (about.title) }
            p {
                (badge(grade.verdict)) " " (of(grade.points, grade.max_points)) ": "
                (meaning(grade.verdict))
            }
            @if !grade.message.is_empty() { pre { (shown(&grade.message)) } }
            @for test in about.tests(false).filter(|test| !test.message.is_empty()) {
                (failed(grade, test))
            }
            @if grade.verdict != Verdict::Pass && about.tests(true).next().is_some() {
                h3 { "What passes" }
            }
            @if about.tests(true).next().is_some() {
                ul {
                    @for test in about.tests(true) {
                        li { span class="good" { "✓" } " " (name(&test.name))
                             @if test.hidden { span class="dim" { " (hidden)" } } }
                    }
                }
            }
            @for (hint, level) in about.hints.iter().zip(0..) {
                details {
                    summary { "Hint " (level + 1) ": " (HINTS[level]) }
                    (rendered(hint))
                }
            }
        }
    }
}

fn failed(grade: &ExerciseGrade, test: &TestGrade) -> Markup {
    let said = of_test(grade, test);
    html! {
        h3 {
            span class="bad" { "✗" } " " (name(&test.name))
            span class="dim" { " (" (of(Some(test.points), test.max_points)) ")" }
        }
        @match Told::read(&said) {
            Some(told) => dl {
                dt { "expected" } dd { (told.expected) }
                dt { "came" } dd { pre { (told.came) } }
                dt { "that means" } dd { (told.means) }
                dt { "by hand" } dd { pre { (told.by_hand) } }
            },
            None => p { (said) },
        }
    }
}

/// The course's own words. What is HTML in them is shown, not obeyed.
fn rendered(markdown: &str) -> Markup {
    let events = Parser::new(markdown).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        event => event,
    });
    let mut text = String::new();
    pulldown_cmark::html::push_html(&mut text, events);
    PreEscaped(text)
}
