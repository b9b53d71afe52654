//! Every Rust file: its length, its lines' length, its SAFETY comments, its first words.

use std::path::Path;

use super::tree::Tree;

const FILE_LINES: usize = 350;
const LINE_COLUMNS: usize = 100;
/// How far above an `unsafe` its comment may begin.
const SAFETY_WITHIN_LINES: usize = 10;

pub fn check(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, text) in tree.rust_below(Path::new("")) {
        if is_the_students(path) {
            continue;
        }
        let mut say = |line: usize, what: String| {
            findings.push(format!("{}:{line}: {what}", path.display()));
        };
        let lines: Vec<&str> = text.lines().collect();
        if lines.len() > FILE_LINES {
            say(lines.len(), format!("{} lines, more than {FILE_LINES}: split it", lines.len()));
        }
        if !text.starts_with("//!") {
            say(1, "the file does not begin by saying what it is (`//!`)".to_owned());
        }
        for (index, line) in lines.iter().enumerate() {
            let columns = line.chars().count();
            // A raw string or a test's input may be as long as it has to be.
            if columns > LINE_COLUMNS && !line.contains('"') {
                say(index + 1, format!("{columns} columns, more than {LINE_COLUMNS}"));
            }
            if is_unsafe_block(line) {
                let above = &lines[index.saturating_sub(SAFETY_WITHIN_LINES)..index];
                for part in ["// SAFETY:", "obligation:", "here:", "broken by:"] {
                    if !above.iter().any(|line| line.contains(part)) {
                        say(index + 1, format!("`{part}` is missing above this unsafe"));
                    }
                }
            }
        }
    }
    findings
}

/// `exercises/ex-…/src`: theirs, as they like it.
pub fn is_the_students(path: &Path) -> bool {
    let below = path.strip_prefix("exercises").ok();
    below.and_then(|below| below.iter().nth(1)).is_some_and(|folder| folder == "src")
}

fn is_unsafe_block(line: &str) -> bool {
    let code = line.trim_start();
    !code.starts_with("//") && !code.contains('"') && code.contains(concat!("unsafe", " {"))
}
