//! The book includes listings by `ANCHOR: name` … `ANCHOR_END: name`. mdBook prints an empty
//! listing for an unknown anchor and runs to the end of the file for an unclosed one, without a
//! word; so both are found here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::tree::Tree;

pub fn check(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    // Names are unique in a crate, so that a chapter can name them without the file.
    let mut seen: BTreeMap<(PathBuf, String), PathBuf> = BTreeMap::new();
    for (path, text) in tree.rust_below(Path::new("lessons")) {
        let krate: PathBuf = path.components().take(2).collect();
        let (names, wrong) = anchors_of(text);
        findings.extend(wrong.into_iter().map(|(line, what)| at(path, line, &what)));
        for (line, name) in names {
            let key = (krate.clone(), name.clone());
            if let Some(first) = seen.insert(key, path.to_owned()) {
                let what = format!("the anchor `{name}` stands in {} already", first.display());
                findings.push(at(path, line, &what));
            }
        }
    }
    findings
}

fn at(path: &Path, line: usize, what: &str) -> String {
    format!("{}:{line}: {what}", path.display())
}

type Numbered = Vec<(usize, String)>;

/// The anchors of one file, and what is wrong with them, both by line.
fn anchors_of(text: &str) -> (Numbered, Numbered) {
    let (mut names, mut wrong): (Numbered, Numbered) = (Vec::new(), Vec::new());
    let mut open: Option<(usize, String, i64)> = None;
    let mut depth = 0;
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let trimmed = line.trim_start();
        if let Some(name) = trimmed.strip_prefix("// ANCHOR: ") {
            if let Some((_, outer, _)) = &open {
                wrong.push((number, format!("the anchor `{name}` begins inside `{outer}`")));
            }
            names.push((number, name.to_owned()));
            open = Some((number, name.to_owned(), depth));
        } else if let Some(name) = trimmed.strip_prefix("// ANCHOR_END: ") {
            match open.take() {
                Some((_, begun, at_depth)) if begun == name => {
                    if at_depth != depth {
                        wrong.push((number, format!("the anchor `{name}` cuts a brace")));
                    }
                }
                _ => wrong.push((number, format!("the anchor `{name}` ends and has not begun"))),
            }
        } else if trimmed.contains("ANCHOR") {
            wrong.push((number, "an anchor is written `// ANCHOR: name`".to_owned()));
        } else if !trimmed.starts_with("//") {
            depth += balance(line);
        }
    }
    if let Some((number, name, _)) = open {
        wrong.push((number, format!("the anchor `{name}` does not end")));
    }
    (names, wrong)
}

/// Opening braces less closing ones. Braces in strings come in pairs here: format strings.
fn balance(line: &str) -> i64 {
    line.chars().map(|c| i64::from(c == '{') - i64::from(c == '}')).sum()
}

#[cfg(test)]
mod tests {
    use super::anchors_of;

    #[track_caller]
    fn assert_wrong(text: &str, expected: &str) {
        let (_, wrong) = anchors_of(text);
        let text: Vec<String> =
            wrong.iter().map(|(line, what)| format!("{line}: {what}")).collect();
        assert_eq!(text.join("\n"), expected);
    }

    #[test]
    fn whole_anchors_are_fine() {
        assert_wrong("// ANCHOR: a\nfn f() {\n}\n// ANCHOR_END: a\n", "");
    }

    #[test]
    fn broken_anchors_are_found() {
        assert_wrong("// ANCHOR: a\n", "1: the anchor `a` does not end");
        assert_wrong("// ANCHOR_END: a\n", "1: the anchor `a` ends and has not begun");
        assert_wrong(
            "// ANCHOR: a\n// ANCHOR: b\n// ANCHOR_END: b\n",
            "2: the anchor `b` begins inside `a`",
        );
        assert_wrong(
            "// ANCHOR: a\nfn f() {\n// ANCHOR_END: a\n}\n",
            "3: the anchor `a` cuts a brace",
        );
        assert_wrong("//ANCHOR: a\n", "1: an anchor is written `// ANCHOR: name`");
    }
}
