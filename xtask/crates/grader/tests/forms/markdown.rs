//! The student's page as Markdown, read as CommonMark and with GitHub's extensions.

use std::fs;

use pulldown_cmark::{Event, Options, Parser, Tag};

use crate::kit::{HOSTILE, Reports};

#[test]
fn nothing_that_a_student_wrote_is_markdown() {
    let reports = Reports::all();
    let text = fs::read_to_string(reports.hostile("feedback", "md")).expect("read it");
    let mut depth_in_code = 0;
    let mut code = String::new();
    let mut levels = Vec::new();
    for event in Parser::new_ext(&text, Options::all()) {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                panic!("a link to {dest_url}")
            }
            Event::Start(Tag::Strikethrough | Tag::FootnoteDefinition(_)) => panic!("{event:?}"),
            Event::Start(Tag::Heading { level, .. }) => levels.push(level as usize),
            Event::Start(Tag::CodeBlock(_)) => depth_in_code += 1,
            Event::End(pulldown_cmark::TagEnd::CodeBlock) => depth_in_code -= 1,
            Event::Html(html) | Event::InlineHtml(html) => {
                let ours = ["<details>", "<summary>", "</details>"];
                assert!(ours.iter().any(|tag| html.starts_with(tag)), "{html}");
            }
            Event::Code(text) => code.push_str(&text),
            Event::Text(text) if depth_in_code > 0 => code.push_str(&text),
            Event::Text(text) => assert!(!text.contains("x.invalid"), "{text}"),
            _ => {}
        }
    }
    // The page, two exercises, and the tests that were made.
    assert_eq!(levels, [1, 2, 3, 3, 3, 2]);
    let begin = HOSTILE.split('\u{1b}').next().expect("a beginning");
    // The refused path and its reason, the remark, the program, the compiler.
    assert_eq!(code.matches(begin).count(), 5);
    let is_bad =
        |c: char| (c.is_control() && c != '\n' && c != '\t') || "\u{202e}\u{200b}".contains(c);
    assert!(!text.contains(is_bad));
    assert!(text.len() < 60_000, "{} bytes of a megabyte on one line", text.len());
}

#[test]
fn what_failed_is_told_with_hints_and_what_is_right_without() {
    let reports = Reports::all();
    let mia = reports.read("feedback/mia.md");
    for words in [
        "**2 of 8**",
        "| ex-01 Two ends that nobody closed | deadlock | 2 of 4 |",
        "### ✗ ` one ` (0 of 2)",
        "somebody still holds a write end",
        "<summary>Hint 3: nearly the answer</summary>",
        "✓ passes: ` two `",
        "sandbox: degraded, without a cgroup",
    ] {
        assert!(mia.contains(words), "no `{words}` in: {mia}");
    }
    let ann = reports.read("feedback/ann.md");
    assert!(!ann.contains("Hint") && !ann.contains('✗'), "{ann}");
}
