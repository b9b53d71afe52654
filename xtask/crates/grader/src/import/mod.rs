//! What is taken from a submission: the source files of exercises, and nothing else.
//!
//! A submission is a folder or an archive named for its student. In it the exercises' folders are
//! looked for where students leave them: the submission may be a whole checkout, its `exercises`
//! folder, some of the exercises' folders, or any of these in one more folder; and a folder may
//! hold the archive that was uploaded. Of each exercise `src/**/*.rs` is taken. All else is the
//! course's, and ours is used: what differs from it is refused, with its path and the reason, and
//! the rest is graded.
//!
//! What is wrong with a submission is told to its student. What is wrong with this machine (a file
//! that may not be read) is an error, and the grade is unknown.

mod archive;
mod exercise;
mod folder;
mod open;
mod rules;
mod students;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use course::Course;

pub use open::import;
pub use rules::harmless;
pub use students::{Found, Student, chosen, find};

use exercise::Came;
use rules::printable;

/// Something that a program of ours would not touch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refused {
    /// In the submission, with what cannot be printed as `%XX`.
    pub path: String,
    pub why: String,
}

/// What is at a path of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    File {
        bytes: u64,
    },
    Folder,
    /// In words: "a symbolic link".
    Other(&'static str),
}

/// Why something in a submission could not be read.
#[derive(Debug)]
enum Unread {
    /// It is made so that it cannot be: what to tell its student.
    Theirs(String),
    /// This machine has failed.
    Ours(anyhow::Error),
}

/// A folder or an archive, looked at without following anything out of it. Paths are relative and
/// have only names in them.
trait Tree {
    /// What stands directly in a folder, by name. Nothing where there is no such folder.
    fn list(&mut self, folder: &Path) -> Result<Vec<(OsString, Kind)>, Unread>;

    /// The first `most_bytes` of a file.
    fn read(&mut self, file: &Path, most_bytes: u64) -> Result<Vec<u8>, Unread>;

    /// What could not even be listed.
    fn refused(&self) -> Vec<Refused> {
        Vec::new()
    }
}

/// The sources of one exercise, by their paths below `src`.
pub type Sources = BTreeMap<PathBuf, Vec<u8>>;

/// What was taken from one submission.
#[derive(Debug, Default)]
pub struct Imported {
    /// By the exercises' IDs.
    pub exercises: BTreeMap<String, Sources>,
    /// Exercises of which nothing may be taken, and why.
    pub unusable: BTreeMap<String, String>,
    /// Exercises that this machine could not read, and why.
    pub unread: BTreeMap<String, String>,
    pub refused: Vec<Refused>,
    /// About the submission as a whole.
    pub remarks: Vec<String>,
}

impl Imported {
    /// A submission of which nothing may be taken.
    fn refused_as_a_whole(course: &Course, path: String, why: &str) -> Imported {
        let said = format!("{path}: {why}");
        Imported {
            unusable: course.exercises().map(|entry| (entry.id.clone(), said.clone())).collect(),
            refused: vec![Refused { path, why: why.to_owned() }],
            ..Imported::default()
        }
    }

    /// A submission of which nothing is known.
    #[must_use]
    pub fn not_read(course: &Course, why: &str) -> Imported {
        let all = course.exercises().map(|entry| (entry.id.clone(), why.to_owned()));
        Imported { unread: all.collect(), remarks: vec![why.to_owned()], ..Imported::default() }
    }
}

/// Looks through a folder or an archive; `None` where there is no exercise in it.
fn look_through(course: &Course, tree: &mut dyn Tree) -> Result<Option<Imported>, Unread> {
    let mut imported = Imported { refused: tree.refused(), ..Imported::default() };
    let Some(base) = base(course, tree)? else { return Ok(None) };
    let there = tree.list(&base)?;
    for (name, _) in &there {
        let known = course.exercises().any(|entry| name.to_str() == Some(entry.folder_name()));
        if !known && name.as_encoded_bytes().starts_with(b"ex-") {
            let path = printable(base.join(name).as_os_str());
            let why = "no exercise of the course has this name".to_owned();
            imported.refused.push(Refused { path, why });
        }
    }
    for entry in course.exercises() {
        let folder = base.join(entry.folder_name());
        let found = there.iter().find(|(name, _)| name.to_str() == Some(entry.folder_name()));
        let what = match found {
            None => continue,
            Some((_, Kind::Folder)) => None,
            Some((_, Kind::File { .. })) => Some("a file"),
            Some((_, Kind::Other(what))) => Some(*what),
        };
        if let Some(what) = what {
            let (path, why) = (printable(folder.as_os_str()), format!("it is {what}"));
            imported.unusable.insert(entry.id.clone(), format!("{path}: {why}"));
            imported.refused.push(Refused { path, why });
            continue;
        }
        match exercise::take(course, entry, tree, &folder, &mut imported.refused) {
            Ok(Came::Sources(sources)) => {
                imported.exercises.insert(entry.id.clone(), sources);
            }
            Ok(Came::Unusable(why)) => {
                imported.unusable.insert(entry.id.clone(), why);
            }
            Ok(Came::Missing) => {}
            Err(error) => {
                imported.unread.insert(entry.id.clone(), format!("{error:#}"));
            }
        }
    }
    imported.refused.sort();
    imported.refused.dedup();
    Ok(Some(imported))
}

/// Folders that are looked into for the exercises.
const LOOKED_INTO: usize = 64;

/// Where the exercises' folders are: at the top, or in one folder more, as archives have it.
fn base(course: &Course, tree: &mut dyn Tree) -> Result<Option<PathBuf>, Unread> {
    let mut found = base_in(course, tree, Path::new(""))?;
    if !found.is_empty() {
        return only(found);
    }
    let top = tree.list(Path::new(""))?;
    let folders = top.iter().filter(|(name, kind)| {
        *kind == Kind::Folder && !name.as_encoded_bytes().starts_with(b".") && name != "__MACOSX"
    });
    for (name, _) in folders.take(LOOKED_INTO) {
        found.extend(base_in(course, tree, Path::new(name))?);
    }
    only(found)
}

fn only(found: Vec<PathBuf>) -> Result<Option<PathBuf>, Unread> {
    let shown = |place: &Path| match printable(place.as_os_str()) {
        name if name.is_empty() => "the submission itself".to_owned(),
        name => name,
    };
    match &found[..] {
        [] => Ok(None),
        [only] => Ok(Some(only.clone())),
        [one, other, ..] => Err(Unread::Theirs(format!(
            "exercises are in {} and in {}: which ones count?",
            shown(one),
            shown(other)
        ))),
    }
}

/// In a folder, or in its folder `exercises`.
fn base_in(course: &Course, tree: &mut dyn Tree, place: &Path) -> Result<Vec<PathBuf>, Unread> {
    let mut found = Vec::new();
    for candidate in [place.join("exercises"), place.to_owned()] {
        let names = tree.list(&candidate)?;
        let is_exercise = |name: &OsString| {
            course.exercises().any(|entry| name.to_str() == Some(entry.folder_name()))
        };
        if names.iter().any(|(name, _)| is_exercise(name)) {
            found.push(candidate);
        }
    }
    Ok(found)
}

/// Writes sources to an empty folder that every user can read.
///
/// # Errors
/// When it cannot be written.
pub fn write(sources: &Sources, folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    for (path, text) in sources {
        let file = folder.join(path);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent).with_context(|| format!("make {}", parent.display()))?;
        }
        fs::write(&file, text).with_context(|| format!("write {}", file.display()))?;
    }
    let mut waiting = vec![folder.to_owned()];
    while let Some(path) = waiting.pop() {
        let is_folder = path.is_dir();
        let mode = if is_folder { 0o755 } else { 0o644 };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))
            .with_context(|| format!("open {} to all", path.display()))?;
        if is_folder {
            for entry in fs::read_dir(&path).with_context(|| path.display().to_string())? {
                waiting.push(entry.with_context(|| path.display().to_string())?.path());
            }
        }
    }
    Ok(())
}
