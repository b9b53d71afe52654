//! A difference that is small enough to be read.

use similar::{ChangeTag, TextDiff};

/// More changed lines than this are a wall.
const LINES: usize = 8;
/// A longer line is cut.
const COLUMNS: usize = 60;
/// So much is compared line by line.
const HEAD_CHARACTERS: usize = 1 << 20;

/// Lines that begin with `-` (expected), `+` (came) or a space (both); none where the bytes are not
/// text, since then [`in_words`] says all.
pub fn lines(expected: &[u8], came: &[u8]) -> Vec<String> {
    let (Ok(expected), Ok(came)) = (std::str::from_utf8(expected), std::str::from_utf8(came))
    else {
        return Vec::new();
    };
    let mut shown: Vec<String> = Vec::new();
    let mut left_out = 0;
    // Ten thousand lines, or one of megabytes, have a difference too, in time that nobody has: the
    // beginning tells.
    let head = |text: &str| -> String {
        text.split_inclusive('\n').take(2000).flat_map(str::chars).take(HEAD_CHARACTERS).collect()
    };
    let (expected, came) = (head(expected), head(came));
    let column = column_of_difference(&expected, &came);
    let diff = TextDiff::from_lines(&expected, &came);
    for group in diff.grouped_ops(1) {
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let mark = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            if shown.len() < LINES {
                let is_first = mark != ' ' && !shown.iter().any(|line| line.starts_with(mark));
                let from = if is_first { column } else { 0 };
                shown.push(format!("{mark} {}", cut(change.value(), from)));
            } else {
                left_out += usize::from(mark != ' ');
            }
        }
    }
    if left_out > 0 {
        shown.push(format!("  … and {left_out} more lines that differ"));
    }
    shown
}

/// From which column two lines are shown, so that where they part is seen.
fn column_of_difference(expected: &str, came: &str) -> usize {
    const BEFORE: usize = 20;
    let pairs = expected.chars().zip(came.chars()).take_while(|(a, b)| a == b);
    let column = pairs.fold(0, |column, (c, _)| if c == '\n' { 0 } else { column + 1 });
    if column + BEFORE > COLUMNS { column - BEFORE } else { 0 }
}

/// The line from this column on, as it can be shown: what is not printable as an escape, and what
/// is missing at its end.
fn cut(line: &str, from: usize) -> String {
    let (text, newline) = match line.strip_suffix('\n') {
        Some(text) => (text, true),
        None => (line, false),
    };
    let shown_at_most = text.chars().skip(from).take(COLUMNS + 1);
    let visible: String = shown_at_most.flat_map(visible).collect();
    let mut shown: String = if from > 0 { "…" } else { "" }.to_owned();
    shown.extend(visible.chars().take(COLUMNS));
    if visible.chars().nth(COLUMNS).is_some() {
        shown.push('…');
    }
    if newline { shown } else { format!("{shown} (without a newline)") }
}

fn visible(c: char) -> Vec<char> {
    if c.is_control() && c != '\t' { c.escape_default().collect() } else { vec![c] }
}

/// Where two outputs part, in one line.
pub fn in_words(expected: &[u8], came: &[u8]) -> String {
    let same = expected.iter().zip(came).take_while(|(a, b)| a == b).count();
    match (came.len(), expected.len()) {
        (0, _) => "nothing".to_owned(),
        (came, 0) => format!("{came} bytes, where nothing was to come"),
        (came, expected) if same == came => {
            format!("the first {came} of {expected} bytes, and then no more")
        }
        (came, expected) if same == expected => {
            format!("all {expected} bytes, and {} more", came - expected)
        }
        (came, _) => format!("{came} bytes, the first {same} of them right"),
    }
}

/// Text from a program, made harmless for a terminal: at most so many lines, no control characters.
pub fn harmless(bytes: &[u8], lines: usize) -> Vec<String> {
    // Only the beginning is looked at: there may be millions of lines.
    let mut text = bytes.split_inclusive(|&byte| byte == b'\n').map(String::from_utf8_lossy);
    let lines = text.by_ref().take(lines);
    let mut shown: Vec<String> =
        lines.map(|line| cut(&format!("{}\n", line.lines().next().unwrap_or("")), 0)).collect();
    if text.next().is_some() {
        shown.push("…".to_owned());
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_small() {
        let many: String = (0..1000).map(|number| format!("{number}\n")).collect();
        let shown = lines(many.as_bytes(), b"");
        assert_eq!(shown.len(), LINES + 1);
        assert_eq!(shown[LINES], "  … and 992 more lines that differ");
        assert_eq!(lines(b"a\nb\n", b"a\nc"), ["  a", "- b", "+ c (without a newline)"]);
        let long = |end: &str| format!("{}{end}\n", "x".repeat(100));
        let shown = lines(long("one").as_bytes(), long("two").as_bytes());
        let before = "x".repeat(20);
        assert_eq!(shown, [format!("- …{before}one"), format!("+ …{before}two")]);
        assert_eq!(lines(b"\x1b[2J\n", b"\n"), ["- \\u{1b}[2J", "+ "]);
    }

    #[test]
    fn bytes_are_told_in_words() {
        assert_eq!(in_words(b"abc", b""), "nothing");
        assert_eq!(in_words(b"", b"abc"), "3 bytes, where nothing was to come");
        assert_eq!(in_words(b"abc", b"ab"), "the first 2 of 3 bytes, and then no more");
        assert_eq!(in_words(b"abc", b"abcd"), "all 3 bytes, and 1 more");
        assert_eq!(in_words(b"abc", b"abd"), "3 bytes, the first 2 of them right");
    }
}
