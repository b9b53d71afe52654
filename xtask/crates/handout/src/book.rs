//! The students' edition of the book: all of it but what is for instructors and authors.

use std::path::Path;

use crate::shipped::Files;

/// What is not theirs, in the folder of the book.
const NOT_THEIRS: &[&str] =
    &["README.md", "rustfmt.toml", "src/authors.md", "src/instructors", "src/instructors.md"];

/// Takes out of the book's files those that are not for students, and their lines out of the
/// table of contents.
pub fn leave_instructors_out(files: &mut Files) {
    let book = Path::new("book");
    let is_theirs = |path: &Path| !NOT_THEIRS.iter().any(|name| path.starts_with(book.join(name)));
    files.retain(|path, _| is_theirs(path));
    if let Some(contents) = files.get_mut(&book.join("src/SUMMARY.md")) {
        let kept: Vec<String> = String::from_utf8_lossy(contents)
            .lines()
            .filter(|line| !leads_away(line))
            .map(|line| format!("{line}\n"))
            .collect();
        *contents = kept.concat().into_bytes();
    }
}

/// Whether a line of the table of contents leads to a page that is not theirs.
fn leads_away(line: &str) -> bool {
    let page = line.rsplit_once("](").and_then(|(_, rest)| rest.strip_suffix(')'));
    let is_below =
        |page: &str| NOT_THEIRS.iter().any(|name| Path::new("src").join(page).starts_with(name));
    page.is_some_and(is_below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_goes_with_its_line() {
        let mut files = Files::new();
        let mut add = |path: &str, text: &str| files.insert(path.into(), text.into());
        add(
            "book/src/SUMMARY.md",
            "- [One](one.md)\n- [For all](instructors.md)\n  - [Much](instructors/scale.md)\n",
        );
        add("book/src/one.md", "");
        add("book/src/instructors.md", "");
        add("book/src/instructors/scale.md", "");
        add("README.md", "");
        leave_instructors_out(&mut files);
        let left: Vec<_> = files.keys().map(|path| path.display().to_string()).collect();
        assert_eq!(left, ["README.md", "book/src/SUMMARY.md", "book/src/one.md"]);
        assert_eq!(files[Path::new("book/src/SUMMARY.md")], b"- [One](one.md)\n");
    }
}
