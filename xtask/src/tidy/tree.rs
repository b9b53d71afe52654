//! The files that belong to the repository, as text.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

/// What may stand at the top level.
const TOP_LEVEL: &[&str] = &[
    ".cargo",
    ".ci",
    ".editorconfig",
    ".gitattributes",
    ".gitignore",
    ".vscode",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "book",
    "clippy.toml",
    "deny.toml",
    "exercises",
    "lessons",
    "rustfmt.toml",
    "solutions",
    "xtask",
];

/// Made by cargo, git and the runner; not part of the repository.
const MADE: &[&str] = &[".git", ".pipeworks", "target"];

/// Paths below the root, with the text of those that are UTF-8.
pub struct Tree {
    pub texts: BTreeMap<PathBuf, String>,
    paths: Vec<PathBuf>,
}

impl Tree {
    /// The files that git tracks; all files where this is no checkout.
    pub fn read(root: &Path) -> anyhow::Result<Tree> {
        let paths = match tracked(root) {
            Some(paths) => paths,
            None => walk(root)?,
        };
        let mut texts = BTreeMap::new();
        for path in &paths {
            // Deleted, and git does not know it yet.
            let Ok(bytes) = fs::read(root.join(path)) else { continue };
            if let Ok(text) = String::from_utf8(bytes) {
                texts.insert(path.clone(), text);
            }
        }
        Ok(Tree { texts, paths })
    }

    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Tree {
        let text = |(path, text): &(&str, &str)| (PathBuf::from(path), (*text).to_owned());
        let texts: BTreeMap<PathBuf, String> = files.iter().map(text).collect();
        let paths = texts.keys().cloned().collect();
        Tree { texts, paths }
    }

    /// Rust files below `folder`.
    pub fn rust_below(&self, folder: &Path) -> impl Iterator<Item = (&Path, &str)> {
        self.texts
            .iter()
            .filter(move |(path, _)| path.starts_with(folder))
            .filter(|(path, _)| path.extension().is_some_and(|extension| extension == "rs"))
            .map(|(path, text)| (path.as_path(), text.as_str()))
    }

    /// Files where none belongs.
    pub fn strays(&self) -> Vec<String> {
        let is_stray = |path: &&PathBuf| {
            let top = path.components().next().map(|part| part.as_os_str().to_string_lossy());
            let known = top.is_some_and(|top| TOP_LEVEL.contains(&&*top));
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let leftover = [".new", ".orig", ".rej", ".bak", ".swp", "~"];
            !known || leftover.iter().any(|ending| name.ends_with(ending))
        };
        let say = |path: &PathBuf| format!("{}: a stray file; remove it", path.display());
        self.paths.iter().filter(is_stray).map(say).collect()
    }
}

fn tracked(root: &Path) -> Option<Vec<PathBuf>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root);
    let output = git.output().ok()?;
    let listing = String::from_utf8(output.stdout).ok()?;
    let paths: Vec<PathBuf> =
        listing.split('\0').filter(|path| !path.is_empty()).map(PathBuf::from).collect();
    (output.status.success() && !paths.is_empty()).then_some(paths)
}

fn walk(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let context = || format!("list {}", folder.display());
        for entry in fs::read_dir(&folder).with_context(context)? {
            let entry = entry.with_context(context)?;
            let path = entry.path();
            let below = path.strip_prefix(root).unwrap_or(&path).to_owned();
            if MADE.iter().any(|made| below.starts_with(made)) {
                continue;
            }
            if entry.file_type().with_context(context)?.is_dir() {
                folders.push(path);
            } else {
                paths.push(below);
            }
        }
    }
    paths.sort();
    Ok(paths)
}
