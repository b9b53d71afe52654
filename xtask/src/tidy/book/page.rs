//! What a page of the book is made of: includes, links, headings, blocks of code.

use std::path::{Component, Path, PathBuf};

use crate::tidy::Tree;

const SOURCES: &str = "book/src";

/// The book's pages, its contents among them.
pub fn pages(tree: &Tree) -> impl Iterator<Item = (&Path, &str)> {
    let is_page = |path: &Path| {
        path.starts_with(SOURCES) && path.extension().is_some_and(|extension| extension == "md")
    };
    let all = tree.texts.iter().map(|(path, text)| (path.as_path(), text.as_str()));
    all.filter(move |(path, _)| is_page(path))
}

/// A line of a page as it is quoted in a finding.
pub fn place(page: &Path, index: usize) -> String {
    format!("{}:{}", page.display(), index + 1)
}

/// Which part of a file is included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    Whole,
    Anchor(&'a str),
    /// First and last, as they were written.
    Lines(&'a str),
}

/// The files that `{{#include …}}` names in this line, as they were written, and what of them.
pub fn includes(line: &str) -> impl Iterator<Item = (&str, Part<'_>)> {
    let quoted = line.contains("\\{{#");
    line.split("{{#include ").skip(1).filter(move |_| !quoted).filter_map(|rest| {
        let (what, _) = rest.split_once("}}")?;
        Some(match what.split_once(':') {
            None => (what, Part::Whole),
            Some((file, lines)) if lines.starts_with(|c: char| c.is_ascii_digit()) => {
                (file, Part::Lines(lines))
            }
            Some((file, anchor)) => (file, Part::Anchor(anchor)),
        })
    })
}

/// Whether this line begins, or ends, what an include of that anchor brings.
pub fn is_anchor(line: &str, mark: &str, name: &str) -> bool {
    let line = line.trim().trim_end_matches("-->").trim_end();
    line.ends_with(&format!("{mark}: {name}"))
}

/// Where `[text](page.md#heading)` leads, but for what is elsewhere: the page, empty for this one,
/// and the heading's ID.
pub fn links(line: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    line.split("](").skip(1).filter_map(|rest| {
        let (link, _) = rest.split_once(')')?;
        let (page, id) = link.split_once('#').map_or((link, None), |(page, id)| (page, Some(id)));
        let is_ours = page.ends_with(".md") || page.is_empty();
        (is_ours && !page.contains("://")).then_some((page, id))
    })
}

/// The IDs that mdBook gives to a page's headings, those of what it includes among them.
pub fn heading_ids(tree: &Tree, page: &Path) -> Vec<String> {
    let mut ids = Vec::new();
    let mut in_code = false;
    for line in whole(tree, page) {
        in_code ^= line.starts_with("```");
        let Some(heading) = line.strip_prefix('#').filter(|_| !in_code) else { continue };
        let plain = heading.trim_start_matches('#').trim();
        let id: String = plain
            .chars()
            .filter_map(|c| match c {
                c if c.is_alphanumeric() || c == '_' || c == '-' => Some(c.to_ascii_lowercase()),
                c if c.is_whitespace() => Some('-'),
                _ => None,
            })
            .collect();
        ids.push(id);
    }
    ids
}

/// The lines of a page, with those of the pages that it includes.
fn whole<'a>(tree: &'a Tree, page: &Path) -> Vec<&'a str> {
    let mut lines = Vec::new();
    for line in tree.texts.get(page).map_or("", String::as_str).lines() {
        match includes(line).next() {
            Some((file, part)) if file.ends_with(".md") => {
                let text = tree.texts.get(&beside(page, file)).map_or("", String::as_str);
                let Part::Anchor(name) = part else {
                    lines.extend(text.lines());
                    continue;
                };
                let begun = text.lines().skip_while(|line| !is_anchor(line, "ANCHOR", name));
                lines.extend(begun.take_while(|line| !is_anchor(line, "ANCHOR_END", name)));
            }
            _ => lines.push(line),
        }
    }
    lines
}

/// A path that stands in `page`, from the root.
pub fn beside(page: &Path, path: &str) -> PathBuf {
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

/// A block of code: its language, the index of its first line, and its lines.
pub struct Block<'a> {
    pub language: &'a str,
    pub first: usize,
    pub lines: Vec<&'a str>,
}

/// The blocks of a page. Those with more than three backticks quote others and are left out.
pub fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut open: Option<Block<'_>> = None;
    let mut quotes = false;
    for (index, line) in text.lines().enumerate() {
        quotes ^= line.starts_with("````");
        if quotes || line.starts_with("````") {
            continue;
        }
        match (open.as_mut(), line.strip_prefix("```")) {
            (None, Some(language)) => {
                open = Some(Block { language, first: index + 1, lines: Vec::new() });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => block.lines.push(line),
            (None, None) => {}
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_get_mdbooks_ids() {
        let tree = Tree::of(&[
            ("book/src/a.md", "# A & `b`\n```sh\n# no\n```\n{{#include ../../t.md:x}}\n"),
            ("t.md", "# Not\n<!-- ANCHOR: x -->\n## What it is, and why\n<!-- ANCHOR_END: x -->"),
        ]);
        assert_eq!(heading_ids(&tree, Path::new("book/src/a.md")), ["a--b", "what-it-is-and-why"]);
    }

    #[test]
    fn includes_are_whole_by_anchor_or_by_line() {
        let line = "{{#include a.rs}} {{#include b.rs:one}} {{#include c.snap:1:2}}";
        let found: Vec<_> = includes(line).collect();
        let expected =
            [("a.rs", Part::Whole), ("b.rs", Part::Anchor("one")), ("c.snap", Part::Lines("1:2"))];
        assert_eq!(found, expected);
        assert_eq!(includes("  \\{{#include a.rs}}").count(), 0);
    }
}
