//! Which lines of a lesson are broken, and how.
//!
//! Three kinds: a `drop(…)` is left out; in the value of a `const` or `static` each number is made
//! one larger and one smaller, and each text a byte longer and a byte shorter; and so is a byte
//! string (`b"…"`) anywhere else, because that is what goes into a pipe. Left alone are comments,
//! what stands under a comment with "(any will do)", and the names and claims of the parts.

use std::ops::Range;

/// What stands under a comment with these words carries no fact.
const NO_FACT: &str = "(any will do)";

/// A file with one line broken.
pub struct Break {
    /// Counted from 1.
    pub line: usize,
    pub what: String,
    pub text: String,
}

/// Every way to break one line of a file.
pub fn breaks_of(text: &str) -> Vec<Break> {
    let lines = lines_of(text);
    let items = constants(text, &lines);
    let mut breaks = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let trimmed = text[line.clone()].trim();
        if trimmed.starts_with("drop(") && trimmed.ends_with(");") {
            let what = format!("without `{trimmed}`");
            breaks.push(Break {
                line: index + 1,
                what,
                text: replaced(text, std::slice::from_ref(line), ""),
            });
        }
    }
    for literal in literals(text) {
        let place = literal.range.start;
        let index = lines.iter().position(|line| line.end >= place).unwrap_or(0);
        let item = items.iter().find(|item| item.whole.contains(&place));
        let says_bytes = matches!(literal.kind, Kind::Text { of_bytes: true });
        let counts = item.map_or(says_bytes, |item| item.carries_facts && item.value_from <= place);
        if !counts || has_no_fact(text, &lines, index) {
            continue;
        }
        let old = &text[literal.range.clone()];
        for new in literal.kind.changed(old) {
            let mut places = vec![literal.range.clone()];
            places.extend(item.and_then(|item| length_in_type(text, item, &literal.range)));
            let what = format!("`{}` with {new} for {old}", text[lines[index].clone()].trim());
            breaks.push(Break { line: index + 1, what, text: replaced(text, &places, &new) });
        }
    }
    breaks.sort_by_key(|found| found.line);
    breaks
}

/// Where each line stands, without its newline.
fn lines_of(text: &str) -> Vec<Range<usize>> {
    let mut from = 0;
    let range = |line: &str| {
        let range = from..from + line.len();
        from = range.end + 1;
        range
    };
    text.split('\n').map(range).collect()
}

/// `places` are in any order; they do not overlap.
fn replaced(text: &str, places: &[Range<usize>], new: &str) -> String {
    let mut places = places.to_vec();
    places.sort_by_key(|place| place.start);
    let mut changed = text.to_owned();
    for place in places.into_iter().rev() {
        changed.replace_range(place, new);
    }
    changed
}

/// Whether the comment right above the line says so.
fn has_no_fact(text: &str, lines: &[Range<usize>], index: usize) -> bool {
    let above = lines[..index].iter().rev().map(|line| text[line.clone()].trim());
    above.take_while(|line| line.starts_with("//")).any(|line| line.contains(NO_FACT))
}

/// A `const` or `static`, up to its semicolon.
struct Item {
    whole: Range<usize>,
    /// Where its value begins, behind the ` = `.
    value_from: usize,
    carries_facts: bool,
}

fn constants(text: &str, lines: &[Range<usize>]) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let code = text[line.clone()].trim_start();
        let code = code.strip_prefix("pub ").unwrap_or(code);
        let declares = code.starts_with("const ") || code.starts_with("static ");
        let inside = items.last().is_some_and(|item| item.whole.contains(&line.start));
        if inside || !declares || code.starts_with("const fn") {
            continue;
        }
        // rustfmt ends an item with a semicolon at the end of a line.
        let rest = lines[index..].iter();
        let end = rest.map(|line| &text[line.clone()]).position(|line| line.ends_with(';'));
        let whole = line.start..lines[index + end.unwrap_or(0)].end;
        let value_from = text[whole.clone()].find(" =").map_or(whole.end, |at| whole.start + at);
        let names_a_part = ["const CLAIM: ", "const PARTS: "].map(|name| code.starts_with(name));
        let carries_facts = names_a_part == [false, false] && !has_no_fact(text, lines, index);
        items.push(Item { whole, value_from, carries_facts });
    }
    items
}

/// Of `[b'x'; 4096]` the number is in the type as well, and must be changed there, too.
fn length_in_type(text: &str, item: &Item, literal: &Range<usize>) -> Option<Range<usize>> {
    let is_length = text[..literal.start].ends_with("; ") && text[literal.end..].starts_with(']');
    let number = format!("; {}]", text.get(literal.clone()).filter(|_| is_length)?);
    let at = item.whole.start + text[item.whole.start..item.value_from].find(&number)?;
    Some(at + 2..at + number.len() - 1)
}

struct Literal {
    range: Range<usize>,
    kind: Kind,
}

enum Kind {
    Number,
    Text { of_bytes: bool },
}

impl Kind {
    fn changed(&self, old: &str) -> Vec<String> {
        match self {
            Kind::Number => numbers_beside(old),
            Kind::Text { .. } => texts_beside(old),
        }
    }
}

fn numbers_beside(old: &str) -> Vec<String> {
    let plain = old.replace('_', "");
    let (prefix, digits, radix) = match plain.strip_prefix("0x") {
        Some(digits) => ("0x", digits, 16),
        None => ("", &*plain, 10),
    };
    let is_digit = |letter: char| letter.is_digit(radix);
    let (digits, suffix) = digits.split_at(digits.find(|c| !is_digit(c)).unwrap_or(digits.len()));
    let Ok(number) = u64::from_str_radix(digits, radix) else { return Vec::new() };
    let write = |number: u64| match radix {
        16 => format!("{prefix}{number:x}{suffix}"),
        _ => format!("{number}{suffix}"),
    };
    number.checked_add(1).into_iter().chain(number.checked_sub(1)).map(write).collect()
}

fn texts_beside(old: &str) -> Vec<String> {
    let Some((prefix, inner)) = old.split_once('"') else { return Vec::new() };
    let mut changed = vec![format!("{prefix}\"x{inner}")];
    if inner.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        changed.push(format!("{prefix}\"{}", &inner[1..]));
    }
    changed
}

/// The numbers and texts in a file, in their order; comments and characters are passed over.
fn literals(text: &str) -> Vec<Literal> {
    let bytes = text.as_bytes();
    let at = |index: usize| bytes.get(index).copied().unwrap_or(0);
    let run = |from: usize, of: fn(u8) -> bool| {
        from + bytes[from..].iter().take_while(|byte| of(**byte)).count()
    };
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let (mut found, mut from) = (Vec::new(), 0);
    while from < bytes.len() {
        let word_end = run(from, is_word);
        let (prefix, quote) = (&text[from..word_end.max(from)], at(word_end));
        from = if bytes[from..].starts_with(b"//") {
            run(from, |byte| byte != b'\n')
        } else if quote == b'"' && ["", "b", "c", "r", "br"].contains(&prefix) {
            let end = end_of_text(bytes, word_end + 1, prefix.ends_with('r'));
            let of_bytes = prefix.starts_with('b');
            found.push(Literal { range: from..end, kind: Kind::Text { of_bytes } });
            end
        } else if quote == b'\'' && ["", "b"].contains(&prefix) {
            end_of_character(bytes, word_end + 1)
        } else if at(from).is_ascii_digit() {
            let is_field = from > 1 && at(from - 1) == b'.' && is_word(at(from - 2));
            if !is_field {
                found.push(Literal { range: from..word_end, kind: Kind::Number });
            }
            word_end
        } else {
            // All of a word, or one other byte; a letter outside ASCII is several of these.
            let next = word_end.max(from + 1);
            (next..).find(|next| text.is_char_boundary(*next)).unwrap_or(next)
        };
    }
    found
}

/// Behind the closing quote.
fn end_of_text(bytes: &[u8], mut from: usize, is_raw: bool) -> usize {
    while from < bytes.len() && bytes[from] != b'"' {
        from += if bytes[from] == b'\\' && !is_raw { 2 } else { 1 };
    }
    (from + 1).min(bytes.len())
}

/// Behind the closing quote of `'x'` or `'\n'`; of a lifetime, `'a`, behind its quote.
fn end_of_character(bytes: &[u8], from: usize) -> usize {
    let escaped = usize::from(bytes.get(from) == Some(&b'\\'));
    let close = bytes.iter().skip(from + escaped + 1).take(3).position(|byte| *byte == b'\'');
    close.map_or(from, |close| from + escaped + close + 2)
}

#[cfg(test)]
mod tests {
    use super::breaks_of;

    fn texts(text: &str) -> Vec<String> {
        breaks_of(text).into_iter().map(|found| found.text).collect()
    }

    #[test]
    fn numbers_are_made_larger_and_smaller() {
        assert_eq!(
            texts("const A: usize = 4_096 * 2;\n"),
            [
                "const A: usize = 4097 * 2;\n",
                "const A: usize = 4095 * 2;\n",
                "const A: usize = 4_096 * 3;\n",
                "const A: usize = 4_096 * 1;\n",
            ]
        );
        assert_eq!(texts("static A: u32 = 0x1F;\n")[1], "static A: u32 = 0x1e;\n");
        assert_eq!(texts("const A: u32 = 0u32;\n"), ["const A: u32 = 1u32;\n"]);
        assert!(texts("let a = 4;\nfn f() {}\n").is_empty());
    }

    #[test]
    fn a_length_is_changed_in_the_type_as_well() {
        let text = "static A: [u8; 4096] = [b'X'; 4096];\n";
        assert_eq!(texts(text)[0], "static A: [u8; 4097] = [b'X'; 4097];\n");
        let text = "const A: [u8; 2] = [2, 7];\n";
        assert_eq!(texts(text)[0], "const A: [u8; 2] = [3, 7];\n");
    }

    #[test]
    fn texts_get_a_byte_more_and_less() {
        assert_eq!(
            texts("pub const B: &[u8] = b\"hi\\n\";\n"),
            ["pub const B: &[u8] = b\"xhi\\n\";\n", "pub const B: &[u8] = b\"i\\n\";\n"]
        );
        assert_eq!(
            texts("    write(&w, b\"1\")?; // b\"2\"\n    f(\"3\", '\"', b'4');\n").len(),
            2
        );
        let lines = "const A: [(u8, &str); 1] = [\n    (1, \"it\\\"s 2\"),\n];\nlet a = 3;\n";
        assert_eq!(texts(lines).len(), 4);
    }

    #[test]
    fn what_carries_no_fact_is_left_alone() {
        assert!(texts("/// A deadline (any will do).\n/// Long.\nconst A: u64 = 5;\n").is_empty());
        assert!(texts("pub const CLAIM: &str =\n    \"one\";\n").is_empty());
        assert!(texts("// A token (any will do).\nwrite(b\"x\");\n").is_empty());
    }

    #[test]
    fn a_drop_is_left_out() {
        assert_eq!(texts("// because\n    drop(a);\nfn drop(&mut self) {}\n").len(), 1);
        let text = "// because\nlet n = a.as_raw_fd();\ndrop(a);\n";
        assert_eq!(texts(text), ["// because\nlet n = a.as_raw_fd();\n\n"]);
    }
}
