//! The course, and copies of it for students.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::time::Duration;

/// Of whatever a test waits for, the first build of everything included.
const DEADLINE: Duration = Duration::from_secs(40 * 60);

pub fn course() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    root.canonicalize().expect("the root")
}

/// A copy in the same place in each run, so that what was built of it before need not be again.
pub fn copy() -> &'static Path {
    static COPY: OnceLock<PathBuf> = OnceLock::new();
    COPY.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("students-copy");
        if folder.exists() {
            fs::remove_dir_all(&folder).expect("remove the last one");
        }
        handout(&folder, 0);
        folder
    })
}

/// Starts the program, which must end with this status; what it said.
#[track_caller]
pub fn handout(out: &Path, status: i32) -> String {
    handout_for(out, &[], status)
}

#[track_caller]
pub fn handout_for(out: &Path, whom: &[&str], status: i32) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_handout"));
    command.arg(out).args(whom).current_dir(course());
    let output = run(command);
    let said = [&output.stdout[..], &output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert_eq!(output.status.code(), Some(status), "{said}");
    said
}

#[track_caller]
pub fn run(command: Command) -> Output {
    let mut command = assert_cmd::Command::from_std(command);
    command.timeout(DEADLINE).output().expect("run it")
}

/// All files below a folder that are text.
pub fn texts(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(path) = waiting.pop() {
        for entry in fs::read_dir(&path).expect("list a folder") {
            let path = entry.expect("list a folder").path();
            if path.is_dir() {
                waiting.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                found.insert(path.strip_prefix(folder).expect("below").to_owned(), text);
            }
        }
    }
    found
}
