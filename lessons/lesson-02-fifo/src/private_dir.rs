//! A private directory for one FIFO, removed when its part ends: by success, error or signal.
//!
//! A fixed name in /tmp belongs to whoever comes first: another user can put a regular file, a
//! symbolic link or a FIFO of their own there. mkdtemp(3) makes a directory that did not exist
//! before and that only its owner can enter.

mod removal;
mod signals;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use nix::sys::stat::{Mode, umask};
use nix::unistd::mkdtemp;

pub use removal::{forget_program, note_program};
pub use signals::{Deferred, SIGNALS, all_signals, catch_always, default_actions};

/// The directory and the name of the FIFO in it. Making the FIFO is left to the part.
pub struct PrivateDir {
    directory: PathBuf,
    fifo: PathBuf,
}

impl PrivateDir {
    pub fn new() -> anyhow::Result<Self> {
        // A signal between mkdtemp and the note of the new name would leave the directory behind,
        // so signals wait until both are done.
        let _deferred = Deferred::new()?;
        signals::catch_unless_ignored().context("install the signal handlers")?;

        // The umask takes away bits of the modes that a program asks for. A part is to get what it
        // asks for, no more and no less, whatever the student's shell has set.
        umask(Mode::empty());

        let template = std::env::temp_dir().join("lesson-02-XXXXXX");
        let directory = mkdtemp(&template)
            .with_context(|| format!("make a private directory like {}", template.display()))?;

        let fifo = directory.join("fifo");
        let place = Self { directory, fifo };
        removal::note(&place.directory, &place.fifo)?;
        Ok(place)
    }

    pub fn path(&self) -> &Path {
        &self.directory
    }

    /// The only name that a part may use in the directory: the signal handler knows no other.
    pub fn fifo(&self) -> &Path {
        &self.fifo
    }
}

// ANCHOR: removed-by-drop
impl Drop for PrivateDir {
    fn drop(&mut self) {
        // The part may have failed before it made the FIFO, so that it may be missing. Neither call
        // needs a descriptor: the removal also works when an error of EMFILE brought us here.
        let _ = fs::remove_file(&self.fifo);
        let _ = fs::remove_dir(&self.directory);
        // Only now: a signal that comes between the two calls above still finds the names.
        removal::forget();
    }
}
// ANCHOR_END: removed-by-drop
