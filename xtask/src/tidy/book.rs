//! The book: every page is in its contents and every page that is named there exists; what a page
//! includes is there, and all that is made for the book is shown in it. mdBook leaves out what it
//! does not find, and says so only among other lines.

mod outputs;
pub mod page;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use course::Course;
use page::{Part, beside, blocks, heading_ids, includes, is_anchor, links, pages, place};

use super::tree::Tree;

const CONTENTS: &str = "book/src/SUMMARY.md";
const PROGRAMS: &str = "book/programs";
const FIGURES: &str = "book/figures";
/// Of what is further right, a page shows only a part.
const LISTING_COLUMNS: usize = 84;

pub fn check(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    let mut included = BTreeSet::new();
    let mut linked = BTreeSet::new();
    for (path, text) in pages(tree) {
        for (index, line) in text.lines().enumerate() {
            for (file, part) in includes(line) {
                let file = beside(path, file);
                let wrong = wrong_include(tree, &file, part);
                findings.extend(wrong.map(|say| format!("{}: {say}", place(path, index))));
                let anchor = if let Part::Anchor(name) = part { name } else { "" };
                included.insert((file, anchor));
            }
            for (page, id) in links(line) {
                let file = if page.is_empty() { path.to_owned() } else { beside(path, page) };
                let wrong = wrong_link(tree, &file, id);
                findings.extend(wrong.map(|say| format!("{}: {say}", place(path, index))));
                if path == Path::new(CONTENTS) {
                    linked.insert(file);
                }
            }
        }
        findings.extend(typed_rust(path, text));
    }
    let is_left_out = |page: &&Path| *page != Path::new(CONTENTS) && !linked.contains(*page);
    findings.extend(
        pages(tree)
            .map(|(path, _)| path)
            .filter(is_left_out)
            .map(|path| format!("{}: {CONTENTS} does not name it", path.display())),
    );
    findings.extend(not_shown(tree, &included));
    findings.extend(outputs::check(tree));
    findings
}

/// Renews the lines by which pages include what lessons print.
pub fn write_lines(course: &Course) -> anyhow::Result<()> {
    let tree = Tree::read(&course.root)?;
    for (path, text) in pages(&tree) {
        if let Some(fixed) = outputs::fixed(&tree, path, text) {
            // A link would be replaced by a file.
            fs::write(course.root.join(path), fixed)
                .with_context(|| format!("write {}", path.display()))?;
        }
    }
    Ok(())
}

fn wrong_include(tree: &Tree, file: &Path, part: Part<'_>) -> Option<String> {
    let Some(text) = tree.texts.get(file) else {
        return Some(format!("{} is not there", file.display()));
    };
    let Part::Anchor(name) = part else { return None };
    let lacks = |mark: &str| !text.lines().any(|line| is_anchor(line, mark, name));
    let mark = ["ANCHOR", "ANCHOR_END"].into_iter().find(|mark| lacks(mark))?;
    Some(format!("{} has no `{mark}: {name}`", file.display()))
}

fn wrong_link(tree: &Tree, file: &Path, id: Option<&str>) -> Option<String> {
    if !tree.texts.contains_key(file) {
        return Some(format!("{} is not there", file.display()));
    }
    let id = id?;
    let is_there = heading_ids(tree, file).iter().any(|known| known == id);
    (!is_there).then(|| format!("{} has no heading `#{id}`", file.display()))
}

/// Rust that stands in the page itself: nobody compiles it.
fn typed_rust(path: &Path, text: &str) -> Option<String> {
    let blocks = blocks(text).into_iter().filter(|block| block.language.starts_with("rust"));
    let is_typed = |line: &&str| !line.starts_with("{{#include ");
    let mut typed = blocks.filter(|block| block.lines.iter().any(is_typed));
    let say = "Rust that nobody compiles: include it from a program";
    typed.next().map(|block| format!("{}: {say}", place(path, block.first)))
}

/// Programs, figures and anchors that were made for the book, and that no page shows.
fn not_shown(tree: &Tree, included: &BTreeSet<(PathBuf, &str)>) -> Vec<String> {
    let mut findings = Vec::new();
    let is_shown = |path: &Path| included.contains(&(path.to_owned(), ""));
    for (path, text) in &tree.texts {
        let is_figure = path.starts_with(FIGURES);
        if !is_figure && !path.starts_with(PROGRAMS) {
            continue;
        }
        if !is_shown(path) {
            findings.push(format!("{}: no page shows it", path.display()));
        }
        let wide = text.lines().position(|line| line.chars().count() > LISTING_COLUMNS);
        findings.extend(
            wide.filter(|_| !is_figure)
                .map(|line| format!("{}: more than {LISTING_COLUMNS} columns", place(path, line))),
        );
        if is_figure
            && !["<title id=", "<desc id=", "role=\"img\""].iter().all(|it| text.contains(it))
        {
            findings.push(format!("{}: no title, desc or role: say what it shows", path.display()));
        }
    }
    // Where a lesson has no chapter yet, nobody can show what it offers.
    let chapters: BTreeSet<PathBuf> = included
        .iter()
        .filter(|(file, _)| file.starts_with("lessons"))
        .map(|(file, _)| file.components().take(2).collect())
        .collect();
    for (path, text) in tree.rust_below(Path::new("lessons")) {
        if !chapters.contains(&path.components().take(2).collect::<PathBuf>()) {
            continue;
        }
        for (index, line) in text.lines().enumerate() {
            let Some(name) = line.trim_start().strip_prefix("// ANCHOR: ") else { continue };
            if !included.contains(&(path.to_owned(), name)) {
                findings.push(format!("{}: no page shows `{name}`", place(path, index)));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_found(files: &[(&str, &str)], expected: &[&str]) {
        assert_eq!(check(&Tree::of(files)), expected);
    }

    #[test]
    fn a_whole_book_is_fine() {
        let files = [
            ("book/src/SUMMARY.md", "- [A](a.md)\n  - [B](b/c.md)"),
            ("book/src/a.md", "see [C](b/c.md#why) and [elsewhere](https://host/x.md)"),
            (
                "book/src/b/c.md",
                "# Why?\n{{#include ../../programs/p.rs}}\n{{#include ../../../l.rs:one}}",
            ),
            ("book/programs/p.rs", ""),
            ("l.rs", "// ANCHOR: one\n// ANCHOR_END: one"),
        ];
        assert_found(&files, &[]);
    }

    #[test]
    fn what_leads_nowhere_is_found() {
        let files = [
            ("book/src/SUMMARY.md", "- [A](a.md)\n- [B](b.md)"),
            ("book/src/a.md", "{{#include x.rs}} {{#include l.rs:two}}\nsee [C](c.md)\n[A](#no)"),
            ("book/src/l.rs", "// ANCHOR: one"),
        ];
        let expected = [
            "book/src/SUMMARY.md:2: book/src/b.md is not there",
            "book/src/a.md:1: book/src/x.rs is not there",
            "book/src/a.md:1: book/src/l.rs has no `ANCHOR: two`",
            "book/src/a.md:2: book/src/c.md is not there",
            "book/src/a.md:3: book/src/a.md has no heading `#no`",
        ];
        assert_found(&files, &expected);
    }

    #[test]
    fn what_nothing_leads_to_is_found() {
        let files =
            [("book/src/SUMMARY.md", ""), ("book/src/a.md", ""), ("book/programs/p.rs", "")];
        let expected = [
            "book/src/a.md: book/src/SUMMARY.md does not name it",
            "book/programs/p.rs: no page shows it",
        ];
        assert_found(&files, &expected);
    }

    #[test]
    fn an_anchor_that_no_page_shows_is_found() {
        let lesson = "// ANCHOR: one\n// ANCHOR_END: one\n// ANCHOR: two\n// ANCHOR_END: two\n";
        let files = [
            ("book/src/SUMMARY.md", "- [A](a.md)"),
            ("book/src/a.md", "```rust\n{{#include ../../lessons/lesson-01-x/src/a.rs:one}}\n```"),
            ("lessons/lesson-01-x/src/a.rs", lesson),
            ("lessons/lesson-02-y/src/a.rs", lesson),
        ];
        assert_found(&files, &["lessons/lesson-01-x/src/a.rs:3: no page shows `two`"]);
    }

    #[test]
    fn rust_that_nobody_compiles_is_found() {
        let files = [
            ("book/src/SUMMARY.md", "- [A](a.md)"),
            ("book/src/a.md", "text\n```rust\nfn main() {}\n```"),
        ];
        let expected = "book/src/a.md:3: Rust that nobody compiles: include it from a program";
        assert_found(&files, &[expected]);
    }

    #[test]
    fn a_figure_without_words_is_found() {
        let files = [
            ("book/src/SUMMARY.md", "- [A](a.md)"),
            ("book/src/a.md", "{{#include ../figures/f.svg}}"),
            ("book/figures/f.svg", "<svg></svg>"),
        ];
        let expected = "book/figures/f.svg: no title, desc or role: say what it shows";
        assert_found(&files, &[expected]);
    }
}
