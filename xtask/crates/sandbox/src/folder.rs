//! The folder that everything of a run is in, and what becomes of it when its maker is killed.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::Context;

use crate::user::User;

/// How the folder's name begins.
const PREFIX: &str = "pipeworks-grade-";

/// A folder below the directory for temporary files that the boxes' users can read. It is removed
/// when this is dropped, or by the next one where its maker was killed.
pub struct Folder {
    folder: tempfile::TempDir,
    _lock: Lock,
}

impl Folder {
    /// # Errors
    /// When it cannot be made.
    pub fn new() -> anyhow::Result<Folder> {
        sweep();
        let made = tempfile::Builder::new().prefix(PREFIX).tempdir();
        let folder = made.context("make a folder for the sandbox")?;
        let lock = lock_new(folder.path()).context("lock the folder for the sandbox")?;
        User::let_in(folder.path())?;
        Ok(Folder { folder, _lock: lock })
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Held for as long as somebody uses a place. The kernel lets go of it however that one ends.
type Lock = nix::fcntl::Flock<fs::File>;

/// The lock file of a new place has its name only when the lock is held: whoever sweeps meanwhile
/// would take it for one that nobody uses.
fn lock_new(folder: &Path) -> std::io::Result<Lock> {
    let aside = folder.join("lock.new");
    let lock = lock(&aside)?;
    fs::rename(aside, folder.join("lock"))?;
    Ok(lock)
}

fn lock(path: &Path) -> std::io::Result<Lock> {
    let file = fs::OpenOptions::new().create(true).append(true).open(path)?;
    Lock::lock(file, nix::fcntl::FlockArg::LockExclusiveNonblock).map_err(|(_, error)| error.into())
}

/// Removes places that somebody who was killed has left.
fn sweep() {
    let entries = fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten();
    for entry in entries {
        let is_place = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let is_ours = entry.metadata().is_ok_and(|found| {
            found.is_dir() && found.uid() == nix::unistd::Uid::effective().as_raw()
        });
        // One without a lock file may be about to be made.
        let has_lock = entry.path().join("lock").is_file();
        if is_place
            && is_ours
            && has_lock
            && let Ok(held) = lock(&entry.path().join("lock"))
        {
            let _ = fs::remove_dir_all(entry.path());
            drop(held);
        }
    }
}
