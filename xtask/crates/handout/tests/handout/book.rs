//! The students' edition of the book: nothing in it leads to what they do not have.

use std::path::Path;

use crate::kit::{copy, texts};

/// What a page includes and links, without what stands behind the file's name.
fn named(page: &str) -> impl Iterator<Item = &str> {
    let after = |opening: &'static str| page.split(opening).skip(1);
    let included = after("{{#include ").filter_map(|rest| rest.split([':', '}']).next());
    let linked = after("](").filter_map(|rest| rest.split([')', '#']).next());
    let is_file = |name: &&str| !name.is_empty() && !name.contains("://");
    included.chain(linked.filter(|name| !name.contains(' '))).filter(is_file)
}

/// What in a page leads nowhere.
fn in_vain(page: &Path, text: &str) -> Vec<String> {
    let folder = copy().join(page);
    let folder = folder.parent().expect("a folder");
    named(text).filter(|name| !folder.join(name).exists()).map(str::to_owned).collect()
}

#[test]
fn every_page_has_what_it_includes_and_links() {
    let pages = texts(copy()).into_iter().filter(|(path, _)| {
        path.starts_with("book/src") && path.extension().is_some_and(|ending| ending == "md")
    });
    let mut count = 0;
    for (path, text) in pages {
        assert_eq!(in_vain(&path, &text), Vec::<String>::new(), "{}", path.display());
        count += named(&text).count();
    }
    assert!(count > 200, "{count} includes and links");
    let away = in_vain(Path::new("book/src/a.md"), "[all](instructors.md#x) {{#include no.rs:a}}");
    assert_eq!(away, ["no.rs", "instructors.md"]);
}
