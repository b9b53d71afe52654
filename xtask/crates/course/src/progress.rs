//! How far a student is with the exercises: a plain text file that the checks write.
//!
//! A mark belongs to a content: the sources of the exercise, its tests and its manifest. As soon as
//! one of them changes, what was checked is no longer known, so `list` needs to run nothing and
//! still never tells of something that does not hold.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};

use anyhow::Context;
use nix::fcntl::{Flock, FlockArg};

use crate::{Entry, State};

const HEADER: &str = "# How far you are with the exercises. `cargo xtask check` writes it.\n\
                      # exercise, what the last check said, of which content, hints shown\n";

/// What is known about one exercise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Whether the last check passed; `None` where there was none.
    pub passed: Option<bool>,
    /// Of which content: see [`content`].
    pub content: u64,
    /// The highest level of hint that was shown.
    pub hints: u8,
}

/// All marks, by the exercise's ID.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub marks: BTreeMap<String, Mark>,
}

impl Progress {
    /// What the file says; nothing where there is none. A line that is not understood is passed
    /// over: at worst an exercise has to be checked again.
    #[must_use]
    pub fn read(root: &Path) -> Progress {
        let text = fs::read_to_string(file(root)).unwrap_or_default();
        Progress { marks: text.lines().filter_map(parse).collect() }
    }

    /// Changes the mark of one exercise, also while somebody else changes another's.
    ///
    /// # Errors
    /// When the file cannot be written; it is then as it was.
    pub fn change(root: &Path, id: &str, change: impl FnOnce(&mut Mark)) -> anyhow::Result<()> {
        let path = file(root);
        let folder = path.parent().unwrap_or(root);
        fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
        let lock = folder.join("progress.lock");
        let lock = File::create(&lock).with_context(|| format!("open {}", lock.display()))?;
        // Held until the end: who reads before it and writes after would undo the other's change.
        let lock = Flock::lock(lock, FlockArg::LockExclusive)
            .map_err(|(_, error)| error)
            .context("lock the progress")?;
        let mut progress = Progress::read(root);
        change(progress.marks.entry(id.to_owned()).or_default());
        files::replace(&path, progress.text().as_bytes())
            .with_context(|| format!("write {}", path.display()))?;
        drop(lock);
        Ok(())
    }

    fn text(&self) -> String {
        let mut text = HEADER.to_owned();
        for (id, mark) in &self.marks {
            let said = match mark.passed {
                Some(true) => "passed",
                Some(false) => "failed",
                None => "unchecked",
            };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{id} {said} {:016x} {}", mark.content, mark.hints);
        }
        text
    }
}

fn file(root: &Path) -> PathBuf {
    root.join(".pipeworks/progress")
}

fn parse(line: &str) -> Option<(String, Mark)> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let [id, said, content, hints] = words[..] else { return None };
    let passed = match said {
        "passed" => Some(true),
        "failed" => Some(false),
        "unchecked" => None,
        _ => return None,
    };
    let content = u64::from_str_radix(content, 16).ok()?;
    Some((id.to_owned(), Mark { passed, content, hints: hints.parse().ok()? }))
}

/// A number for all that a check depends on: `src/`, `tests/` and the manifest of an exercise.
///
/// # Errors
/// When a source cannot be read.
pub fn content(root: &Path, entry: &Entry) -> anyhow::Result<u64> {
    content_of(&root.join(&entry.path))
}

/// The same for an exercise in this folder.
///
/// # Errors
/// As [`content`].
pub fn content_of(folder: &Path) -> anyhow::Result<u64> {
    let mut files = vec![folder.join("Cargo.toml")];
    for below in ["src", "tests"] {
        files.extend(files_below(&folder.join(below))?);
    }
    // Its keys are fixed, so the number is the same in every process.
    let mut hasher = DefaultHasher::new();
    for path in files {
        let bytes = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
        let name = path.strip_prefix(folder).unwrap_or(&path);
        hasher.write(name.as_os_str().as_encoded_bytes());
        hasher.write_usize(bytes.len());
        hasher.write(&bytes);
    }
    Ok(hasher.finish())
}

/// All files below `folder`, sorted; none where there is no such folder.
///
/// Without what is no source: hidden files (an editor's), FIFOs (an open of one would wait for
/// ever), links that lead nowhere.
///
/// # Errors
/// When a folder cannot be listed.
pub fn files_below(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        if !next.is_dir() {
            continue;
        }
        let context = || format!("list {}", next.display());
        for entry in fs::read_dir(&next).with_context(context)? {
            let entry = entry.with_context(context)?;
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            if entry.file_type().with_context(context)?.is_dir() {
                waiting.push(entry.path());
            } else if entry.path().is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Where an exercise stands, by what is known about its present content.
#[must_use]
pub fn state(root: &Path, entry: &Entry, progress: &Progress) -> State {
    let Some(mark) = progress.marks.get(&entry.id) else { return State::NeverTried };
    match mark.passed {
        None => State::NeverTried,
        Some(true) if content(root, entry).is_ok_and(|now| now == mark.content) => State::Done,
        Some(_) => State::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_windows_lose_nothing() {
        let place = tempfile::tempdir().expect("make a directory");
        let root = place.path();
        std::thread::scope(|scope| {
            for window in 0..4_u8 {
                scope.spawn(move || {
                    for hint in 1..=20 {
                        let id = format!("ex-{window:02}");
                        Progress::change(root, &id, |mark| {
                            assert_eq!(mark.hints + 1, hint, "somebody's change was undone");
                            mark.hints = hint;
                        })
                        .expect("change the progress");
                    }
                });
            }
        });
        assert_eq!(Progress::read(root).marks.len(), 4);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mark = Mark { passed: Some(true), content: 0xfedc_ba98_7654_3210, hints: 3 };
        let progress = Progress { marks: BTreeMap::from([("ex-07".to_owned(), mark)]) };
        let text = progress.text() + "a line from the future\n";
        assert_eq!(text.lines().filter_map(parse).collect::<BTreeMap<_, _>>(), progress.marks);
    }
}
