//! The instructors' edition: the book, and on each exercise's page our program.
//!
//! mdBook has no conditions. So the pages are copied into a folder below target/ that has all else
//! of the repository by links, at the same place from the pages' point of view.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::Context;
use course::Course;

const FOLDER: &str = "target/book-instructors-source";
/// What is not linked: ours, made by git and cargo, and the book itself.
const NOT_LINKED: [&str; 4] = [".git", ".pipeworks", "target", "book"];

/// Makes that folder; returns where mdBook finds the book in it.
pub fn instructors(course: &Course) -> anyhow::Result<PathBuf> {
    let folder = course.root.join(FOLDER);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("remove the old {FOLDER}"));
        }
        _ => {}
    }
    fs::create_dir_all(&folder).with_context(|| format!("make {FOLDER}"))?;
    for (name, path) in entries(&course.root)? {
        if !NOT_LINKED.contains(&name.as_str()) {
            symlink(&path, folder.join(&name)).with_context(|| format!("link {name}"))?;
        }
    }
    copy(&course.root.join("book"), &folder.join("book"))?;
    for entry in course.exercises() {
        let name = entry.folder_name();
        let page = folder.join("book/src/exercises").join(format!("{}.md", entry.id));
        let text = fs::read_to_string(&page).with_context(|| format!("read {}", page.display()))?;
        let program = format!(
            "\n## Our program\n\n`solutions/{name}/src/main.rs`:\n\n```rust,noplayground\n\
             {{{{#include ../../../solutions/{name}/src/main.rs}}}}\n```\n"
        );
        fs::write(&page, text + &program).with_context(|| format!("write {}", page.display()))?;
    }
    Ok(folder.join("book"))
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to).with_context(|| format!("make {}", to.display()))?;
    for (name, path) in entries(from)? {
        let target = to.join(name);
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(&path, &target).with_context(|| format!("copy {}", path.display()))?;
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let context = || format!("list {}", folder.display());
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).with_context(context)? {
        let entry = entry.with_context(context)?;
        entries.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
    }
    Ok(entries)
}
