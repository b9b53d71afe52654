//! Text for a terminal of 80 columns.

use std::io::{self, ErrorKind};

pub const COLUMNS: usize = 80;

/// The text with a label before its first line, the others below it, cut at words.
pub fn labelled(label: &str, text: &str) -> String {
    const INDENT: usize = 10;
    let mut lines = Vec::new();
    for line in text.lines() {
        lines.extend(wrapped(line, COLUMNS - INDENT));
    }
    let mut out = String::new();
    for (index, line) in lines.iter().enumerate() {
        let label = if index == 0 { label } else { "" };
        out.push_str(format!("{label:<INDENT$}{line}").trim_end());
        out.push('\n');
    }
    out
}

/// Lines of at most so many characters, broken at spaces. What follows a break is indented, so that
/// two lines of a list do not run into each other.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let current = lines.last().map_or(0, |line| line.chars().count());
        let fits = current == 0 || current + 1 + word.chars().count() <= columns;
        match lines.last_mut() {
            Some(line) if fits && line.is_empty() => line.push_str(word),
            Some(line) if fits => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// At most so many characters.
pub fn shortened(text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text.to_owned();
    }
    text.chars().take(columns.saturating_sub(1)).chain(['…']).collect()
}

/// Whoever read our standard output has gone away (`| head -1`).
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let is = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == ErrorKind::BrokenPipe)
    };
    error.chain().any(is)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_at_words() {
        let text = "word ".repeat(40);
        let shown = labelled("means", text.trim());
        assert!(shown.lines().all(|line| line.chars().count() <= COLUMNS), "{shown}");
        assert!(shown.starts_with("means     word"));
        assert!(shown.lines().nth(1).is_some_and(|line| line.starts_with("          word")));
        assert_eq!(labelled("came", "one\ntwo"), "came      one\n          two\n");
    }
}
