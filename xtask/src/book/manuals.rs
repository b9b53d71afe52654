//! The manual pages that the book and the lessons name must be there.

use std::collections::BTreeSet;
use std::path::Path;

use crate::tidy::Tree;
use crate::tidy::page::place;

const FOLDER: &str = "/usr/share/man";
/// Named everywhere; without it no manual pages of the kernel are installed.
const ALWAYS: &str = "pipe(7)";
const INSTALL: &str = "the manual pages are not installed: apt-get install manpages manpages-dev \
                       glibc-doc";

/// Where a manual page is named that is not there; an error where none are installed.
pub fn missing(tree: &Tree) -> Result<Vec<String>, &'static str> {
    if !is_there(ALWAYS) {
        return Err(INSTALL);
    }
    let mut findings = Vec::new();
    let mut known = BTreeSet::new();
    for (path, text) in &tree.texts {
        let is_page = path.starts_with("book/src");
        if !is_page && !path.starts_with("lessons") {
            continue;
        }
        for (index, line) in text.lines().enumerate() {
            // In a lesson only comments speak of manual pages.
            let said = is_page || line.trim_start().starts_with("//");
            for name in names(line).filter(|_| said) {
                if !known.contains(name) && !is_there(name) {
                    findings.push(format!("{}: no manual page {name}", place(path, index)));
                }
                known.insert(name);
            }
        }
    }
    Ok(findings)
}

/// `fork(2)` and the like.
fn names(line: &str) -> impl Iterator<Item = &str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    line.match_indices('(').filter_map(move |(open, _)| {
        let close = open + line[open..].find(')')?;
        let section = &line[open + 1..close];
        let is_section = section.starts_with(|c: char| ('1'..='8').contains(&c))
            && ["", "p", "const"].contains(&&section[1..]);
        let begin = line[..open].rfind(|c| !is_word(c)).map_or(0, |before| before + 1);
        let name = &line[begin..open];
        // `alarm::set(5)` is a call.
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && !line[..begin].ends_with([':', '.']);
        (is_section && is_name).then_some(&line[begin..=close])
    })
}

/// Whether such a page is installed, or one of which it is a part in newer manual pages.
fn is_there(named: &str) -> bool {
    let Some((name, section)) = named.strip_suffix(')').and_then(|it| it.split_once('(')) else {
        return false;
    };
    match section {
        _ if has_page(name, section) => true,
        // Since man-pages 6.8 each file of /proc has a page of its own, and each request of prctl.
        "5" => name.starts_with("proc_") && has_page("proc", "5"),
        "2const" => name.starts_with("PR_") && has_page("prctl", "2"),
        // POSIX's own pages are not free everywhere; Linux's have the same names.
        "3p" => has_page(name, "2") || has_page(name, "3"),
        _ => false,
    }
}

fn has_page(name: &str, section: &str) -> bool {
    let folder = Path::new(FOLDER).join(format!("man{}", &section[..1]));
    let file = |end: &str| folder.join(format!("{name}.{section}{end}")).exists();
    file(".gz") || file("")
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn names_of_manual_pages_are_found() {
        let line = "see pipe(7), `_exit(2)` and write(3p); not f(x), g(10), (2), a::b(5) or Ok(1)";
        let found: Vec<&str> = names(line).collect();
        assert_eq!(found, ["pipe(7)", "_exit(2)", "write(3p)", "Ok(1)"]);
    }
}
