//! Runs each command line that a page shows, and compares what it prints with what stands below it.
//!
//! A line `$ …` in a block `console` is one. So a lesson that prints something else than it did, or
//! hangs, is found at each page that shows it.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use course::Course;
use launcher::{Launch, Limits, XTASK_VARIABLE, xtask_path};

use super::manuals;
use crate::output;
use crate::status::Status;
use crate::tidy::Tree;
use crate::tidy::page::{Part, beside, blocks, includes, pages, place};

/// A lesson takes a second, and longer on a machine that is busy.
const DEADLINE: Duration = Duration::from_secs(60);

/// A command line, and what must come of it.
struct Shown {
    place: String,
    command: String,
    output: String,
}

pub fn check(course: &Course) -> anyhow::Result<Status> {
    let tree = Tree::read(&course.root)?;
    let mut out = output::stdout();
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for shown in shown(&tree)? {
        let printed = run(&course.root, &shown.command)?;
        if printed == shown.output {
            passed += 1;
            continue;
        }
        failed += 1;
        writeln!(out, "{}: `{}`, on this page:", shown.place, shown.command)?;
        write!(out, "{}but it prints:\n{printed}", shown.output)?;
    }
    match manuals::missing(&tree) {
        Ok(missing) => {
            passed += usize::from(missing.is_empty());
            failed += missing.len();
            missing.iter().try_for_each(|finding| writeln!(out, "{finding}"))?;
        }
        Err(why) => {
            skipped += 1;
            writeln!(out, "SKIPPED: {why}")?;
        }
    }
    writeln!(out, "{passed} passed, {failed} failed, {skipped} skipped")?;
    out.flush()?;
    Ok(if failed == 0 { Status::Holds } else { Status::Failed })
}

/// All command lines of all pages, with what they include put in.
fn shown(tree: &Tree) -> anyhow::Result<Vec<Shown>> {
    let mut all: Vec<Shown> = Vec::new();
    for (page, text) in pages(tree) {
        for block in blocks(text).into_iter().filter(|block| block.language == "console") {
            let mut last: Option<Shown> = None;
            for (offset, line) in block.lines.iter().enumerate() {
                if let Some(command) = line.strip_prefix("$ ") {
                    let place = place(page, block.first + offset);
                    all.extend(last.replace(Shown {
                        place,
                        command: command.to_owned(),
                        output: String::new(),
                    }));
                } else {
                    let place = || place(page, block.first + offset);
                    let shown = last.as_mut();
                    let shown =
                        shown.with_context(|| format!("{}: no command before it", place()))?;
                    shown.output += &expanded(tree, page, line).with_context(place)?;
                }
            }
            all.extend(last);
        }
    }
    Ok(all)
}

/// A line of a page as a reader sees it.
fn expanded(tree: &Tree, page: &Path, line: &str) -> anyhow::Result<String> {
    let Some((file, part)) = includes(line).next() else { return Ok(format!("{line}\n")) };
    let path = beside(page, file);
    let text = tree.texts.get(&path).with_context(|| format!("{} is not there", path.display()))?;
    let lines: Vec<&str> = text.lines().collect();
    let part = match part {
        Part::Whole => &lines[..],
        Part::Lines(numbers) => between(&lines, numbers)
            .with_context(|| format!("{} has no lines {numbers}", path.display()))?,
        Part::Anchor(name) => anyhow::bail!("an output by the anchor `{name}`"),
    };
    Ok(part.join("\n") + "\n")
}

/// The lines from the one number to the other, both counted from 1 and included.
fn between<'a>(lines: &'a [&'a str], numbers: &str) -> Option<&'a [&'a str]> {
    let (first, last) = numbers.split_once(':')?;
    lines.get(first.parse::<usize>().ok()?.checked_sub(1)?..last.parse().ok()?)
}

/// What the command prints on standard output; how it ended, where that was not well.
fn run(root: &Path, command: &str) -> anyhow::Result<String> {
    let xtask = xtask_path()?;
    let limits = Limits { wall: Some(DEADLINE), deadlock: true, ..Limits::default() };
    let launch = match command.strip_prefix("cargo xtask ") {
        Some(words) => Launch::captured(&xtask).args(words.split(' ')),
        None => Launch::captured("sh").args(["-c", command]),
    };
    let captured = launch.limits(limits).output(&xtask, |command| {
        command.env(XTASK_VARIABLE, &xtask).env("NO_COLOR", "1").current_dir(root);
    })?;
    let mut printed = String::from_utf8_lossy(&captured.stdout).into_owned();
    if !captured.report.ended.is_success() {
        let said = String::from_utf8_lossy(&captured.stderr);
        printed.push_str(&format!("{said}(it was {})\n", captured.report.ended.words()));
    }
    Ok(printed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "text\n```console\n$ a b\none\n$ c\n{{#include ../../o.txt:2:3}}\n```\n";

    #[test]
    fn command_lines_come_with_what_stands_below_them() {
        let tree = Tree::of(&[("book/src/p.md", PAGE), ("o.txt", "1\n2\n3\n4\n")]);
        let shown = shown(&tree).expect("a page without a mistake");
        let all: Vec<_> = shown.iter().map(|it| (&*it.place, &*it.command, &*it.output)).collect();
        let expected = [("book/src/p.md:3", "a b", "one\n"), ("book/src/p.md:5", "c", "2\n3\n")];
        assert_eq!(all, expected);
    }

    #[test]
    fn an_include_beyond_the_end_is_an_error() {
        let tree = Tree::of(&[("book/src/p.md", PAGE), ("o.txt", "1\n")]);
        let error = shown(&tree).err().map(|error| format!("{error:#}"));
        assert_eq!(error.as_deref(), Some("book/src/p.md:6: o.txt has no lines 2:3"));
    }
}
