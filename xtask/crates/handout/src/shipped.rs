//! Which files students get.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use course::Course;

use crate::book;
use crate::manifests::{self, Tool};
use crate::modules;
use crate::readme;

/// By their paths.
pub type Files = BTreeMap<PathBuf, Vec<u8>>;

/// At the top level.
const TOP: &[&str] = &[
    ".cargo/config.toml",
    ".editorconfig",
    ".gitignore",
    ".vscode/settings.json",
    "Cargo.lock",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "clippy.toml",
    "rustfmt.toml",
];
const BOOK: &str = "book";
/// In an exercise's folder.
const EXERCISE: &[&str] = &["README.md", "hints", "skeleton", "tests"];
/// What the runner is built from, and the programs that it builds when a verb first needs them.
const TOOLS: &[&str] = &["xtask", "checker", "snapshots", "watcher"];

/// All that grades: the whole course but the book.
const GRADES: &[&str] = &["Cargo.toml", "README.md", "exercises", "lessons", "solutions", "xtask"];

/// What a machine gets that grades, below a folder `course`.
///
/// # Errors
/// When a file cannot be read.
pub fn graders(course: &Course) -> anyhow::Result<Files> {
    let mut files = Files::new();
    let there = |name: &&Path| course.root.join(name).exists();
    for name in TOP.iter().chain(GRADES).map(Path::new).filter(there) {
        add(&course.root, name, &Path::new("course").join(name), &mut files)?;
    }
    Ok(files)
}

/// What students get.
///
/// # Errors
/// When one cannot be read or understood.
pub fn files(course: &Course) -> anyhow::Result<Files> {
    let root = &course.root;
    let mut files = Files::new();
    let top = TOP.iter().chain([&BOOK]).map(Path::new);
    for name in top.filter(|name| root.join(name).exists()) {
        add(root, name, name, &mut files)?;
    }
    book::leave_instructors_out(&mut files);
    for lesson in course.lessons() {
        add(root, &lesson.path, &lesson.path, &mut files)?;
    }
    for exercise in course.exercises() {
        for name in EXERCISE {
            let path = exercise.path.join(name);
            add(root, &path, &path, &mut files)?;
        }
        // As it begins, whatever stands in it here.
        add(root, &exercise.path.join("skeleton"), &exercise.path.join("src"), &mut files)?;
        let manifest = exercise.path.join("Cargo.toml");
        let text = manifests::exercise(&read(root, &manifest)?);
        let text = text.with_context(|| manifest.display().to_string())?;
        files.insert(manifest, text.into_bytes());
    }
    tools(root, &mut files)?;
    let mut used = BTreeSet::new();
    for (path, text) in &files {
        if path.file_name().is_some_and(|name| name == "Cargo.toml") {
            used.extend(manifests::inherited(&String::from_utf8_lossy(text)));
        }
    }
    let workspace = manifests::workspace(&read(root, Path::new("Cargo.toml"))?, &used)?;
    files.insert("Cargo.toml".into(), workspace.into_bytes());
    let readme = readme::readme(&read(root, Path::new("README.md"))?)?;
    files.insert("README.md".into(), readme.into_bytes());
    Ok(files)
}

/// The runner, and of its crates those that it needs.
fn tools(root: &Path, files: &mut Files) -> anyhow::Result<()> {
    let mut waiting: Vec<String> = TOOLS.iter().map(|name| (*name).to_owned()).collect();
    // What the lessons and the exercises' tests stand on.
    for (path, text) in &*files {
        if path.file_name().is_some_and(|name| name == "Cargo.toml") {
            waiting.extend(manifests::inherited(&String::from_utf8_lossy(text)));
        }
    }
    let mut done = BTreeSet::new();
    while let Some(name) = waiting.pop() {
        let folder = match name.as_str() {
            "xtask" => PathBuf::from("xtask"),
            name => Path::new("xtask/crates").join(name),
        };
        let manifest = folder.join("Cargo.toml");
        if !root.join(&manifest).is_file() || !done.insert(name) {
            continue;
        }
        let mut sources = Files::new();
        add(root, &folder.join("src"), &folder.join("src"), &mut sources)?;
        modules::leave_authors_out(&mut sources);
        let text: Vec<_> = sources.values().map(|text| String::from_utf8_lossy(text)).collect();
        let Tool { text, needs } = manifests::tool(&read(root, &manifest)?, &text.join("\n"))
            .with_context(|| manifest.display().to_string())?;
        waiting.extend(needs);
        files.append(&mut sources);
        files.insert(manifest, text.into_bytes());
    }
    Ok(())
}

fn read(root: &Path, path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(root.join(path)).with_context(|| format!("read {}", path.display()))
}

/// Adds a file, or all below a folder, under another path. What editors, tests and merges leave
/// behind is not taken.
fn add(root: &Path, path: &Path, to: &Path, files: &mut Files) -> anyhow::Result<()> {
    let (at, context) = (root.join(path), || format!("read {}", path.display()));
    if !at.is_dir() {
        files.insert(to.to_owned(), fs::read(&at).with_context(context)?);
        return Ok(());
    }
    for entry in fs::read_dir(&at).with_context(context)? {
        let name = entry.with_context(context)?.file_name();
        let text = name.to_string_lossy();
        let leftovers = [".new", ".orig", ".rej", ".bak", ".swp", "~", ".pending-snap"];
        let is_leftover = leftovers.iter().any(|ending| text.ends_with(ending));
        if !is_leftover && !text.starts_with('.') && text != "target" {
            add(root, &path.join(&name), &to.join(&name), files)?;
        }
    }
    Ok(())
}
