//! Text for a screen: made harmless, broken into rows.
//!
//! What a program printed may be in it. Of all control sequences only those for colours and weight
//! are passed on (`ESC [ digits m`); every other control character is shown as an escape.

use std::iter::Peekable;
use std::str::Chars;

use unicode_width::UnicodeWidthChar;

const RESET: &str = "\x1b[0m";

/// The text with nothing in it that moves a cursor, rings or clears.
pub fn harmless(text: &str, colours: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\n' => out.push('\n'),
            '\t' => out.push_str("    "),
            '\r' if rest.peek() == Some(&'\n') => {}
            '\x1b' => match sgr(&mut rest) {
                Some(sequence) if colours => out.push_str(&sequence),
                Some(_) => {}
                None => out.push_str("\\u{1b}"),
            },
            // What turns the direction of text round has no width and no business here.
            c if c.is_control() || ('\u{200b}'..='\u{200f}').contains(&c) || is_bidi(c) => {
                out.extend(c.escape_unicode());
            }
            c => out.push(c),
        }
    }
    out
}

fn is_bidi(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The sequence after an escape character, where it is one for colours.
fn sgr(rest: &mut Peekable<Chars<'_>>) -> Option<String> {
    let mut ahead = rest.clone();
    let mut sequence = String::from("\x1b");
    sequence.push(ahead.next().filter(|&c| c == '[')?);
    loop {
        let c = ahead.next().filter(|&c| c.is_ascii_digit() || c == ';' || c == 'm')?;
        sequence.push(c);
        if c == 'm' {
            *rest = ahead;
            return Some(sequence);
        }
    }
}

/// Text without any sequence.
pub fn plain(text: &str) -> String {
    harmless(text, false)
}

/// So many columns are taken by text without sequences.
pub fn columns_of(text: &str) -> usize {
    text.chars().map(columns_of_char).sum()
}

fn columns_of_char(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// At most so many columns of text without sequences; what is cut ends with `..`.
pub fn cut(text: &str, columns: usize) -> String {
    if columns_of(text) <= columns {
        return text.to_owned();
    }
    let dots = columns.min(2);
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        used += columns_of_char(c);
        if used + dots > columns {
            break;
        }
        out.push(c);
    }
    out + &".."[..dots]
}

/// The end of a text, where the whole is too long: of a path, the file.
pub fn cut_before(text: &str, columns: usize) -> String {
    let mut rest = text;
    while columns_of(rest) + 2 > columns {
        if columns_of(text) <= columns {
            return text.to_owned();
        }
        let Some(first) = rest.chars().next() else { return ".."[..columns.min(2)].to_owned() };
        rest = &rest[first.len_utf8()..];
    }
    if rest.len() == text.len() { text.to_owned() } else { format!("..{rest}") }
}

/// A character with the sequences that hold at it.
struct Cell {
    /// Index into the styles.
    style: usize,
    text: char,
}

/// Harmless text in rows of at most so many columns, broken at spaces where there are some. What
/// follows a break is indented as its line is, or as what stands behind a label (`came      no`).
/// Each row sets its own colours and ends without any.
pub fn rows(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut styles = vec![String::new()];
    let mut rows = Vec::new();
    for line in text.lines() {
        let cells = cells(line, &mut styles);
        let indent = indent_of(&cells, columns);
        let mut start = 0;
        loop {
            let before = if start == 0 { 0 } else { indent };
            let (end, next) = break_at(&cells, start, columns - before);
            rows.push(row(&cells[start..end], before, &styles));
            if next >= cells.len() {
                break;
            }
            start = next;
        }
    }
    rows
}

/// No label ends later.
const LABEL_COLUMNS: usize = 12;

fn indent_of(cells: &[Cell], columns: usize) -> usize {
    let is_space = |index: &usize| cells.get(*index).is_some_and(|cell| cell.text == ' ');
    let spaces_from = |start: usize| (start..).take_while(is_space).count();
    let begin = spaces_from(0);
    let word = cells.iter().skip(begin).take_while(|cell| cell.text != ' ').count();
    let gap = spaces_from(begin + word);
    let behind = begin + word + gap;
    let fits = |indent: &usize| indent * 2 <= columns;
    let label = Some(behind).filter(|&behind| gap >= 2 && behind <= LABEL_COLUMNS);
    label.filter(fits).or(Some(begin).filter(fits)).unwrap_or(0)
}

fn cells(line: &str, styles: &mut Vec<String>) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut rest = line.chars().peekable();
    while let Some(text) = rest.next() {
        if text != '\x1b' {
            cells.push(Cell { style: styles.len() - 1, text });
        } else if let Some(sequence) = sgr(&mut rest) {
            let mut style = styles.last().cloned().unwrap_or_default();
            if matches!(&*sequence, "\x1b[m" | RESET) {
                style.clear();
            } else {
                style.push_str(&sequence);
            }
            styles.push(style);
        }
    }
    cells
}

/// Where a row that begins at `start` ends, and where the next one begins.
fn break_at(cells: &[Cell], start: usize, columns: usize) -> (usize, usize) {
    let mut used = 0;
    let mut space = None;
    for (index, cell) in cells.iter().enumerate().skip(start) {
        used += columns_of_char(cell.text);
        if cell.text == ' ' {
            space = Some(index);
        }
        // At least one goes into each row, or nothing would ever end.
        if used > columns && index > start {
            let is_text = |space: &usize| cells[start..*space].iter().any(|c| c.text != ' ');
            return match space.filter(is_text) {
                Some(space) => (space, space + 1),
                None => (index, index),
            };
        }
    }
    (cells.len(), cells.len())
}

fn row(cells: &[Cell], indent: usize, styles: &[String]) -> String {
    let mut out = " ".repeat(indent);
    let mut style = "";
    for cell in cells {
        let wanted = styles[cell.style].as_str();
        if wanted != style {
            if !style.is_empty() {
                out.push_str(RESET);
            }
            out.push_str(wanted);
            style = wanted;
        }
        out.push(cell.text);
    }
    if !style.is_empty() {
        out.push_str(RESET);
    }
    out
}

/// `[#####>-----] 5/12`, or only the numbers where there is no room for more.
pub fn bar(done: usize, all: usize, columns: usize) -> String {
    let numbers = format!("{done}/{all}");
    let room = columns.saturating_sub(numbers.len() + 3).min(all.clamp(8, 24));
    if room < 4 {
        return cut(&numbers, columns);
    }
    let full = done * room / all.max(1);
    let head = if full < room { ">" } else { "" };
    let empty = room - full - head.len();
    format!("[{}{head}{}] {numbers}", "#".repeat(full), "-".repeat(empty))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_colours_are_passed_on() {
        let wild = "a\x1b[2Jb\x1b]0;title\x07c\rd\x1b[31mred\x1b[0m\u{9b}1A\u{202e}e\tf\r\n";
        let tame = "a\\u{1b}[2Jb\\u{1b}]0;title\\u{7}c\\u{d}d\x1b[31mred\x1b[0m\\u{9b}1A\
                    \\u{202e}e    f\n";
        assert_eq!(harmless(wild, true), tame);
        assert_eq!(harmless("\x1b[1;31mred\x1b[m", false), "red");
        // Without an end it is none.
        assert_eq!(harmless("\x1b[31", true), "\\u{1b}[31");
    }

    #[test]
    fn rows_are_broken_at_words_and_keep_their_indentation() {
        assert_eq!(rows("  one two three", 10), ["  one two", "  three"]);
        assert_eq!(rows("came  one two three", 14), ["came  one two", "      three"]);
        assert_eq!(rows("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(rows("a\n\nb", 10), ["a", "", "b"]);
        // Wide characters take two columns.
        assert_eq!(rows("\u{4e00}\u{4e00}\u{4e00}", 5), ["\u{4e00}\u{4e00}", "\u{4e00}"]);
    }

    #[test]
    fn each_row_has_its_own_colours() {
        let red = "\x1b[31m";
        let text = format!("{red}one two{RESET} three");
        let expected = [format!("{red}one{RESET}"), format!("{red}two{RESET}"), "three".to_owned()];
        assert_eq!(rows(&text, 5), expected);
        assert_eq!(
            rows(&format!("{red}a\nb"), 5),
            [format!("{red}a{RESET}"), format!("{red}b{RESET}")]
        );
    }

    #[test]
    fn no_row_is_too_wide_at_any_width() {
        let text = "  some words \u{4e00}\u{4e00} and averyveryverylongword\n          deep in";
        for columns in 2..40 {
            for row in rows(text, columns) {
                assert!(columns_of(&row) <= columns, "{columns}: {row}");
            }
        }
        assert!(!rows(text, 1).is_empty());
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 5), "abc..");
        assert_eq!(cut("abcdef", 1), ".");
        assert_eq!(cut_before("a/b/main.rs", 9), "..main.rs");
        assert_eq!(cut_before("main.rs", 7), "main.rs");
        assert_eq!(cut_before("main.rs", 0), "");
    }

    #[test]
    fn the_bar_fits_and_is_full_only_at_the_end() {
        assert_eq!(bar(5, 12, 80), "[#####>------] 5/12");
        assert_eq!(bar(12, 12, 80), "[############] 12/12");
        assert_eq!(bar(0, 0, 80), "[>-------] 0/0");
        assert_eq!(bar(5, 12, 6), "5/12");
        for columns in 0..40 {
            assert!(bar(11, 12, columns).len() <= columns);
        }
    }
}
