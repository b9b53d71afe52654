//! What is taken from a submission: the source files of exercises, and nothing else.
//!
//! A submission is a folder or an archive named for its student. In it the exercises' folders are
//! looked for where students leave them: the submission may be a whole checkout, its `exercises`
//! folder, some of the exercises' folders, or any of these in one more folder. Of each exercise
//! `src/**/*.rs` is taken. All else is the course's, and ours is used: what differs from it is
//! refused, with its path and the reason, and the rest is graded.

mod archive;
mod folder;
mod rules;
mod students;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use course::{Course, Entry};

pub use students::{Found, Student, find};

use rules::{Take, printable};

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

/// A folder or an archive, looked at without following anything out of it. Paths are relative and
/// have only names in them.
trait Tree {
    /// What stands directly in a folder, by name. Nothing where there is no such folder.
    fn list(&mut self, folder: &Path) -> anyhow::Result<Vec<(OsString, Kind)>>;

    /// The first `most_bytes` of a file.
    fn read(&mut self, file: &Path, most_bytes: u64) -> anyhow::Result<Vec<u8>>;

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
    /// Exercises of which nothing can be graded, and why.
    pub unusable: BTreeMap<String, String>,
    pub refused: Vec<Refused>,
    /// About the submission as a whole.
    pub remarks: Vec<String>,
}

/// Looks through a submission and takes what may be taken.
///
/// # Errors
/// When it cannot be read at all.
pub fn import(course: &Course, student: &Student) -> anyhow::Result<Imported> {
    let context = || format!("read the submission {}", student.path.display());
    let mut tree: Box<dyn Tree> = match student.found {
        Found::Folder => Box::new(folder::Folder::open(&student.path).with_context(context)?),
        Found::Zip => Box::new(archive::Zip::open(&student.path).with_context(context)?),
        Found::TarGz => Box::new(archive::Tar::open(&student.path).with_context(context)?),
    };
    let mut imported = Imported { refused: tree.refused(), ..Imported::default() };
    let Some(base) = base(course, tree.as_mut()).with_context(context)? else {
        imported.remarks.push("no folder of an exercise was found in it".to_owned());
        return Ok(imported);
    };
    let there = tree.list(&base)?;
    for entry in course.exercises() {
        let folder = base.join(entry.folder_name());
        let found = there.iter().find(|(name, _)| name.to_str() == Some(entry.folder_name()));
        if let Some((_, Kind::Other(what))) = found {
            let (path, why) = (printable(folder.as_os_str()), format!("it is {what}"));
            imported.unusable.insert(entry.id.clone(), format!("{path}: {why}"));
            imported.refused.push(Refused { path, why });
            continue;
        }
        take(course, entry, tree.as_mut(), &folder, &mut imported).with_context(context)?;
    }
    imported.refused.sort();
    imported.refused.dedup();
    Ok(imported)
}

/// Where the exercises' folders are. A folder around everything, as archives have it, is stepped
/// into once.
fn base(course: &Course, tree: &mut dyn Tree) -> anyhow::Result<Option<PathBuf>> {
    let mut places = vec![PathBuf::new()];
    let top = tree.list(Path::new(""))?;
    let folders = top.iter().filter(|(name, kind)| {
        *kind == Kind::Folder && !name.as_encoded_bytes().starts_with(b".") && name != "__MACOSX"
    });
    if let [(only, _)] = folders.collect::<Vec<_>>()[..] {
        places.push(PathBuf::from(only));
    }
    for place in places {
        for candidate in [place.join("exercises"), place] {
            let names = tree.list(&candidate)?;
            let is_exercise = |name: &OsString| {
                course.exercises().any(|entry| name.to_str() == Some(entry.folder_name()))
            };
            if names.iter().any(|(name, _)| is_exercise(name)) {
                return Ok(Some(candidate));
            }
        }
    }
    Ok(None)
}

/// One exercise's folder.
fn take(
    course: &Course,
    entry: &Entry,
    tree: &mut dyn Tree,
    folder: &Path,
    imported: &mut Imported,
) -> anyhow::Result<()> {
    let mut sources = Sources::new();
    let mut taken_bytes = 0;
    let mut waiting = vec![PathBuf::new()];
    let mut seen = 0;
    let refuse = |imported: &mut Imported, below: &Path, why: String| {
        let path = folder.join(below);
        let path = printable(path.as_os_str()).trim_end_matches('/').to_owned();
        imported.refused.push(Refused { path, why });
    };
    while let Some(at) = waiting.pop() {
        for (name, kind) in tree.list(&folder.join(&at))? {
            let below = at.join(&name);
            seen += 1;
            if seen > rules::ENTRIES {
                refuse(imported, Path::new(""), format!("more than {} entries", rules::ENTRIES));
                waiting.clear();
                break;
            }
            match rules::look(&below, kind) {
                Take::Enter => waiting.push(below),
                Take::Skip => {}
                Take::Refuse(why) => refuse(imported, &below, why),
                Take::Source(bytes) if taken_bytes + bytes > rules::SOURCE_BYTES => {
                    let most = rules::SOURCE_BYTES;
                    refuse(imported, &below, format!("all sources have more than {most} bytes"));
                }
                Take::Source(bytes) => {
                    let text = tree.read(&folder.join(&below), bytes)?;
                    taken_bytes += text.len() as u64;
                    let below_src = below.strip_prefix("src").unwrap_or(&below).to_owned();
                    sources.insert(below_src, text);
                }
                Take::Compare(bytes) => {
                    let theirs = tree.read(&folder.join(&below), bytes)?;
                    let ours = fs::read(course.root.join(&entry.path).join(&below));
                    if ours.is_ok_and(|ours| ours == theirs) {
                        continue;
                    }
                    let why = "it is not a source file: the course's own is used";
                    refuse(imported, &below, why.to_owned());
                }
            }
        }
    }
    let main = Path::new("main.rs");
    if sources.contains_key(main) {
        imported.exercises.insert(entry.id.clone(), sources);
    } else {
        let paths = ["src/main.rs", "src", ""];
        let paths = paths.map(|below| {
            printable(folder.join(below).as_os_str()).trim_end_matches('/').to_owned()
        });
        let why = imported.refused.iter().find(|refused| paths.contains(&refused.path));
        if let Some(Refused { path, why }) = why {
            imported.unusable.insert(entry.id.clone(), format!("{path}: {why}"));
        }
    }
    Ok(())
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
