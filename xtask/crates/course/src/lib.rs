//! What the course holds: lessons and exercises, found by looking, never listed.
//!
//! A lesson is a folder `lessons/lesson-NN-slug` whose Cargo.toml has `[package.metadata.course]`;
//! an exercise is `exercises/ex-NN-slug`. Adding one is adding a folder.

mod id;
mod keys;
mod manifest;
pub mod progress;
mod state;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs, thread};

use anyhow::{Context, anyhow, ensure};

pub use id::WrongId;
pub use manifest::{ExerciseTest, Form, Listing, Mutant};
pub use state::State;

/// Whether something is read and run, or solved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Lesson,
    Exercise,
}

impl Kind {
    /// How its packages' names begin.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Kind::Lesson => "lesson",
            Kind::Exercise => "ex",
        }
    }

    /// The top-level folder it lives in.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Kind::Lesson => "lessons",
            Kind::Exercise => "exercises",
        }
    }
}

/// All that an exercise's program is linked with.
pub const LIBRARIES: [&str; 3] = ["anyhow", "libc", "nix"];

/// Whether the course at `root` has our programs for the exercises in it: the students' copy, which
/// `handout` writes, has not.
#[must_use]
pub fn has_solutions(root: &Path) -> bool {
    root.join("solutions").is_dir()
}

/// A lesson or an exercise.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub kind: Kind,
    pub number: u32,
    /// The package, the binary and the short ID: `lesson-04`.
    pub id: String,
    /// The folder: `lessons/lesson-04-poll` below the root.
    pub path: PathBuf,
    pub title: String,
    /// One word for what it is about: `poll`.
    pub concept: String,
    /// The article's section, word for word.
    pub article: Option<String>,
    /// The article's listings that it covers.
    pub listings: Vec<Listing>,
    /// The lesson that an exercise belongs to.
    pub lesson: Option<String>,
    /// Whether an exercise's program is to be repaired or built.
    pub form: Form,
    /// What an exercise is checked with, in the order in which they are told. A lesson has none.
    pub tests: Vec<ExerciseTest>,
    /// Tests that only grading makes, after the others. The students' distribution has none.
    pub hidden: Vec<ExerciseTest>,
    /// How an exercise's skeleton fails.
    pub skeleton: Mutant,
    /// Wrong programs of an exercise, by the names of their files.
    pub mutants: BTreeMap<String, Mutant>,
    /// Wrong programs that only hidden tests notice.
    pub hidden_mutants: BTreeMap<String, Mutant>,
    /// Right programs of an exercise that are built otherwise than the solution.
    pub alternatives: Vec<String>,
}

impl Entry {
    /// The folder's own name: `lesson-04-poll`.
    #[must_use]
    pub fn folder_name(&self) -> &str {
        self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
    }

    /// What an exercise is worth to students: the sum over the tests that they know.
    #[must_use]
    pub fn points(&self) -> f64 {
        self.tests.iter().fold(0.0, |sum, test| sum + test.points)
    }

    /// What its hidden tests are worth.
    #[must_use]
    pub fn hidden_points(&self) -> f64 {
        self.hidden.iter().fold(0.0, |sum, test| sum + test.points)
    }
}

/// Everything, in course order: lessons by number, then exercises by number.
#[derive(Clone, Debug)]
pub struct Course {
    pub root: PathBuf,
    pub entries: Vec<Entry>,
}

impl Course {
    /// Finds the course that the working directory is in.
    ///
    /// # Errors
    /// When no directory above is a course, or a manifest in it is wrong.
    pub fn here() -> anyhow::Result<Course> {
        Course::read(Course::root_here()?)
    }

    /// The root of the course that the working directory is in, without reading any of it.
    ///
    /// # Errors
    /// When no directory above is a course.
    pub fn root_here() -> anyhow::Result<PathBuf> {
        let start = env::current_dir().context("find the working directory")?;
        let root = start.ancestors().find(|directory| is_root(directory));
        root.map(Path::to_owned).with_context(|| {
            format!(
                "no course in {} or above it: go to the folder that holds lessons/ and xtask/",
                start.display()
            )
        })
    }

    /// Reads the course at `root`.
    ///
    /// # Errors
    /// When a folder or a manifest is wrong; the message names file and key.
    pub fn read(root: PathBuf) -> anyhow::Result<Course> {
        let mut folders = Vec::new();
        for kind in [Kind::Lesson, Kind::Exercise] {
            let below = folders_in(&root.join(kind.folder()))?;
            folders.extend(below.into_iter().map(|folder| (kind, folder)));
        }
        let read = |some: &[(Kind, PathBuf)]| -> anyhow::Result<Vec<Entry>> {
            some.iter().map(|(kind, folder)| manifest::read(*kind, &root, folder)).collect()
        };
        // Everything begins with this, and half of it can be done on another processor.
        let (first, second) = folders.split_at(folders.len() / 2);
        let (first, second) = thread::scope(|scope| {
            let first = scope.spawn(|| read(first));
            let second = read(second);
            let died = || Err(anyhow!("a thread that read manifests has died"));
            (first.join().unwrap_or_else(|_| died()), second)
        });
        let mut entries = first?;
        entries.extend(second?);
        entries.sort_by_key(|entry| (entry.kind, entry.number));
        for pair in entries.windows(2) {
            ensure!(
                pair[0].id != pair[1].id,
                "{} and {} both have the number {}: give one of them another",
                pair[0].path.display(),
                pair[1].path.display(),
                pair[0].number
            );
        }
        Ok(Course { root, entries })
    }

    /// Only the lessons.
    pub fn lessons(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.kind == Kind::Lesson)
    }

    /// Only the exercises.
    pub fn exercises(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.kind == Kind::Exercise)
    }

    /// The exercises with these names, in the order asked for and each once; all where none is
    /// named.
    ///
    /// # Errors
    /// When a name is not an exercise's.
    pub fn exercises_named(&self, names: &[impl AsRef<str>]) -> Result<Vec<&Entry>, WrongId> {
        self.named(names, Kind::Exercise)
    }

    /// The lessons with these names, in the order asked for and each once; all where none is named.
    ///
    /// # Errors
    /// When a name is not a lesson's.
    pub fn lessons_named(&self, names: &[impl AsRef<str>]) -> Result<Vec<&Entry>, WrongId> {
        self.named(names, Kind::Lesson)
    }

    /// The exercise with this name.
    ///
    /// # Errors
    /// When there is none, or the name is a lesson's.
    pub fn exercise(&self, name: &str) -> Result<&Entry, WrongId> {
        let entry = self.resolve(name, Kind::Exercise)?;
        match entry.kind {
            Kind::Exercise => Ok(entry),
            Kind::Lesson => Err(WrongId::other_kind(name, Kind::Lesson)),
        }
    }

    fn named(&self, names: &[impl AsRef<str>], kind: Kind) -> Result<Vec<&Entry>, WrongId> {
        if names.is_empty() {
            return Ok(self.entries.iter().filter(|entry| entry.kind == kind).collect());
        }
        let mut found: Vec<&Entry> = Vec::new();
        for name in names {
            let entry = self.resolve(name.as_ref(), kind)?;
            if entry.kind != kind {
                return Err(WrongId::other_kind(name.as_ref(), entry.kind));
            }
            if !found.contains(&entry) {
                found.push(entry);
            }
        }
        Ok(found)
    }

    /// The entry that `text` names. A bare number is one of the `bare` kind.
    ///
    /// # Errors
    /// When no entry, or more than one, has that name.
    pub fn resolve(&self, text: &str, bare: Kind) -> Result<&Entry, WrongId> {
        id::resolve(&self.entries, text, bare)
    }
}

fn is_root(directory: &Path) -> bool {
    directory.join("xtask/Cargo.toml").is_file() && directory.join("lessons").is_dir()
}

/// The sub-folders of `folder`, hidden ones and links to folders as well: cargo takes each for a
/// member of the workspace.
fn folders_in(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let context = || format!("list {}", folder.display());
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder).with_context(context)? {
        let entry = entry.with_context(context)?;
        if entry.path().is_dir() {
            folders.push(entry.path());
        }
    }
    folders.sort();
    Ok(folders)
}
