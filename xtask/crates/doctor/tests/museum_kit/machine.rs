//! What the tests need of the machine: users, directories, tools, deadlines.

use std::env;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Of whatever a test waits for itself. It is only reached when the test fails.
pub const DEADLINE: Duration = Duration::from_secs(20);
/// "nobody", where the tests run as root and need an ordinary user.
const ORDINARY: u32 = 65534;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// Whoever runs the tests.
    Own,
    /// Somebody who is not root.
    Ordinary,
}

pub fn we_are_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Of linux/capability.h.
const CAP_SYS_PTRACE: u32 = 19;

fn has_capability(number: u32) -> bool {
    let status = fs::read_to_string("/proc/self/status").expect("read about ourselves");
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let mask = line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.expect("a mask of capabilities") >> number & 1 == 1
}

impl User {
    /// Another than the one who runs the tests.
    pub fn is_other(self) -> bool {
        self == User::Ordinary && we_are_root()
    }

    /// Whether this one may look into everybody of this machine, or of this user namespace: root,
    /// with the right to (capabilities(7)), which root in a container often is without.
    pub fn sees_all(self) -> bool {
        self == User::Own && we_are_root() && has_capability(CAP_SYS_PTRACE)
    }

    /// Lets `command` run as this user.
    pub fn take(self, command: &mut Command) {
        if self.is_other() {
            command.uid(ORDINARY).gid(ORDINARY);
        }
    }

    /// A directory of this user's own, or one that everybody may write to.
    pub fn directory(self, shared: bool) -> TempDir {
        let directory = tempfile::tempdir().expect("make a directory");
        let mode = if shared { 0o1777 } else { 0o700 };
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(mode)).expect("its mode");
        if self.is_other() {
            chown(directory.path(), Some(ORDINARY), Some(ORDINARY)).expect("give it away");
        }
        directory
    }
}

/// A number from the environment: how often or how long.
pub fn number(variable: &str, otherwise: u64) -> u64 {
    let Ok(value) = env::var(variable) else { return otherwise };
    value.parse().unwrap_or_else(|_| panic!("{variable} is not a number"))
}

/// Looks until `condition` holds; tells whether it did before the deadline.
pub fn comes_true(mut condition: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + DEADLINE;
    while !condition() {
        if Instant::now() >= end {
            return false;
        }
        // Between two looks; it puts nothing in order.
        std::thread::sleep(Duration::from_millis(2));
    }
    true
}
