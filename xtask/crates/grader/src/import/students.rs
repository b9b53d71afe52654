//! Whose submissions there are.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use course::Course;

use super::rules::printable;

/// How a submission came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Folder,
    Zip,
    TarGz,
    /// An archive of a kind that is not read.
    Unknown,
}

/// One submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Student {
    /// The folder's or the archive's name, without its ending; printable.
    pub name: String,
    pub path: PathBuf,
    pub found: Found,
    /// Other submissions of the same name: which one counts, nobody knows.
    pub others: Vec<PathBuf>,
}

/// All submissions in a folder, by name, and what in it is none.
///
/// # Errors
/// When the folder cannot be read, or has no submission in it.
pub fn find(folder: &Path) -> anyhow::Result<(Vec<Student>, Vec<String>)> {
    let context = || format!("list the submissions in {}", folder.display());
    let mut students: BTreeMap<String, Student> = BTreeMap::new();
    let mut remarks = Vec::new();
    let mut entries = fs::read_dir(folder)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(context)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type().with_context(context)?;
        let name = entry.file_name();
        let Some((stem, found)) = recognized(&name, kind) else {
            if !name.as_bytes().starts_with(b".") {
                let what = if kind.is_symlink() { "a link" } else { "no .zip and no .tar.gz" };
                remarks.push(format!("{} is no submission: it is {what}", printable(&name)));
            }
            continue;
        };
        let student =
            Student { name: printable(stem), path: entry.path(), found, others: Vec::new() };
        students
            .entry(student.name.clone())
            .and_modify(|first| first.others.push(student.path.clone()))
            .or_insert(student);
    }
    ensure!(
        !students.is_empty(),
        "no submission in {}: it holds a folder, a .zip or a .tar.gz for each student",
        folder.display()
    );
    Ok((students.into_values().collect(), remarks))
}

fn recognized(name: &OsStr, kind: fs::FileType) -> Option<(&OsStr, Found)> {
    if name.as_bytes().starts_with(b".") {
        None
    } else if kind.is_dir() {
        Some((name, Found::Folder))
    } else if kind.is_file() {
        archive(name)
    } else {
        None
    }
}

/// What a student may have handed in all the same: it must not go unseen.
const OTHERS: [&str; 9] =
    [".rar", ".7z", ".tar", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".gz"];

/// An archive's name without its ending.
pub fn archive(name: &OsStr) -> Option<(&OsStr, Found)> {
    let bytes = name.as_bytes();
    let read = [(".zip", Found::Zip), (".tar.gz", Found::TarGz), (".tgz", Found::TarGz)];
    let endings = read.into_iter().chain(OTHERS.map(|ending| (ending, Found::Unknown)));
    endings.into_iter().find_map(|(ending, found)| {
        let (stem, end) = bytes.split_at_checked(bytes.len().checked_sub(ending.len())?)?;
        let fits = end.eq_ignore_ascii_case(ending.as_bytes()) && !stem.is_empty();
        fits.then(|| (OsStr::from_bytes(stem), found))
    })
}

/// The submissions that a path names: those in a folder, or the one that it is itself.
///
/// # Errors
/// When it cannot be read, or there is no submission.
pub fn chosen(course: &Course, path: &Path) -> anyhow::Result<(Vec<Student>, Vec<String>)> {
    let whole = path.canonicalize().with_context(|| {
        format!(
            "look for submissions in {}: name a folder with a folder, a .zip or a .tar.gz for each \
             student, or a single one of these",
            path.display()
        )
    })?;
    let name = whole.file_name().unwrap_or_default();
    let one = |stem: &OsStr, found| {
        let (name, path) = (printable(stem), whole.clone());
        Ok((vec![Student { name, path, found, others: Vec::new() }], Vec::new()))
    };
    if whole.is_file() {
        let (stem, found) = archive(name)
            .with_context(|| format!("{} is no .zip and no .tar.gz", path.display()))?;
        return one(stem, found);
    }
    let is_exercise = |entry: &course::Entry| {
        let in_it = [whole.join("exercises"), whole.clone()];
        in_it.iter().any(|folder| folder.join(entry.folder_name()).exists())
    };
    if course.exercises().any(is_exercise) { one(name, Found::Folder) } else { find(path) }
}
