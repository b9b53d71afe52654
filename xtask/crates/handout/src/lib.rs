//! The students' copy of the course: an own workspace with the lessons, the exercises as they
//! begin, their tests and hints, and of the runner what students use.
//!
//! What is in it is listed here ([`shipped`]); whatever is not named stays away. Of the runner's
//! sources those are left out that stand under its feature `author` ([`modules`]). The manifests are
//! cut to what is there ([`manifests`]), and cargo cuts Cargo.lock: every version stays.

mod manifests;
mod modules;
mod pack;
mod readme;
pub mod shipped;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, anyhow, ensure};
use course::Course;

use pack::Packed;
use shipped::Files;

/// What was asked for cannot be done, and nothing has been.
#[derive(Debug)]
pub struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// What was written.
#[derive(Debug)]
pub struct Written {
    pub lessons: usize,
    pub exercises: usize,
    pub files: usize,
}

/// Writes it to an empty or new folder, or packs it into a new .zip or .tar.gz.
///
/// # Errors
/// [`Refused`] when something is there already; another when it cannot be made.
pub fn write(course: &Course, out: &Path) -> anyhow::Result<Written> {
    match Packed::of(out) {
        None => {
            let is_there = fs::read_dir(out).map(|mut all| all.next().is_some());
            if is_there.unwrap_or(out.exists()) {
                return Err(refused(out, "it is there already: name a new or an empty folder"));
            }
            make(course, out)
        }
        Some((stem, packed)) => {
            if out.exists() {
                return Err(refused(out, "it is there already: remove it, or name another file"));
            }
            let place = tempfile::tempdir().context("make a temporary folder")?;
            let folder = place.path().join(stem);
            let written = make(course, &folder)?;
            packed.write(&folder, stem, out).with_context(|| format!("write {}", out.display()))?;
            Ok(written)
        }
    }
}

fn refused(path: &Path, why: &str) -> anyhow::Error {
    anyhow!(Refused(format!("{}: {why}", path.display())))
}

/// Writes it to a folder.
fn make(course: &Course, folder: &Path) -> anyhow::Result<Written> {
    let files = shipped::files(course)?;
    for (path, text) in &files {
        let path = folder.join(path);
        let context = || format!("write {}", path.display());
        fs::create_dir_all(path.parent().unwrap_or(folder)).with_context(context)?;
        fs::write(&path, text).with_context(context)?;
    }
    // The last, so that cargo never sees a workspace without its members.
    lock(folder, &files)?;
    Ok(Written {
        lessons: course.lessons().count(),
        exercises: course.exercises().count(),
        files: files.len(),
    })
}

/// Lets cargo take out of Cargo.lock what is not needed any more, without a network.
fn lock(folder: &Path, files: &Files) -> anyhow::Result<()> {
    let mut cargo = Command::new(build::cargo());
    cargo.args(["update", "--workspace", "--offline", "--quiet"]).current_dir(folder);
    let output = cargo.stdin(Stdio::null()).output().context("start cargo")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "cargo cannot cut Cargo.lock: {}\nBuild the course once, so that all it needs is there",
        said.trim_end()
    );
    let path = folder.join("Cargo.lock");
    let lock = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let root = PathBuf::from("Cargo.toml");
    let text = files.get(&root).context("the manifest of the workspace")?;
    let text = std::str::from_utf8(text).context("the manifest of the workspace")?;
    let text = manifests::profiles(text, &lock)?;
    fs::write(folder.join(root), text).context("write the manifest of the workspace")
}
