//! One entry's Cargo.toml.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use serde::Deserialize;

use crate::{Entry, Kind};

/// A listing of the article that a lesson covers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// What the article calls it.
    pub listing: String,
    /// The part of the lesson where it stands.
    pub part: String,
    /// What the article has wrong there.
    pub corrected: String,
}

/// A wrong program of an exercise, and how its tests must notice it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutant {
    /// The test that must fail.
    pub test: String,
    /// Words that must stand in what the student is told came.
    pub came: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LessonKeys {
    title: String,
    concept: String,
    article: String,
    #[serde(default)]
    listings: Vec<Listing>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExerciseKeys {
    title: String,
    concept: String,
    lesson: String,
    points: f64,
    article: Option<String>,
    #[serde(default)]
    mutants: BTreeMap<String, Mutant>,
    #[serde(default)]
    alternatives: Vec<String>,
}

/// Reads the entry in `folder`, which lies below `root`.
pub fn read(kind: Kind, root: &Path, folder: &Path) -> anyhow::Result<Entry> {
    let path = folder.strip_prefix(root).unwrap_or(folder).to_owned();
    let manifest = path.join("Cargo.toml");
    let text = fs::read_to_string(folder.join("Cargo.toml")).with_context(|| {
        format!("read {}: every folder in {} is a crate", manifest.display(), kind.folder())
    })?;
    let table: toml::Table =
        toml::from_str(&text).with_context(|| format!("understand {}", manifest.display()))?;
    let package = table.get("package");
    let id = package
        .and_then(|package| package.get("name"))
        .and_then(toml::Value::as_str)
        .with_context(|| format!("{}: the key package.name is missing", manifest.display()))?;
    let keys = package
        .and_then(|package| package.get("metadata"))
        .and_then(|metadata| metadata.get("course"))
        .cloned()
        .with_context(|| {
            format!("{}: the table [package.metadata.course] is missing", manifest.display())
        })?;
    let number = number_of(kind, id, &path)?;

    let wrong = || format!("{}: [package.metadata.course]", manifest.display());
    let mut entry = Entry {
        kind,
        number,
        id: id.to_owned(),
        path,
        title: String::new(),
        concept: String::new(),
        article: None,
        listings: Vec::new(),
        lesson: None,
        points: None,
        mutants: BTreeMap::new(),
        alternatives: Vec::new(),
    };
    match kind {
        Kind::Lesson => {
            let keys: LessonKeys = keys.try_into().with_context(wrong)?;
            (entry.title, entry.concept) = (keys.title, keys.concept);
            (entry.article, entry.listings) = (Some(keys.article), keys.listings);
        }
        Kind::Exercise => {
            let keys: ExerciseKeys = keys.try_into().with_context(wrong)?;
            (entry.title, entry.concept) = (keys.title, keys.concept);
            (entry.lesson, entry.points) = (Some(keys.lesson), Some(keys.points));
            entry.article = keys.article;
            (entry.mutants, entry.alternatives) = (keys.mutants, keys.alternatives);
        }
    }
    check_names(&entry).with_context(wrong)?;
    Ok(entry)
}

/// A concept is something to type, and cannot be taken for an ID.
fn check_names(entry: &Entry) -> anyhow::Result<()> {
    let Entry { title, concept, .. } = entry;
    ensure!(!title.trim().is_empty(), "the key `title` is empty");
    let is_word = |word: &str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    let is_kebab =
        concept.starts_with(|c: char| c.is_ascii_lowercase()) && concept.split('-').all(is_word);
    let is_id = ["lesson-", "ex-"].iter().any(|prefix| concept.starts_with(prefix));
    ensure!(
        is_kebab && !is_id,
        "the key `concept` is `{concept}`: it takes lower-case words with hyphens between them, \
         and does not begin like an ID"
    );
    Ok(())
}

/// `lesson-04` in a folder `lesson-04-…` is number 4.
fn number_of(kind: Kind, id: &str, path: &Path) -> anyhow::Result<u32> {
    let prefix = kind.prefix();
    let digits = id.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-'));
    let Some(digits) = digits.filter(|digits| digits.len() == 2) else {
        bail!("{}/Cargo.toml: package.name is `{id}`, not `{prefix}-NN`", path.display());
    };
    let number = digits.parse().ok().filter(|&number| number > 0).with_context(|| {
        format!("{}/Cargo.toml: package.name is `{id}`, not `{prefix}-NN`", path.display())
    })?;
    let folder = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    ensure!(
        folder.strip_prefix(id).is_some_and(|slug| slug.len() > 1 && slug.starts_with('-')),
        "{}: a folder for the package `{id}` is named `{id}-…`",
        path.display()
    );
    Ok(number)
}
