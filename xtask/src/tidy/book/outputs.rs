//! What a lesson's part prints stands below the command that runs it, as an include of the stored
//! transcript by line. Which lines these are is found here, and written by `tidy --write`: a
//! transcript has no anchors.

use std::path::Path;

use super::page::{Part, beside, blocks, includes, pages, place};
use crate::tidy::Tree;

const COMMAND: &str = "$ cargo xtask run ";
const TRANSCRIPT: &str = "snapshots/stdout.snap";

pub fn check(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for (page, text) in pages(tree) {
        let by_page = shown(tree, page, text).into_iter().filter_map(|shown| match shown.lines {
            Err(why) => Some(format!("{}: {why}", place(page, shown.index))),
            Ok(lines) => (lines != shown.written).then(|| {
                format!(
                    "{}: what this part prints are the lines {lines}: cargo xtask tidy --write",
                    place(page, shown.index)
                )
            }),
        });
        findings.extend(by_page);
        for (index, line) in text.lines().enumerate() {
            findings.extend(
                unknown_parts(tree, line).map(|say| format!("{}: {say}", place(page, index))),
            );
        }
    }
    findings
}

/// The page with the right lines in its includes; `None` where nothing is wrong with them.
pub fn fixed(tree: &Tree, page: &Path, text: &str) -> Option<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for shown in shown(tree, page, text) {
        if let Ok(right) = shown.lines {
            let (before, after) = (format!(":{}}}}}", shown.written), format!(":{right}}}}}"));
            lines[shown.index] = lines[shown.index].replace(&before, &after);
        }
    }
    let fixed = lines.join("\n") + "\n";
    (fixed != text).then_some(fixed)
}

/// An include of a transcript.
struct Shown<'a> {
    /// Of its line, from 0.
    index: usize,
    written: &'a str,
    /// What should be written, or why nobody can say.
    lines: Result<String, String>,
}

fn shown<'a>(tree: &Tree, page: &Path, text: &'a str) -> Vec<Shown<'a>> {
    let mut all = Vec::new();
    for block in blocks(text) {
        let mut command = None;
        for (offset, line) in block.lines.iter().enumerate() {
            command = line.strip_prefix(COMMAND).or(command);
            for (file, part) in includes(line).filter(|(file, _)| file.ends_with(TRANSCRIPT)) {
                let written = if let Part::Lines(lines) = part { lines } else { "" };
                let lines = lines_of(tree, page, file, command);
                all.push(Shown { index: block.first + offset, written, lines });
            }
        }
    }
    all
}

fn lines_of(tree: &Tree, page: &Path, file: &str, command: Option<&str>) -> Result<String, String> {
    let wanted = "below `$ cargo xtask run LESSON -- PART`";
    let (lesson, part) = command
        .and_then(|command| command.split_once(" -- "))
        .ok_or_else(|| format!("a transcript is included {wanted}"))?;
    let path = beside(page, file);
    if !path.starts_with("lessons") || !path.display().to_string().contains(&format!("/{lesson}-"))
    {
        return Err(format!("{} is not what {lesson} prints", path.display()));
    }
    let text = tree.texts.get(&path).ok_or_else(|| format!("{} is not there", path.display()))?;
    section(text, part)
        .map(|(first, last)| format!("{first}:{last}"))
        .ok_or_else(|| format!("{lesson} has no part `{part}`"))
}

/// The first and the last line of a part, from 1, without the blank line behind it.
fn section(transcript: &str, part: &str) -> Option<(usize, usize)> {
    let lines: Vec<&str> = transcript.lines().collect();
    let begin = format!("== {part}: ");
    let first = lines.iter().position(|line| line.starts_with(&begin))?;
    let rest = lines[first + 1..].iter();
    let length = rest.take_while(|line| !line.starts_with("== ")).count();
    let blank = lines[first..=first + length].iter().rev().take_while(|line| line.is_empty());
    Some((first + 1, first + 1 + length - blank.count()))
}

/// What is wrong with `cargo xtask run lesson-NN -- PART` and with "`lesson-NN`, part `PART`".
fn unknown_parts<'a>(tree: &'a Tree, line: &'a str) -> impl Iterator<Item = String> + 'a {
    let named = |rest: &'a str| -> Vec<&'a str> {
        let rest = rest.split(['|', ';']).next().unwrap_or(rest);
        rest.split('`').skip(1).step_by(2).collect()
    };
    let commands = line.split("cargo xtask run lesson-").skip(1).filter_map(|rest| {
        let (number, rest) = rest.split_at_checked(2)?;
        let part = rest.strip_prefix(" -- ")?.split([' ', '`']).next()?;
        Some((number, vec![part]))
    });
    let mentions = line.split("`lesson-").skip(1).filter_map(move |rest| {
        let (number, rest) = rest.split_at_checked(2)?;
        let rest = rest.strip_prefix("`, part")?;
        Some((number, named(rest)))
    });
    commands.chain(mentions).flat_map(move |(number, parts)| {
        let unknown = parts.into_iter().filter(move |part| !is_part(tree, number, part));
        unknown.map(move |part| format!("lesson-{number} has no part `{part}`"))
    })
}

/// Whether the lesson knows this word: a part of it, or a role that one may type.
fn is_part(tree: &Tree, number: &str, word: &str) -> bool {
    let folder = format!("lessons/lesson-{number}-");
    let files =
        tree.texts.iter().filter(|(path, _)| path.display().to_string().starts_with(&folder));
    let quoted = format!("\"{word}\"");
    files.into_iter().any(|(path, text)| {
        let is_rust = path.extension().is_some_and(|extension| extension == "rs");
        is_rust && text.contains(&quoted)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SNAP: &str = "---\nsource: x\n---\n== a: one\n1\n\n2\n\n== b: two\n3\n";
    const PATH: &str = "lessons/lesson-01-x/snapshots/stdout.snap";

    fn page(command: &str, lines: &str) -> String {
        format!("```console\n{command}\n{{{{#include ../../{PATH}:{lines}}}}}\n```\n")
    }

    #[track_caller]
    fn assert_found(text: &str, expected: &[&str]) {
        let sources = ("lessons/lesson-01-x/src/main.rs", "\"a\" \"b\"");
        let tree = Tree::of(&[("book/src/p.md", text), (PATH, SNAP), sources]);
        assert_eq!(check(&tree), expected);
    }

    #[test]
    fn the_lines_of_a_part_are_known() {
        assert_found(&page("$ cargo xtask run lesson-01 -- a", "4:7"), &[]);
        assert_found(&page("$ cargo xtask run lesson-01 -- b", "9:10"), &[]);
        let wrong = "book/src/p.md:3: what this part prints are the lines 4:7: \
                     cargo xtask tidy --write";
        assert_found(&page("$ cargo xtask run lesson-01 -- a", "1:1"), &[wrong]);
    }

    #[test]
    fn an_output_without_its_command_is_found() {
        let wrong =
            "book/src/p.md:3: a transcript is included below `$ cargo xtask run LESSON -- PART`";
        assert_found(&page("$ ls", "4:7"), &[wrong]);
        let text = page("$ cargo xtask run lesson-02 -- a", "4:7");
        let tree = Tree::of(&[("book/src/p.md", &text), (PATH, SNAP)]);
        let found = check(&tree);
        assert!(found[0].ends_with(&format!("{PATH} is not what lesson-02 prints")), "{found:?}");
    }

    #[test]
    fn the_lines_are_written() {
        let text = page("$ cargo xtask run lesson-01 -- b", "1:1");
        let tree = Tree::of(&[(PATH, SNAP)]);
        let right = page("$ cargo xtask run lesson-01 -- b", "9:10");
        let path = Path::new("book/src/p.md");
        assert_eq!(fixed(&tree, path, &text), Some(right.clone()));
        assert_eq!(fixed(&tree, path, &right), None);
    }

    #[test]
    fn parts_that_are_not_there_are_found() {
        assert_found("`cargo xtask run lesson-01 -- a` and `lesson-01`, parts `a` and `b`", &[]);
        assert_found(
            "`cargo xtask run lesson-01 -- c`; `lesson-01`, part `d` | `e`",
            &[
                "book/src/p.md:1: lesson-01 has no part `c`",
                "book/src/p.md:1: lesson-01 has no part `d`",
            ],
        );
    }
}
