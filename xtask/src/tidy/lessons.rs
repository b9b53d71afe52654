//! Every lesson: the parts are files, the story is short, nothing is printed or ended by accident.

use std::path::{Path, PathBuf};

use course::{Course, Entry};

use super::tree::Tree;

const MAIN_LINES: usize = 60;
/// A part of a lesson has at least 40; what only prints or looks for several parts may be shorter.
const PART_LINES: std::ops::RangeInclusive<usize> = 20..=120;
const HEADER_LINES: std::ops::RangeInclusive<usize> = 6..=15;

/// Words that have no place in a lesson, and why.
const BANNED: [(&str, &str); 6] = [
    (".unwrap()", "say with `.context(…)` what was tried"),
    (".expect(", "say with `.context(…)` what was tried"),
    ("thread::sleep", "nothing is ordered by sleeping: let processes wait for each other"),
    (concat!("print", "ln!("), "it panics when the reader has gone: use `writeln!`"),
    ("process::exit(", "it flushes buffers that a child has copied: use `_exit`"),
    (concat!("to", "do!("), "it is unfinished"),
];

pub fn check(course: &Course, tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for entry in course.lessons() {
        let sources = entry.path.join("src");
        findings.extend(main_of(tree, &sources.join("main.rs")));
        findings.extend(listings_of(tree, entry));
        for (path, text) in tree.rust_below(&sources) {
            findings.extend(one_file(path, text));
        }
        for name in ["stdout", "facts"] {
            let snapshot = entry.path.join(format!("snapshots/{name}.snap"));
            findings.extend(snapshot_of(tree, &snapshot, &entry.id));
        }
    }
    findings
}

fn one_file(path: &Path, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let lines = text.lines().count();
    let is_main = path.ends_with("src/main.rs");
    if !is_main && !PART_LINES.contains(&lines) {
        findings.push(format!("{}: {lines} lines, where a file has 20 to 120", path.display()));
    }
    for (index, line) in text.lines().enumerate() {
        for (word, why) in BANNED {
            if line.contains(word) && !line.trim_start().starts_with("//") {
                findings.push(format!("{}:{}: `{word}`: {why}", path.display(), index + 1));
            }
        }
    }
    findings
}

fn main_of(tree: &Tree, path: &PathBuf) -> Vec<String> {
    let Some(text) = tree.texts.get(path) else {
        return vec![format!("{}: a lesson tells its story there", path.display())];
    };
    let mut findings = Vec::new();
    let lines = text.lines().count();
    if lines > MAIN_LINES {
        findings.push(format!("{}: {lines} lines, more than {MAIN_LINES}", path.display()));
    }
    let header = text.lines().take_while(|line| line.starts_with("//!")).count();
    if !HEADER_LINES.contains(&header) {
        findings.push(format!("{}: a header of {header} lines, not 6 to 15", path.display()));
    }
    for (wanted, why) in [
        ("cargo xtask run lesson-", "how to run it"),
        ("Manual pages: ", "which manual pages belong to it"),
        ("Change and watch", "what to change and watch happen"),
    ] {
        if !text.contains(wanted) {
            findings.push(format!("{}: `{wanted}…` is missing: say {why}", path.display()));
        }
    }
    findings
}

/// The parts that the metadata name must be there.
fn listings_of(tree: &Tree, entry: &Entry) -> Vec<String> {
    let main = tree.texts.get(&entry.path.join("src/main.rs")).map_or("", String::as_str);
    let missing = |part: &&str| !main.contains(&format!("name: \"{part}\""));
    let parts = entry.listings.iter().map(|listing| listing.part.as_str());
    let manifest = entry.path.join("Cargo.toml");
    let say =
        |part: &str| format!("{}: listings name a part `{part}` that is not", manifest.display());
    parts.filter(missing).map(say).collect()
}

/// The book includes these files by line, so their header has three lines.
fn snapshot_of(tree: &Tree, path: &PathBuf, id: &str) -> Vec<String> {
    let Some(text) = tree.texts.get(path) else {
        let store = format!("cargo xtask snapshot {id} --accept");
        return vec![format!("{}: no snapshot is stored: {store}", path.display())];
    };
    let lines: Vec<&str> = text.lines().take(3).collect();
    let is_header = matches!(lines[..], ["---", source, "---"] if source.starts_with("source: "));
    let finding = format!("{}: the header is not `---`, `source: …`, `---`", path.display());
    if is_header { Vec::new() } else { vec![finding] }
}
