//! Whose submissions there are.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use super::rules::printable;

/// How a submission came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Folder,
    Zip,
    TarGz,
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
                remarks.push(format!(
                    "{} is no submission: neither a folder nor a .zip or .tar.gz",
                    printable(&name)
                ));
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
    let bytes = name.as_bytes();
    if bytes.starts_with(b".") {
        return None;
    }
    if kind.is_dir() {
        return Some((name, Found::Folder));
    }
    let endings: [(&[u8], Found); 3] =
        [(b".zip", Found::Zip), (b".tar.gz", Found::TarGz), (b".tgz", Found::TarGz)];
    if !kind.is_file() {
        return None;
    }
    endings.into_iter().find_map(|(ending, found)| {
        let stem = bytes.strip_suffix(ending).filter(|stem| !stem.is_empty())?;
        Some((OsStr::from_bytes(stem), found))
    })
}
