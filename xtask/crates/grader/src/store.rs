//! The folder that a run writes: each result as soon as it is there, each file whole or not at all.
//!
//! ```text
//! OUT/
//!   run.json            the seed and what the run was made with
//!   cache/KEY.json      an exercise's grade, by what it was made of
//!   submissions/S.json  a student's grade
//!   results.json        all of them
//!   grades.csv          a row for each student
//! ```

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde_json::Value;
use tempfile::NamedTempFile;

use crate::model::{ExerciseGrade, Grade};

/// A run's folder.
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// Opens a folder, and makes what is missing of it. One that holds other things is left alone.
    ///
    /// # Errors
    /// When it cannot be written, or belongs to something else.
    pub fn open(folder: &Path) -> anyhow::Result<Store> {
        let context = || format!("make the report's folder {}", folder.display());
        fs::create_dir_all(folder).with_context(context)?;
        let mut entries = fs::read_dir(folder).with_context(context)?;
        let is_new = entries.next().is_none();
        ensure!(
            is_new || folder.join("cache").is_dir(),
            "{} holds other things: name an empty folder, or one of an earlier run",
            folder.display()
        );
        for name in ["cache", "submissions"] {
            fs::create_dir_all(folder.join(name)).with_context(context)?;
        }
        Ok(Store { folder: folder.to_owned() })
    }

    /// An earlier run's folder, to read.
    #[must_use]
    pub fn at(folder: &Path) -> Store {
        Store { folder: folder.to_owned() }
    }

    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A grade of the same things, if there is one.
    #[must_use]
    pub fn cached(&self, key: &str) -> Option<ExerciseGrade> {
        let text = fs::read(self.cache(key)).ok()?;
        let json: Value = serde_json::from_slice(&text).ok()?;
        ExerciseGrade::from_json(&json).ok()
    }

    /// Keeps a grade for whoever hands in the same.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn cache_grade(&self, key: &str, grade: &ExerciseGrade) -> anyhow::Result<()> {
        self.write(&self.cache(key), &grade.to_json())
    }

    fn cache(&self, key: &str) -> PathBuf {
        self.folder.join("cache").join(format!("{key}.json"))
    }

    /// Where a student's grade is.
    #[must_use]
    pub fn submission(&self, student: &str) -> PathBuf {
        self.folder.join("submissions").join(format!("{student}.json"))
    }

    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, grade: &Grade) -> anyhow::Result<()> {
        self.write(&self.submission(&grade.student), &grade.to_json())
    }

    /// # Errors
    /// When it is not there, or damaged.
    pub fn read(&self, student: &str) -> anyhow::Result<Grade> {
        let path = self.submission(student);
        let context = || format!("read {}", path.display());
        let text = fs::read(&path).with_context(context)?;
        let json: Value = serde_json::from_slice(&text).with_context(context)?;
        Grade::from_json(&json).with_context(context)
    }

    /// Writes a file whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path, json: &Value) -> anyhow::Result<()> {
        let text = format!("{json:#}\n");
        self.write_text(path, text.as_bytes())
    }

    /// Writes a file of the folder piece by piece, whole or not at all.
    ///
    /// # Errors
    /// When a piece cannot be made, or the file not be written.
    pub fn write_by(
        &self,
        name: &str,
        pieces: &mut dyn FnMut(&mut dyn Write) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let path = self.path(name);
        let context = || format!("write {}", path.display());
        let aside = NamedTempFile::new_in(&self.folder).with_context(context)?;
        let mut out = BufWriter::new(aside);
        pieces(&mut out).with_context(context)?;
        let aside = out.into_inner().map_err(std::io::IntoInnerError::into_error);
        aside.with_context(context)?.persist(&path).with_context(context)?;
        Ok(())
    }

    /// # Errors
    /// When it cannot be written.
    fn write_text(&self, path: &Path, text: &[u8]) -> anyhow::Result<()> {
        // One that says the same already is left as it is.
        if fs::read(path).is_ok_and(|before| before == text) {
            return Ok(());
        }
        files::replace(path, text).with_context(|| {
            format!("write {}: what is finished is kept, the same command goes on", path.display())
        })
    }
}
