//! One exercise's folder in a submission.

use std::fs;
use std::path::{Path, PathBuf};

use course::{Course, Entry};

use super::rules::{self, Take, printable};
use super::{Kind, Refused, Sources, Tree, Unread};

/// What came of it.
pub enum Came {
    Sources(Sources),
    /// What is there may not be taken: why.
    Unusable(String),
    /// There is no program.
    Missing,
}

struct Taking<'a> {
    course: &'a Course,
    entry: &'a Entry,
    tree: &'a mut dyn Tree,
    /// In the submission.
    folder: &'a Path,
    sources: Sources,
    taken_bytes: u64,
    refused: Vec<Refused>,
}

/// Takes the sources and says in `refused` what is left.
///
/// # Errors
/// When this machine could not read it.
pub fn take(
    course: &Course,
    entry: &Entry,
    tree: &mut dyn Tree,
    folder: &Path,
    refused: &mut Vec<Refused>,
) -> anyhow::Result<Came> {
    let mut taking = Taking {
        course,
        entry,
        tree,
        folder,
        sources: Sources::new(),
        taken_bytes: 0,
        refused: Vec::new(),
    };
    let too_many = taking.walk();
    let Taking { sources, refused: more, .. } = taking;
    let shown = |below: &str| printable(folder.join(below).as_os_str());
    let came = if too_many? {
        let why = format!("more than {} files and folders", rules::ENTRIES);
        let path = shown("").trim_end_matches('/').to_owned();
        refused.push(Refused { path: path.clone(), why: why.clone() });
        Came::Unusable(format!("{path}: {why}"))
    } else if sources.contains_key(Path::new("main.rs")) {
        Came::Sources(sources)
    } else {
        let paths = [shown("src/main.rs"), shown("src"), shown("").trim_end_matches('/').into()];
        match more.iter().find(|refused| paths.contains(&refused.path)) {
            Some(Refused { path, why }) => Came::Unusable(format!("{path}: {why}")),
            None => Came::Missing,
        }
    };
    refused.extend(more);
    Ok(came)
}

impl Taking<'_> {
    /// Tells whether there is more than anybody looks through.
    fn walk(&mut self) -> anyhow::Result<bool> {
        let mut waiting = vec![PathBuf::new()];
        let mut seen = 0;
        while let Some(at) = waiting.pop() {
            let entries = match self.tree.list(&self.folder.join(&at)) {
                Ok(entries) => entries,
                Err(Unread::Theirs(why)) => {
                    self.refuse(&at, why);
                    continue;
                }
                Err(Unread::Ours(error)) => return Err(error),
            };
            for (name, kind) in entries {
                let below = at.join(&name);
                seen += 1;
                if seen > rules::ENTRIES {
                    return Ok(true);
                }
                if self.look(&below, kind)? {
                    waiting.push(below);
                }
            }
        }
        Ok(false)
    }

    /// Takes or refuses one thing; tells whether it is to be entered.
    fn look(&mut self, below: &Path, kind: Kind) -> anyhow::Result<bool> {
        match rules::look(below, kind) {
            Take::Enter => return Ok(true),
            Take::Skip => {}
            Take::Refuse(why) => self.refuse(below, why),
            Take::Source(bytes) if self.taken_bytes + bytes > rules::SOURCE_BYTES => {
                let most = rules::SOURCE_BYTES;
                self.refuse(below, format!("all sources have more than {most} bytes"));
            }
            Take::Source(bytes) => {
                if let Some(text) = self.read(below, bytes)? {
                    self.taken_bytes += text.len() as u64;
                    let below_src = below.strip_prefix("src").unwrap_or(below).to_owned();
                    self.sources.insert(below_src, text);
                }
            }
            Take::Compare(bytes) => self.compare(below, bytes)?,
        }
        Ok(false)
    }

    /// What is no source is harmless if it is the course's own.
    fn compare(&mut self, below: &Path, bytes: u64) -> anyhow::Result<()> {
        let path = self.course.root.join(&self.entry.path).join(below);
        let is_like_ours = fs::metadata(&path).is_ok_and(|ours| ours.len() == bytes);
        if is_like_ours {
            let Some(theirs) = self.read(below, bytes)? else { return Ok(()) };
            if fs::read(&path).is_ok_and(|ours| ours == theirs) {
                return Ok(());
            }
        }
        self.refuse(below, "it is not a source file: the course's own is used".to_owned());
        Ok(())
    }

    fn read(&mut self, below: &Path, bytes: u64) -> anyhow::Result<Option<Vec<u8>>> {
        match self.tree.read(&self.folder.join(below), bytes) {
            Ok(text) => Ok(Some(text)),
            Err(Unread::Theirs(why)) => {
                self.refuse(below, why);
                Ok(None)
            }
            Err(Unread::Ours(error)) => Err(error),
        }
    }

    fn refuse(&mut self, below: &Path, why: String) {
        let path = printable(self.folder.join(below).as_os_str());
        self.refused.push(Refused { path: path.trim_end_matches('/').to_owned(), why });
    }
}
