//! What the tests need of the machine: users, programs, /proc, deadlines.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::{Duration, Instant};

use fixture::skip::skipped;
use tempfile::TempDir;

/// Of whatever a test waits for itself. It is only reached when the test fails.
pub const DEADLINE: Duration = Duration::from_secs(20);
/// "nobody", where the tests run as root and need an ordinary user.
const ORDINARY: u32 = 65534;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    Root,
    Ordinary,
}

/// Makes two tests of each case.
macro_rules! each_user {
    ($($case:ident),+ $(,)?) => { $(
        mod $case {
            use crate::machine::User;

            #[test]
            fn as_root() {
                if User::Root.is_there() {
                    super::$case(User::Root);
                }
            }

            #[test]
            fn as_an_ordinary_user() {
                super::$case(User::Ordinary);
            }
        }
    )+ };
}

fn we_are_root() -> bool {
    nix::unistd::geteuid().is_root()
}

impl User {
    pub fn is_there(self) -> bool {
        let is_there = self == User::Ordinary || we_are_root();
        if !is_there {
            skipped("needs root: the same test as root");
        }
        is_there
    }

    /// Lets `command` run as this user.
    pub fn take(self, command: &mut Command) {
        if self == User::Ordinary && we_are_root() {
            command.uid(ORDINARY).gid(ORDINARY);
        }
    }

    /// A directory where this user may write.
    pub fn directory(self) -> TempDir {
        let directory = tempfile::tempdir().expect("make a directory");
        if self == User::Ordinary && we_are_root() {
            chown(directory.path(), Some(ORDINARY), Some(ORDINARY)).expect("give it away");
        }
        directory
    }
}

/// The programs, where the user may start them.
pub struct Binaries {
    pub xtask: PathBuf,
    pub misbehave: PathBuf,
    _copies: Option<TempDir>,
}

impl Binaries {
    pub fn of(user: User) -> Arc<Binaries> {
        static BUILT: OnceLock<PathBuf> = OnceLock::new();
        // Shared by whatever runs at one time, removed when the last of them ends: a static would
        // never be.
        static COPIED: Mutex<Weak<Binaries>> = Mutex::new(Weak::new());

        let xtask = BUILT.get_or_init(|| launcher::xtask_path().expect("find or build xtask"));
        let misbehave = Path::new(env!("CARGO_BIN_EXE_misbehave"));
        if user == User::Root || !we_are_root() {
            let (xtask, misbehave) = (xtask.clone(), misbehave.to_owned());
            return Arc::new(Binaries { xtask, misbehave, _copies: None });
        }
        let mut copied = COPIED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(binaries) = copied.upgrade() {
            return binaries;
        }
        let directory = tempfile::tempdir().expect("make a directory");
        let everyone = fs::Permissions::from_mode(0o755);
        fs::set_permissions(directory.path(), everyone).expect("open it for everyone");
        let copy = |from: &Path, name| {
            let to = directory.path().join(name);
            // Not fs::copy: a program that another test forks at this moment would hold the file
            // open for writing, and starting it would fail with ETXTBSY.
            let status = Command::new("cp").arg(from).arg(&to).status().expect("start cp");
            assert!(status.success(), "cp {} {}", from.display(), to.display());
            to
        };
        let (xtask, misbehave) = (copy(xtask, "xtask"), copy(misbehave, "misbehave"));
        let binaries = Arc::new(Binaries { xtask, misbehave, _copies: Some(directory) });
        *copied = Arc::downgrade(&binaries);
        binaries
    }
}

/// A process of a test, found by the test's mark in its environment or as its name.
#[derive(Debug)]
pub struct Process {
    /// As in /proc/PID/stat: R, S, T, Z…
    pub state: char,
    pub command: String,
}

/// All processes with this mark, zombies included.
pub fn processes(mark: &str) -> Vec<Process> {
    let variable = format!("LAUNCHER_TEST_MARK={mark}");
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").expect("read /proc") {
        let path = entry.expect("read /proc").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.parse::<u32>().is_err() {
            continue;
        }
        let read = |file| {
            let bytes = fs::read(path.join(file)).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        if !read("environ").contains(&variable) && read("comm").trim_end() != mark {
            continue;
        }
        // None: it ended while we looked.
        let state = read("stat").rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
        if let Some(state) = state {
            found.push(Process { state, command: read("cmdline").replace('\0', " ") });
        }
    }
    found
}

/// Looks until `condition` holds; fails, naming it, at the deadline.
#[track_caller]
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !condition() {
        assert!(Instant::now() < end, "after {DEADLINE:?} still not: {what}");
        // Between two looks; it puts nothing in order.
        std::thread::sleep(Duration::from_millis(1));
    }
}
