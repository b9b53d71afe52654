//! One folder for all that a check leaves while it runs: reports, and the tests' own files.
//!
//! A check that is ended from outside cannot remove it; the next one does.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

pub struct Place {
    path: PathBuf,
}

impl Place {
    /// Below the course's `.pipeworks`; where that cannot be written, where temporary files go.
    pub fn new(root: &Path) -> anyhow::Result<Place> {
        let name = format!("pipeworks-check-{}", std::process::id());
        let own = root.join(".pipeworks/tmp");
        sweep(&own);
        for parent in [own, std::env::temp_dir()] {
            let path = parent.join(&name);
            if fs::create_dir_all(&parent).and_then(|()| fs::create_dir(&path)).is_ok() {
                return Ok(Place { path });
            }
        }
        let path = std::env::temp_dir();
        Err(anyhow::anyhow!("no folder can be made in {}", path.display()))
            .context("make a place for the tests' files")
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // The next check tries again.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Removes what checks have left that are not running any more.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix("pipeworks-check-"));
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            // Somebody else may be doing the same.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_check_has_left_is_swept() {
        let root = tempfile::tempdir().expect("make a directory");
        let tmp = root.path().join(".pipeworks/tmp");
        // No process has this number.
        fs::create_dir_all(tmp.join("pipeworks-check-99999999/x")).expect("make what is left");
        fs::create_dir_all(tmp.join("pipeworks-check-1")).expect("make what is in use");
        let place = Place::new(root.path()).expect("make a place");
        assert!(place.path().is_dir());
        assert!(!tmp.join("pipeworks-check-99999999").exists());
        assert!(tmp.join("pipeworks-check-1").exists());
        let path = place.path().to_owned();
        drop(place);
        assert!(!path.exists());
    }
}
