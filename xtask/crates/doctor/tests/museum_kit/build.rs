//! The programs, compiled where they have to be, at a place where whoever starts them may read
//! them.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::SystemTime;

use tempfile::TempDir;

use super::exhibit::{self, Exhibit};
use super::machine::User;

/// Where a user finds the programs.
pub struct Stage {
    pub xtask: PathBuf,
    /// `None`: they are used where they are.
    copies: Option<TempDir>,
}

impl Stage {
    pub fn of(user: User) -> Arc<Stage> {
        // Shared by whatever runs at one time, removed when the last of them ends: a static would
        // never be.
        static COPIED: Mutex<Weak<Stage>> = Mutex::new(Weak::new());
        static BUILT: OnceLock<PathBuf> = OnceLock::new();

        let xtask = BUILT.get_or_init(|| launcher::xtask_path().expect("find or build xtask"));
        if !user.is_other() {
            return Arc::new(Stage { xtask: xtask.clone(), copies: None });
        }
        let mut copied = locked(&COPIED);
        if let Some(stage) = copied.upgrade() {
            return stage;
        }
        let directory = tempfile::tempdir().expect("make a directory");
        let everyone = fs::Permissions::from_mode(0o755);
        fs::set_permissions(directory.path(), everyone).expect("open it for everyone");
        let xtask = copy(xtask, directory.path());
        let stage = Arc::new(Stage { xtask, copies: Some(directory) });
        *copied = Arc::downgrade(&stage);
        stage
    }

    /// The command line of an exhibit, or of its mended twin.
    pub fn words(&self, exhibit: &Exhibit, fixed: bool) -> Vec<OsString> {
        let source = &exhibit.source;
        let kind = source.extension().and_then(OsStr::to_str).expect("a kind of program");
        // As an argument where one build serves for both.
        let word = if fixed && kind != "c" { Some("fixed") } else { None };
        let mut words = match kind {
            "c" => vec![self.at(&c(source, fixed)).into_os_string()],
            "rs" => vec![self.at(&rust(source)).into_os_string()],
            "sh" | "bash" => vec![kind.into(), self.at(source).into_os_string()],
            "py" => vec![python().into(), self.at(source).into_os_string()],
            other => panic!("{}: who runs .{other}?", source.display()),
        };
        words.extend(word.map(OsString::from));
        words
    }

    /// A program in C that a test needs beside the exhibits.
    pub fn tool(&self, source: &Path) -> PathBuf {
        self.at(&c(source, false))
    }

    fn at(&self, program: &Path) -> PathBuf {
        static COPYING: Mutex<()> = Mutex::new(());
        let Some(directory) = &self.copies else { return program.to_owned() };
        let _one = locked(&COPYING);
        let to = directory.path().join(program.file_name().expect("a name"));
        if to.exists() { to } else { copy(program, directory.path()) }
    }
}

/// Not `fs::copy`: a program that another test forks at this moment would hold the file open for
/// writing, and starting it would fail with ETXTBSY.
fn copy(from: &Path, directory: &Path) -> PathBuf {
    let to = directory.join(from.file_name().expect("a name"));
    let status = Command::new("cp").arg(from).arg(&to).status().expect("start cp");
    assert!(status.success(), "cp {} {}", from.display(), to.display());
    fs::set_permissions(&to, fs::Permissions::from_mode(0o755)).expect("let everybody run it");
    to
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One of /usr/bin, which every user may run, or the first of PATH.
fn python() -> &'static str {
    let usual = "/usr/bin/python3";
    if Path::new(usual).exists() { usual } else { "python3" }
}

fn c(source: &Path, fixed: bool) -> PathBuf {
    let mut command = Command::new(env::var_os("CC").unwrap_or_else(|| "cc".into()));
    command.args(["-O1", "-Wall", "-pthread"]);
    if fixed {
        command.arg("-DFIXED");
    }
    let suffix = if fixed { "-fixed" } else { "" };
    compiled(source, suffix, &[source, &exhibit::folder().join("museum.h")], command)
}

fn rust(source: &Path) -> PathBuf {
    let mut command = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    command.args(["--edition", "2024"]);
    compiled(source, "", &[source], command)
}

/// Compiles unless what is there is newer than what it is made of. Written aside and renamed, so
/// that nobody ever starts half a file.
fn compiled(source: &Path, suffix: &str, made_of: &[&Path], mut command: Command) -> PathBuf {
    static COMPILING: Mutex<()> = Mutex::new(());
    let _one = locked(&COMPILING);
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("museum");
    fs::create_dir_all(&directory).expect("make a directory for the programs");
    let stem = source.file_stem().and_then(OsStr::to_str).expect("a name");
    let program = directory.join(format!("{stem}{suffix}"));
    let changed = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    let newest = made_of.iter().filter_map(|path| changed(path)).max();
    if changed(&program) > newest.or(Some(SystemTime::now())) {
        return program;
    }
    let aside = directory.join(format!("{stem}{suffix}.{}", std::process::id()));
    let output = command.arg("-o").arg(&aside).arg(source).output().expect("start the compiler");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "compile {}:\n{said}", source.display());
    fs::rename(&aside, &program).expect("put the program in its place");
    program
}
