//! What is begun before the course is read: that takes a tenth of the time for which a student
//! waits at a save, and rustc can work meanwhile.

use std::fs;
use std::path::{Path, PathBuf};

use build::{Compiling, Recipe};
use course::{Entry, progress};

use crate::place::Place;

/// A program that rustc works on already.
pub struct HeadStart {
    id: String,
    /// The exercise's folder below the root.
    path: PathBuf,
    /// What was saved before rustc began.
    pub content: u64,
    pub compiling: Compiling,
}

impl HeadStart {
    /// Where a single exercise is named by its number, and it is known how it is compiled.
    pub fn of(root: &Path, names: &[String], place: &Place) -> Option<HeadStart> {
        let [name] = names else { return None };
        let number: u32 = name.strip_prefix("ex-").unwrap_or(name).parse().ok()?;
        let id = format!("ex-{number:02}");
        let path = folder_of(root, &id)?;
        HeadStart::begin(root, id, path, place)
    }

    /// The same for an exercise that has been found.
    pub fn at(root: &Path, entry: &Entry, place: &Place) -> Option<HeadStart> {
        HeadStart::begin(root, entry.id.clone(), entry.path.clone(), place)
    }

    fn begin(root: &Path, id: String, path: PathBuf, place: &Place) -> Option<HeadStart> {
        if !root.join(&path).join("src/main.rs").is_file() {
            return None;
        }
        // First: a save while rustc works must not count as compiled.
        let content = progress::content_of(&root.join(&path)).ok()?;
        let recipe = Recipe::known(root, &id, &path)?;
        let folder = place.path().join("program");
        fs::create_dir(&folder).ok()?;
        let compiling = recipe.start(root, &folder.join(&id)).ok()?;
        Some(HeadStart { id, path, content, compiling })
    }

    /// Whether it is this exercise that it has begun with.
    pub fn is_of(&self, entry: &Entry) -> bool {
        (&self.id, &self.path) == (&entry.id, &entry.path)
    }
}

/// The only folder of the exercise with this ID.
fn folder_of(root: &Path, id: &str) -> Option<PathBuf> {
    let begin = format!("{id}-");
    let entries = fs::read_dir(root.join("exercises")).ok()?.flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut found = names.filter(|name| name.starts_with(&begin));
    match (found.next(), found.next()) {
        (Some(name), None) => Some(Path::new("exercises").join(name)),
        _ => None,
    }
}
