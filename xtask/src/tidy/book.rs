//! The book: every page is in its contents and every page that is named there exists; what a page
//! includes is there, and every program of the book is shown. mdBook leaves out what it does not
//! find, and says so only among other lines.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::tree::Tree;

const SOURCES: &str = "book/src";
const CONTENTS: &str = "book/src/SUMMARY.md";
const PROGRAMS: &str = "book/programs";
/// Of what is further right, a page shows only a part.
const LISTING_COLUMNS: usize = 84;

pub fn check(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    let mut included = BTreeSet::new();
    let mut linked = BTreeSet::new();
    for (path, text) in pages(tree) {
        for (index, line) in text.lines().enumerate() {
            let place = format!("{}:{}", path.display(), index + 1);
            for (file, anchor) in includes(line) {
                let file = beside(path, file);
                findings.extend(wrong_include(tree, &file, anchor).map(|say| place.clone() + &say));
                included.insert(file);
            }
            for file in links(line).map(|link| beside(path, link)) {
                if !tree.texts.contains_key(&file) {
                    findings.push(format!("{place}: {} is not there", file.display()));
                }
                if path == Path::new(CONTENTS) {
                    linked.insert(file);
                }
            }
        }
    }
    let is_left_out = |page: &&Path| *page != Path::new(CONTENTS) && !linked.contains(*page);
    findings.extend(
        pages(tree)
            .map(|(path, _)| path)
            .filter(is_left_out)
            .map(|path| format!("{}: {CONTENTS} does not name it", path.display())),
    );
    for (path, text) in tree.texts.iter().filter(|(path, _)| path.starts_with(PROGRAMS)) {
        if !included.contains(path) {
            findings.push(format!("{}: no page shows it", path.display()));
        }
        let wide = text.lines().position(|line| line.chars().count() > LISTING_COLUMNS);
        findings.extend(wide.map(|line| {
            format!("{}:{}: more than {LISTING_COLUMNS} columns", path.display(), line + 1)
        }));
    }
    findings
}

fn pages(tree: &Tree) -> impl Iterator<Item = (&Path, &str)> {
    let is_page = |path: &Path| {
        path.starts_with(SOURCES) && path.extension().is_some_and(|extension| extension == "md")
    };
    let all = tree.texts.iter().map(|(path, text)| (path.as_path(), text.as_str()));
    all.filter(move |(path, _)| is_page(path))
}

fn wrong_include(tree: &Tree, file: &Path, anchor: Option<&str>) -> Option<String> {
    let Some(text) = tree.texts.get(file) else {
        return Some(format!(": {} is not there", file.display()));
    };
    let begin = format!("ANCHOR: {}", anchor?);
    let is_there = text.lines().any(|line| line.trim_end().ends_with(&begin));
    let say = || format!(": {} has no `{begin}`", file.display());
    (!is_there).then(say)
}

/// The files, and the anchors in them, of `{{#include FILE}}` and `{{#include FILE:ANCHOR}}`.
fn includes(line: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    line.split("{{#include ").skip(1).filter_map(|rest| {
        let (what, _) = rest.split_once("}}")?;
        Some(what.split_once(':').map_or((what, None), |(file, anchor)| (file, Some(anchor))))
    })
}

/// The pages of `[text](page.md)` and `[text](page.md#heading)`, but for those elsewhere.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| {
        let (link, _) = rest.split_once(')')?;
        let page = link.split('#').next()?;
        (page.ends_with(".md") && !page.contains("://")).then_some(page)
    })
}

/// A path that stands in `page`, from the root.
fn beside(page: &Path, path: &str) -> PathBuf {
    let mut whole = page.parent().unwrap_or(page).to_owned();
    for part in Path::new(path).components() {
        match part {
            Component::ParentDir => drop(whole.pop()),
            Component::CurDir => {}
            part => whole.push(part),
        }
    }
    whole
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
            ("book/src/b/c.md", "{{#include ../../programs/p.rs}}\n{{#include ../../../l.rs:one}}"),
            ("book/programs/p.rs", ""),
            ("l.rs", "// ANCHOR: one\n// ANCHOR_END: one"),
        ];
        assert_found(&files, &[]);
    }

    #[test]
    fn what_leads_nowhere_is_found() {
        let files = [
            ("book/src/SUMMARY.md", "- [A](a.md)\n- [B](b.md)"),
            ("book/src/a.md", "{{#include x.rs}} {{#include l.rs:two}}\nsee [C](c.md)"),
            ("book/src/l.rs", "// ANCHOR: one"),
        ];
        let expected = [
            "book/src/SUMMARY.md:2: book/src/b.md is not there",
            "book/src/a.md:1: book/src/x.rs is not there",
            "book/src/a.md:1: book/src/l.rs has no `ANCHOR: two`",
            "book/src/a.md:2: book/src/c.md is not there",
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
}
