//! Whether a binary that cargo built is still what cargo would build: no call of cargo then.
//!
//! Asking cargo costs about as much as all the rest of starting a lesson. So what cargo named is
//! written down, with the size and the time of every file that went into it: the sources from
//! cargo's own dep-info file (`target/debug/NAME.d`), the manifests above them, the lock file,
//! cargo's settings, cargo itself, and the variables that steer a build. One that differs, appears
//! or vanishes means: ask cargo. That is done for what a student runs, and for the runner's own
//! programs and the exercises' tests; what is tested is never taken for known ([`crate::Recipe`]).

use std::collections::BTreeSet;
use std::env;
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::cargo;

/// The binary of `package`, where nothing has changed since [`remember`].
#[must_use]
pub fn known(root: &Path, package: &str) -> Option<PathBuf> {
    let noted = fs::read_to_string(note(root, package)).ok()?;
    let (binary, of) = noted.split_once('\n')?;
    let binary = PathBuf::from(binary);
    (of == State::of_binary(root, &binary)?.text).then_some(binary)
}

/// Writes down what the binary was made of, where cargo was asked for it at `asked`. That it cannot
/// be written costs time, no more.
pub fn remember(root: &Path, package: &str, binary: &Path, asked: SystemTime) {
    let state = State::of_binary(root, binary).filter(|state| state.is_older_than(asked));
    if let (Some(state), Some(binary)) = (state, binary.to_str()) {
        write(&note(root, package), &format!("{binary}\n{}", state.text));
    }
}

fn note(root: &Path, package: &str) -> PathBuf {
    folder(root).join(package)
}

/// Where such notes are kept.
pub fn folder(root: &Path) -> PathBuf {
    root.join(".pipeworks/built")
}

/// Whole or not at all.
pub fn write(path: &Path, text: &str) {
    let aside = path.with_extension(format!("{}", std::process::id()));
    let made = path.parent().map_or(Ok(()), fs::create_dir_all);
    let written = made.and_then(|()| fs::write(&aside, text));
    if written.and_then(|()| fs::rename(&aside, path)).is_err() {
        // Nothing depends on it.
        let _ = fs::remove_file(&aside);
    }
}

/// All that decides what cargo would do, as it is now.
pub struct State {
    pub text: String,
    /// When a source, a manifest or the lock file last changed, or was put where it is.
    newest: SystemTime,
}

impl State {
    fn of_binary(root: &Path, binary: &Path) -> Option<State> {
        let mut sources = sources(binary)?;
        let folders: BTreeSet<PathBuf> =
            sources.iter().filter_map(|source| Some(source.parent()?.to_owned())).collect();
        sources.push(binary.to_owned());
        Some(State::of(root, folders, sources))
    }

    /// These files, the manifests in and above these folders, and what steers cargo for the
    /// workspace at `root`.
    pub fn of(
        root: &Path,
        folders: impl IntoIterator<Item = PathBuf>,
        files: impl IntoIterator<Item = PathBuf>,
    ) -> State {
        let mut above = BTreeSet::new();
        for folder in folders {
            // Where one is known, so is what is above it.
            let new = folder.ancestors().take_while(|folder| !above.contains(*folder));
            let new: Vec<PathBuf> = new.map(Path::to_owned).collect();
            above.extend(new);
        }
        let mut state = State { text: String::new(), newest: UNIX_EPOCH };
        for folder in &above {
            state.add(&folder.join("Cargo.toml"));
            // Cargo takes these for parts of a package as soon as they are there.
            for part in ["build.rs", "src/lib.rs", "src/bin"] {
                state.add(&folder.join(part));
            }
        }
        // Where CARGO_HOME is not set it is ~/.cargo.
        let home = env::var_os("CARGO_HOME").or_else(|| env::var_os("HOME")).map(PathBuf::from);
        for folder in root.ancestors().chain(home.as_deref()) {
            for name in [".cargo/config.toml", ".cargo/config", "config.toml"] {
                state.add(&folder.join(name));
            }
            for name in ["rust-toolchain.toml", "rust-toolchain"] {
                state.add(&folder.join(name));
            }
        }
        state.add(&root.join("Cargo.lock"));
        state.add(Path::new(&cargo()));
        for file in files {
            state.add(&file);
        }
        let steers = |name: &str| name.starts_with("CARGO") || name.starts_with("RUST");
        let variables: BTreeSet<(String, String)> = env::vars_os()
            .map(|(name, value)| (name.to_string_lossy().into(), value.to_string_lossy().into()))
            .filter(|(name, _): &(String, String)| steers(name))
            .collect();
        for (name, value) in variables {
            let _ = writeln!(state.text, "{name}={value}");
        }
        state
    }

    /// Inode, size and times of a file; nothing where there is none.
    fn add(&mut self, path: &Path) {
        self.text.push_str(&path.to_string_lossy());
        if let Ok(file) = fs::metadata(path) {
            let (ino, size, changed) = (file.ino(), file.size(), (file.ctime(), file.ctime_nsec()));
            let modified = (file.mtime(), file.mtime_nsec());
            let _ = write!(self.text, "\t{ino} {size} {modified:?} {changed:?}");
            let is_source = path.extension().is_some_and(|extension| {
                ["rs", "toml", "lock"].iter().any(|known| extension == *known)
            });
            if is_source {
                // A file that was moved here may have an old time of modification.
                let latest = u64::try_from(file.mtime().max(file.ctime())).unwrap_or(0);
                self.newest = self.newest.max(UNIX_EPOCH + Duration::from_secs(latest));
            }
        }
        self.text.push('\n');
    }

    /// A file that has changed while cargo was at work, or just before and within the clock's
    /// resolution, may be another than cargo has read.
    pub fn is_older_than(&self, asked: SystemTime) -> bool {
        self.newest + Duration::from_secs(2) <= asked
    }
}

/// The files that cargo's dep-info names. A space in a name is written `\ `.
fn sources(binary: &Path) -> Option<Vec<PathBuf>> {
    let text = fs::read_to_string(binary.with_extension("d")).ok()?;
    let (_, list) = text.lines().next()?.split_once(": ")?;
    let list = list.replace("\\ ", "\0");
    Some(list.split(' ').map(|name| PathBuf::from(name.replace('\0', " "))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_spaces_are_read_from_dep_info() {
        let folder = tempfile::tempdir().expect("make a directory");
        let binary = folder.path().join("lesson");
        fs::write(folder.path().join("lesson.d"), "/t/lesson: /a/my\\ file.rs /b.rs\n")
            .expect("write dep-info");
        let expected = ["/a/my file.rs", "/b.rs"].map(PathBuf::from);
        assert_eq!(sources(&binary), Some(expected.to_vec()));
    }

    /// A binary `lesson` that was made of one source `a.rs`.
    fn lesson() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("make a directory");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a.rs"), "old").expect("write a source");
        fs::write(at("lesson"), "binary").expect("write a binary");
        let dep_info = format!("{}: {}\n", at("lesson").display(), at("a.rs").display());
        fs::write(at("lesson.d"), dep_info).expect("write dep-info");
        folder
    }

    #[test]
    fn a_change_of_any_source_is_noticed() {
        let folder = lesson();
        let at = |name: &str| folder.path().join(name);
        let state =
            || State::of_binary(folder.path(), &at("lesson")).expect("there is dep-info").text;
        let before = state();
        assert_eq!(state(), before);
        fs::write(at("a.rs"), "new").expect("change the source");
        let changed = state();
        assert_ne!(changed, before);
        for added in ["Cargo.toml", "build.rs", "src/lib.rs", "rust-toolchain"] {
            let before = state();
            fs::create_dir_all(at("src")).expect("make a folder");
            fs::write(at(added), "").expect("add a file");
            assert_ne!(state(), before, "{added}");
        }
        fs::write(at("a.rs"), "old").expect("change it back");
        assert_ne!(state(), before);
    }

    #[test]
    fn what_changed_while_cargo_was_at_work_is_not_known() {
        let folder = lesson();
        let (root, binary) = (folder.path(), folder.path().join("lesson"));
        let now = SystemTime::now();
        remember(root, "lesson", &binary, now - Duration::from_secs(60));
        assert_eq!(known(root, "lesson"), None);
        remember(root, "lesson", &binary, now);
        assert_eq!(known(root, "lesson"), None, "a source that is as new as this");
        remember(root, "lesson", &binary, now + Duration::from_secs(10));
        assert_eq!(known(root, "lesson"), Some(binary));
        fs::write(root.join("a.rs"), "new").expect("change the source");
        assert_eq!(known(root, "lesson"), None);
    }

    #[test]
    fn a_source_that_was_moved_here_is_as_new_as_the_move() {
        let folder = lesson();
        let source = fs::File::open(folder.path().join("a.rs")).expect("open the source");
        source.set_modified(UNIX_EPOCH).expect("make it old");
        let state = State::of_binary(folder.path(), &folder.path().join("lesson"));
        assert!(!state.expect("there is dep-info").is_older_than(SystemTime::now()));
    }
}
