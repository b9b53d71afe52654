//! What may be taken, by name, kind and size.

use std::ffi::OsStr;
use std::path::{Component, Path};

use super::Kind;

/// Entries of one exercise's folder that are looked at.
pub const ENTRIES: usize = 2_000;
/// Size of one source file.
pub const FILE_BYTES: u64 = 256 << 10;
/// Size of all source files of one exercise.
pub const SOURCE_BYTES: u64 = 1 << 20;
/// Folders below `src`.
const DEPTH: usize = 4;
/// Folders beside it.
const DEPTH_BESIDE: usize = 16;
/// Longest name.
const NAME_BYTES: usize = 64;
/// Files of other kinds that are compared with the course's own.
const COMPARED_BYTES: u64 = 1 << 20;

/// What to do with something in an exercise's folder.
#[derive(Debug, PartialEq, Eq)]
pub enum Take {
    /// Look into this folder.
    Enter,
    /// A source file of this size.
    Source(u64),
    /// Not a source: harmless if it is the course's own, of this size.
    Compare(u64),
    Skip,
    Refuse(String),
}

/// Decides by the path below the exercise's folder.
pub fn look(below: &Path, kind: Kind) -> Take {
    let names: Vec<&OsStr> = below.iter().collect();
    let in_source = names.first().is_some_and(|name| *name == "src");
    if !below.components().all(|part| matches!(part, Component::Normal(_))) {
        return Take::Refuse("a path that leads out of its folder".to_owned());
    }
    match kind {
        Kind::Other(what) => Take::Refuse(format!("it is {what}")),
        Kind::Folder if !in_source => {
            // What cargo and git leave there is nobody's work.
            let left = names.last().is_some_and(|name| *name == "target" || *name == ".git");
            match names.len() {
                _ if left => Take::Skip,
                ..=DEPTH_BESIDE => Take::Enter,
                _ => Take::Refuse(format!("more than {DEPTH_BESIDE} folders deep")),
            }
        }
        Kind::Folder if names.len() > DEPTH => {
            Take::Refuse(format!("more than {DEPTH} folders deep"))
        }
        Kind::Folder => match odd_name(names.last().copied(), "") {
            Some(why) => Take::Refuse(why),
            None => Take::Enter,
        },
        Kind::File { bytes } if !in_source && bytes <= COMPARED_BYTES => Take::Compare(bytes),
        Kind::File { bytes } if !in_source => Take::Refuse(format!("{bytes} bytes, not a source")),
        Kind::File { bytes } if bytes > FILE_BYTES => {
            Take::Refuse(format!("{bytes} bytes, more than {FILE_BYTES}"))
        }
        Kind::File { bytes } => match odd_name(names.last().copied(), ".rs") {
            Some(why) => Take::Refuse(why),
            None => Take::Source(bytes),
        },
    }
}

/// Why a name is not one that rustc would look for.
fn odd_name(name: Option<&OsStr>, ending: &str) -> Option<String> {
    let Some(name) = name.and_then(OsStr::to_str) else {
        return Some("its name is not UTF-8".to_owned());
    };
    let Some(stem) = name.strip_suffix(ending) else {
        return Some("only .rs files are taken from src".to_owned());
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.len() > NAME_BYTES {
        return Some(format!("its name has more than {NAME_BYTES} bytes"));
    }
    (stem.is_empty() || !stem.chars().all(plain))
        .then(|| "a name with other characters than letters, digits, - and _".to_owned())
}

/// So much of a name is shown. A folder's entry has at most 255 bytes, each of them as `%XX`.
const SHOWN_BYTES: usize = 800;

/// A name as it can stand in a report and on a terminal: what is not printable UTF-8 as `%XX`.
pub fn printable(name: &OsStr) -> String {
    let mut text = String::new();
    let (name, is_cut) = match name.as_encoded_bytes() {
        name if name.len() > SHOWN_BYTES => (&name[..SHOWN_BYTES], true),
        name => (name, false),
    };
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() || deceives(c) {
                let mut buffer = [0; 4];
                text.extend(c.encode_utf8(&mut buffer).bytes().map(|byte| format!("%{byte:02X}")));
            } else {
                text.push(c);
            }
        }
        text.extend(chunk.invalid().iter().map(|byte| format!("%{byte:02X}")));
    }
    if is_cut {
        text.push('…');
    }
    text
}

/// So much of what a program or a compiler has said stands in a report. A compiler's words are cut
/// before, and a test's are short, unless a program has made them long.
const SAID_BYTES: usize = 32 << 10;

/// Several lines of what a program or a compiler has said, as they can stand on a terminal.
pub fn harmless(said: &str) -> String {
    let mut text = String::new();
    for (at, c) in said.char_indices() {
        if text.len() > SAID_BYTES {
            text.push_str(&format!("\n[{} bytes more]", said.len() - at));
            break;
        }
        match c {
            '\n' | '\t' => text.push(c),
            c if c.is_control() || deceives(c) => text.extend(c.escape_default()),
            c => text.push(c),
        }
    }
    text
}

/// What turns the direction of text or has no width makes a text look like another.
fn deceives(c: char) -> bool {
    let marks = matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{feff}');
    marks || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt;

    const FILE: Kind = Kind::File { bytes: 10 };

    #[test]
    fn sources_are_taken_and_nothing_else() {
        assert_eq!(look(Path::new("src/main.rs"), FILE), Take::Source(10));
        assert_eq!(look(Path::new("src/a/b_c-1.rs"), FILE), Take::Source(10));
        assert_eq!(look(Path::new("Cargo.toml"), FILE), Take::Compare(10));
        assert_eq!(look(Path::new("build.rs"), FILE), Take::Compare(10));
        for path in ["src/a.txt", "src/.rs", "src/a b.rs", "src/a\u{202e}.rs", "src/../x.rs"] {
            assert!(matches!(look(Path::new(path), FILE), Take::Refuse(_)), "{path}");
        }
        let long = format!("src/{}.rs", "x".repeat(80));
        assert!(matches!(look(Path::new(&long), FILE), Take::Refuse(_)));
        assert!(matches!(look(Path::new("src/a/b/c/d"), Kind::Folder), Take::Refuse(_)));
        let deep = "a/".repeat(17);
        assert!(matches!(look(Path::new(&deep), Kind::Folder), Take::Refuse(_)));
        assert_eq!(look(Path::new("target"), Kind::Folder), Take::Skip);
        let large = Kind::File { bytes: FILE_BYTES + 1 };
        assert!(matches!(look(Path::new("src/main.rs"), large), Take::Refuse(_)));
        let link = Kind::Other("a symbolic link");
        assert!(matches!(look(Path::new("src/main.rs"), link), Take::Refuse(_)));
    }

    #[test]
    fn what_cannot_be_printed_is_escaped() {
        assert_eq!(printable(OsStr::from_bytes(b"a\xffb\n\x1b[1m")), "a%FFb%0A%1B[1m");
        assert_eq!(printable(OsStr::new("grün \u{202e}x")), "grün %E2%80%AEx");
        let long = printable(OsStr::new(&"x".repeat(70_000)));
        assert!(long.len() < 1000 && long.ends_with('…'));
        let long = harmless(&"\u{1b}".repeat(1 << 20));
        assert!(long.len() < SAID_BYTES + 100 && long.ends_with("bytes more]"));
        assert_eq!(
            harmless("a\tb\n\x1b[2J\r\u{202e}grün\u{9b}"),
            "a\tb\n\\u{1b}[2J\\r\\u{202e}grün\\u{9b}"
        );
    }
}
