//! A folder with something for each student, which replaces an earlier one as a whole.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use tempfile::TempDir;

use crate::import::harmless;
use crate::store::{Store, file_name};

/// How the name of a folder begins that is still being written.
const ASIDE: &str = ".reports-";

pub struct Folder {
    aside: TempDir,
    at: PathBuf,
}

impl Folder {
    /// # Errors
    /// When there is something else of that name, or nothing can be made beside it.
    pub fn begin(store: &Store, name: &str) -> anyhow::Result<Folder> {
        let at = store.path(name);
        ensure!(!at.exists() || at.is_dir(), "{} is no folder: move it away", at.display());
        let aside = tempfile::Builder::new().prefix(ASIDE).tempdir_in(store.path(""));
        let aside = aside.with_context(|| format!("make {}", at.display()))?;
        Ok(Folder { aside, at })
    }

    /// A student's file.
    ///
    /// # Errors
    /// When it cannot be written, or the student's name is none of a file.
    pub fn write(&self, student: &str, ending: &str, text: &str) -> anyhow::Result<()> {
        let path = self.aside.path().join(format!("{}.{ending}", plain(student)?));
        fs::write(&path, text).with_context(|| format!("write {}", path.display()))
    }

    /// Puts it where it belongs.
    ///
    /// # Errors
    /// When the earlier one cannot be removed, or this one not be renamed.
    pub fn finish(self) -> anyhow::Result<PathBuf> {
        let context = || format!("write {}", self.at.display());
        if self.at.exists() {
            fs::remove_dir_all(&self.at).with_context(context)?;
        }
        fs::rename(self.aside.path(), &self.at).with_context(context)?;
        // It is not there any more under its own name.
        let _ = self.aside.keep();
        Ok(self.at)
    }
}

/// The name of a student's file.
///
/// # Errors
/// When it would be a place elsewhere.
pub fn plain(student: &str) -> anyhow::Result<String> {
    let is_plain = !student.is_empty() && !student.contains(['/', '\0']);
    ensure!(is_plain, "{student:?} in results.json is no name of a student");
    Ok(file_name(&harmless(student)))
}

/// Removes what somebody who was killed has begun to write.
///
/// # Errors
/// When it cannot be removed.
pub fn sweep(store: &Store) -> anyhow::Result<()> {
    let folder = store.path("");
    let context = || format!("look through {}", folder.display());
    for entry in fs::read_dir(&folder).with_context(context)? {
        let entry = entry.with_context(context)?;
        if entry.file_name().to_string_lossy().starts_with(ASIDE) {
            fs::remove_dir_all(entry.path()).with_context(context)?;
        }
    }
    Ok(())
}
