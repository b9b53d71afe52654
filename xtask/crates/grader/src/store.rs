//! The folder that a run writes: each result as soon as it is there, each file whole or not at all.
//!
//! ```text
//! OUT/
//!   run.json            what the run was made with, see `record.rs`
//!   cache/KEY.json      an exercise's grade, by what it was made of
//!   submissions/S.json  a student's grade
//!   results.json        all of them
//!   grades.csv          a row for each student
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirBuilder, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, ensure};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use serde_json::Value;

use crate::model::{ExerciseGrade, Grade};
use crate::words::Wrong;

/// A run's folder.
pub struct Store {
    folder: PathBuf,
    /// Held by whoever writes.
    _lock: Option<Flock<File>>,
}

/// How the name of a file ends that is still being written.
const ASIDE: &str = ".new";
/// Longest name of a file, without its ending. 255 bytes are the most (`NAME_MAX`).
const NAME_BYTES: usize = 180;

impl Store {
    /// Opens a folder, and makes what is missing of it. One that holds other things is left alone.
    ///
    /// # Errors
    /// [`Wrong`](crate::words::Wrong) when it belongs to something else or somebody writes to it;
    /// another when it cannot be written.
    pub fn open(folder: &Path) -> anyhow::Result<Store> {
        let context = || format!("make the report's folder {}", folder.display());
        if folder.exists() && !folder.is_dir() {
            return Err(Wrong::usage(anyhow!("{} is no folder", folder.display())));
        }
        // Grades are nobody else's business.
        DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(context)?;
        let mut entries = fs::read_dir(folder).with_context(context)?;
        if entries.next().is_some() && !folder.join("cache").is_dir() {
            return Err(Wrong::usage(anyhow!(
                "{} holds other things: name an empty folder, or one of an earlier run",
                folder.display()
            )));
        }
        let lock = lock(folder)?;
        for name in ["", "cache", "submissions"] {
            let path = folder.join(name);
            fs::create_dir_all(&path).with_context(context)?;
            sweep(&path).with_context(context)?;
        }
        Ok(Store { folder: folder.to_owned(), _lock: lock })
    }

    /// An earlier run's folder, to read.
    #[must_use]
    pub fn at(folder: &Path) -> Store {
        Store { folder: folder.to_owned(), _lock: None }
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
        self.folder.join("submissions").join(format!("{}.json", file_name(student)))
    }

    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, grade: &Grade) -> anyhow::Result<()> {
        self.write(&self.submission(&grade.student), &grade.to_json())
    }

    /// # Errors
    /// When it is not there, or damaged.
    pub fn read(&self, student: &str) -> anyhow::Result<Grade> {
        read(&self.submission(student))
    }

    /// The grades of all students, by name.
    ///
    /// # Errors
    /// When there is none, or a damaged one.
    pub fn all(&self) -> anyhow::Result<BTreeMap<String, Grade>> {
        let folder = self.folder.join("submissions");
        let context = || format!("list {} (is it the folder of a run's report?)", folder.display());
        let mut grades = BTreeMap::new();
        for entry in fs::read_dir(&folder).with_context(context)? {
            let path = entry.with_context(context)?.path();
            if path.extension().is_some_and(|ending| ending == "json") {
                let grade = read(&path)?;
                grades.insert(grade.student.clone(), grade);
            }
        }
        ensure!(!grades.is_empty(), "{} has no graded submission", self.folder.display());
        Ok(grades)
    }

    /// Removes the grades of whoever is not among these students any more; tells how many.
    ///
    /// # Errors
    /// When they cannot be removed.
    pub fn forget_others(&self, students: &[&str]) -> anyhow::Result<usize> {
        let folder = self.folder.join("submissions");
        let context = || format!("look through {}", folder.display());
        let known: BTreeSet<PathBuf> =
            students.iter().map(|student| self.submission(student)).collect();
        let mut count = 0;
        for entry in fs::read_dir(&folder).with_context(context)? {
            let path = entry.with_context(context)?.path();
            if !known.contains(&path) {
                fs::remove_file(&path).with_context(|| format!("remove {}", path.display()))?;
                count += 1;
            }
        }
        Ok(count)
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
        let mut aside = tempfile::Builder::new();
        let aside = aside.prefix(".").suffix(ASIDE).tempfile_in(&self.folder);
        let aside = aside.with_context(context)?;
        let mut out = BufWriter::new(aside);
        pieces(&mut out).with_context(context)?;
        let aside = out.into_inner().map_err(std::io::IntoInnerError::into_error);
        aside.with_context(context)?.persist(&path).with_context(context)?;
        Ok(())
    }

    /// The same with a text.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_text(&self, path: &Path, text: &[u8]) -> anyhow::Result<()> {
        // One that says the same already is left as it is.
        if fs::read(path).is_ok_and(|before| before == text) {
            return Ok(());
        }
        files::replace(path, text).with_context(|| {
            format!("write {}: what is finished is kept, the same command goes on", path.display())
        })
    }
}

/// Whoever was killed may have had a child that was about to be a program: it has the lock for a
/// moment longer.
const PATIENCE: Duration = Duration::from_secs(3);

fn lock(folder: &Path) -> anyhow::Result<Option<Flock<File>>> {
    let end = Instant::now() + PATIENCE;
    loop {
        let opened = File::open(folder).with_context(|| format!("open {}", folder.display()))?;
        match Flock::lock(opened, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => return Ok(Some(lock)),
            Err((_, Errno::EWOULDBLOCK)) if Instant::now() < end => {
                std::thread::sleep(Duration::from_millis(50));
            }
            Err((_, Errno::EWOULDBLOCK)) => {
                return Err(Wrong::usage(anyhow!(
                    "somebody else is grading to {}: wait for that, or name another folder",
                    folder.display()
                )));
            }
            // Not every file system has locks.
            Err(_) => return Ok(None),
        }
    }
}

fn read(path: &Path) -> anyhow::Result<Grade> {
    let context = || format!("read {}", path.display());
    let text = fs::read(path).with_context(context)?;
    let json: Value = serde_json::from_slice(&text).with_context(context)?;
    Grade::from_json(&json).with_context(context)
}

/// Removes what somebody who was killed has begun to write.
fn sweep(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') && name.ends_with(ASIDE) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// A student's name as that of a file: a long one is cut, and told from others by a digest.
pub(crate) fn file_name(student: &str) -> String {
    if student.len() <= NAME_BYTES {
        return student.to_owned();
    }
    let cut = student.char_indices().map(|(at, _)| at).take_while(|&at| at <= NAME_BYTES - 40);
    let digest = blake3::hash(student.as_bytes()).to_hex();
    format!("{}-{}", &student[..cut.last().unwrap_or(0)], &digest[..32])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_and_stays_its_own() {
        assert_eq!(file_name("student-001"), "student-001");
        let (one, other) = (format!("{}1", "ü".repeat(300)), format!("{}2", "ü".repeat(300)));
        assert!(file_name(&one).len() <= NAME_BYTES && file_name(&one) != file_name(&other));
    }

    #[test]
    fn two_cannot_write_to_one_folder() {
        let folder = tempfile::tempdir().expect("make a folder");
        let store = Store::open(folder.path()).expect("open it");
        std::fs::write(folder.path().join("cache/.x.7-0.new"), "half").expect("leave a piece");
        let error = Store::open(folder.path()).err().expect("it is taken");
        assert!(error.is::<Wrong>() && error.to_string().contains("somebody else"), "{error:#}");
        drop(store);
        Store::open(folder.path()).expect("open it again");
        assert!(!folder.path().join("cache/.x.7-0.new").exists());
    }
}
