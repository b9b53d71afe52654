//! Whom a sandbox runs as: never root.
//!
//! For root, RLIMIT_NPROC counts for nothing, also in a user namespace that calls it something else
//! (measured: Linux 6.18, 60 forks under a limit of 20). So a grader that is root runs each box as
//! a user that has no other process.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use nix::unistd::Uid;

/// Numbers that no account has: systemd gives them to services for as long as they run
/// (`DynamicUser=`, systemd.exec(5)).
const NUMBERS: std::ops::RangeInclusive<u32> = 64_000..=65_500;

/// The group of all of them. Nobody else is in it, so what only it may read nobody else can.
const GROUP: u32 = *NUMBERS.start();

/// A user other than root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// The caller itself.
    Caller,
    /// One without an account, taken by a caller that is root.
    Number(u32),
}

impl User {
    /// As many users as there are to be boxes at one time.
    ///
    /// # Errors
    /// When the caller is root and there are not so many that have no process.
    pub fn choose(count: usize) -> anyhow::Result<Vec<User>> {
        if !Uid::effective().is_root() {
            return Ok(vec![User::Caller; count]);
        }
        let taken = owners_of_processes();
        let free: Vec<User> = NUMBERS
            .filter(|number| !taken.contains(number))
            .take(count)
            .map(User::Number)
            .collect();
        ensure!(free.len() == count, "no {count} user numbers without a process in {NUMBERS:?}");
        Ok(free)
    }

    /// Makes a command this user's. Its groups are dropped as well.
    pub fn take(self, command: &mut Command) {
        if let User::Number(number) = self {
            command.uid(number).gid(GROUP);
        }
    }

    /// Lets the boxes of this caller, and nobody else on the machine, into a folder: there are the
    /// tests in it, and what students have handed in.
    ///
    /// # Errors
    /// When it is not the caller's.
    pub fn let_in(folder: &Path) -> anyhow::Result<()> {
        let context = || format!("open {} to the boxes", folder.display());
        let mode = if Uid::effective().is_root() {
            chown(folder, None, Some(GROUP)).with_context(context)?;
            0o750
        } else {
            0o700
        };
        fs::set_permissions(folder, fs::Permissions::from_mode(mode)).with_context(context)
    }

    /// The number to hand files to.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            User::Caller => Uid::effective().as_raw(),
            User::Number(number) => number,
        }
    }
}

fn owners_of_processes() -> std::collections::HashSet<u32> {
    use std::os::unix::fs::MetadataExt;
    let Ok(entries) = fs::read_dir("/proc") else { return Default::default() };
    let processes = entries
        .flatten()
        .filter(|entry| entry.file_name().to_str().is_some_and(|name| name.parse::<u32>().is_ok()));
    processes.filter_map(|entry| Some(entry.metadata().ok()?.uid())).collect()
}
