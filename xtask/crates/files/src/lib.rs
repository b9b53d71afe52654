//! Files that are written whole or not at all, and directories that remove themselves.
//!
//! For what is compiled before the first lesson can run. Tests and what is built later use
//! tempfile, which does more; it brings rustix, and the two would be a fifth of the first build.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process;

/// A directory of its own, for its owner alone, that vanishes with this value.
#[derive(Debug)]
pub struct TempDir {
    path: PathBuf,
}

impl TempDir {
    /// In `$TMPDIR`, or /tmp.
    ///
    /// # Errors
    /// When nothing can be made there.
    pub fn new() -> io::Result<TempDir> {
        TempDir::new_in(&env::temp_dir())
    }

    /// # Errors
    /// When nothing can be made in `parent`.
    pub fn new_in(parent: &Path) -> io::Result<TempDir> {
        let path = nix::unistd::mkdtemp(&parent.join("pipeworks-XXXXXX"))?;
        Ok(TempDir { path })
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        // It may have been renamed, and then there is nothing to remove.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Writes `contents` beside `path` and renames it there, so that a reader finds a whole file or
/// none. A file that is there is replaced and lends its permissions; a new one is for its owner
/// alone.
///
/// # Errors
/// When the directory cannot be written; then nothing is left in it.
pub fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    let (mut file, aside) = beside(path)?;
    let written = file.write_all(contents).and_then(|()| match fs::metadata(path) {
        Ok(before) => file.set_permissions(before.permissions()),
        Err(_) => Ok(()),
    });
    let renamed = written.and_then(|()| fs::rename(&aside, path));
    if renamed.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&aside);
    }
    renamed
}

/// A new file in the directory of `path`: on the same file system, so that it can be renamed.
fn beside(path: &Path) -> io::Result<(File, PathBuf)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let mut attempt = 0;
    loop {
        let aside = path.with_file_name(format!(".{name}.{}-{attempt}.new", process::id()));
        match options.open(&aside) {
            // Left by a killed process, or of one with the same number in another PID namespace.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => attempt += 1,
            Err(error) => return Err(error),
            Ok(file) => return Ok((file, aside)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("look at a path").permissions().mode() & 0o777
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("list a folder");
        entries
            .map(|entry| entry.expect("list a folder").file_name().to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn a_directory_is_its_owners_and_vanishes() {
        let directory = TempDir::new().expect("make a directory");
        let path = directory.path().to_owned();
        assert_eq!(mode(&path), 0o700);
        fs::write(path.join("file"), "text").expect("write a file");
        drop(directory);
        assert!(!path.exists());
    }

    #[test]
    fn a_file_is_replaced_with_its_permissions_and_nothing_is_left_beside_it() {
        let directory = TempDir::new().expect("make a directory");
        let path = directory.path().join("file");
        replace(&path, b"new").expect("make a file");
        assert_eq!(mode(&path), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("open the file");
        // What a killed process with our number would have left.
        let stale = format!(".file.{}-0.new", process::id());
        fs::write(directory.path().join(&stale), "half").expect("write a file");
        replace(&path, b"newer").expect("replace the file");
        assert_eq!(fs::read(&path).expect("read the file"), b"newer");
        assert_eq!(mode(&path), 0o640);
        fs::remove_file(directory.path().join(stale)).expect("remove a file");
        assert_eq!(names(directory.path()), ["file"]);
    }

    #[test]
    fn what_cannot_be_renamed_leaves_nothing() {
        let directory = TempDir::new().expect("make a directory");
        let path = directory.path().join("folder");
        fs::create_dir(&path).expect("make a folder");
        replace(&path, b"text").expect_err("a folder is there");
        assert_eq!(names(directory.path()), ["folder"]);
    }
}
