//! What is made once, before the first submission: the sandbox, the compiler's place, the tests.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use course::{Course, Entry};
use sandbox::user::User;
use sandbox::{Config, Level, Place};

use crate::exercise::Tests;
use crate::keys;
use crate::limits::GradeLimits;

/// Builds the sandbox's own program, puts it where every user can read it, and makes the best
/// sandbox that this machine can.
///
/// # Errors
/// When it does not compile, bubblewrap is missing, or no sandbox can be made.
pub fn place(limits: &GradeLimits, user: User) -> anyhow::Result<(Place, Level)> {
    let sandboxed = &sandboxed()?;
    sandbox::reach(user, |without| {
        let but = |config: &Config| Config { without: without.clone(), ..config.clone() };
        Place::new(sandboxed, but(&limits.around_program), but(&limits.around_compiler))
    })
}

/// Builds the sandbox's own program.
///
/// # Errors
/// When it does not compile.
pub fn sandboxed() -> anyhow::Result<PathBuf> {
    let mut built = build::each(Path::new(keys::OWN), &["sandbox"], &["--bins"])?;
    match built.binaries.remove("sandboxed") {
        Some(file) => Ok(file),
        None => bail!("the sandbox does not compile:\n{}", all_said(&built.said)),
    }
}

/// Builds all tests at once and puts them where every user can read them, below `place`.
///
/// # Errors
/// When one does not compile: an instructor's mistake, to be seen before anything is graded.
pub fn tests(course: &Course, place: &Path) -> anyhow::Result<BTreeMap<String, Tests>> {
    let exercises: Vec<&Entry> = course.exercises().collect();
    let packages: Vec<&str> = exercises.iter().map(|entry| entry.id.as_str()).collect();
    let built = build::each(&course.root, &packages, &["--examples"])?;
    let program = |entry: &Entry, kind: &str| {
        let name = format!("{}-{kind}", entry.id);
        match built.binaries.get(&name) {
            Some(file) => copy(place, file, &name),
            None => bail!("there is no program {name}:\n{}", all_said(&built.said)),
        }
    };
    let mut tests = BTreeMap::new();
    for entry in exercises {
        let visible = program(entry, "tests")?;
        let hidden = match entry.hidden[..] {
            [] => None,
            _ => Some(program(entry, "hidden")?),
        };
        let digest = keys::of_tests(course, entry)?;
        tests.insert(entry.id.clone(), Tests { program: visible, hidden, digest });
    }
    Ok(tests)
}

fn copy(place: &Path, file: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let copy = place.join(name);
    fs::copy(file, &copy).with_context(|| format!("copy {}", file.display()))?;
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("open {} to all", copy.display()))?;
    Ok(copy)
}

fn all_said(said: &BTreeMap<String, String>) -> String {
    said.values().map(String::as_str).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

/// As many users as boxes may be open at one time: where nobody has said, two for each processor,
/// since every other test waits for a time to pass, and every hang until it stands still.
///
/// # Errors
/// When the caller is root and there are no free user numbers.
pub fn users(jobs: Option<usize>) -> anyhow::Result<Vec<User>> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    User::choose(jobs.unwrap_or(2 * processors).max(1))
}
