//! The students' copy of the course: an own workspace with the lessons, the exercises as they
//! begin, their tests and hints, the book, and of the runner what students use.
//!
//! What is in it is listed here ([`shipped`]); whatever is not named stays away. Of the runner's
//! sources those are left out that stand under its feature `author` ([`modules`]). The manifests
//! are cut to what is there ([`manifests`]), and cargo cuts Cargo.lock: every version stays.

mod book;
mod gradescope;
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

/// Whom a copy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    Students,
    /// The autograder of Gradescope, which the instructor uploads.
    Gradescope,
}

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
pub fn write(course: &Course, whom: For, out: &Path) -> anyhow::Result<Written> {
    match Packed::of(out) {
        None => {
            let is_there = fs::read_dir(out).map(|mut all| all.next().is_some());
            if is_there.unwrap_or(out.exists()) {
                return Err(refused(out, "it is there already: name a new or an empty folder"));
            }
            make(course, whom, out)
        }
        Some((stem, packed)) => {
            if out.exists() {
                return Err(refused(out, "it is there already: remove it, or name another file"));
            }
            let place = tempfile::tempdir().context("make a temporary folder")?;
            let folder = place.path().join(stem);
            let written = make(course, whom, &folder)?;
            // Gradescope looks for its scripts at the top.
            let top = if whom == For::Students { stem } else { "" };
            packed.write(&folder, top, out).with_context(|| format!("write {}", out.display()))?;
            Ok(written)
        }
    }
}

fn refused(path: &Path, why: &str) -> anyhow::Error {
    anyhow!(Refused(format!("{}: {why}", path.display())))
}

/// Writes it to a folder.
fn make(course: &Course, whom: For, folder: &Path) -> anyhow::Result<Written> {
    let files = match whom {
        For::Students => shipped::files(course)?,
        For::Gradescope => gradescope::files(course)?,
    };
    for (path, text) in &files {
        let path = folder.join(path);
        let context = || format!("write {}", path.display());
        fs::create_dir_all(path.parent().unwrap_or(folder)).with_context(context)?;
        fs::write(&path, text).with_context(context)?;
        fs::set_permissions(&path, mode(text)).with_context(context)?;
    }
    if whom == For::Students {
        // The last, so that cargo never sees a workspace without its members.
        lock(folder, &files)?;
    }
    Ok(Written {
        lessons: course.lessons().count(),
        exercises: course.exercises().count(),
        files: files.len(),
    })
}

/// A script can be executed.
fn mode(text: &[u8]) -> fs::Permissions {
    let mode = if text.starts_with(b"#!/") { 0o755 } else { 0o644 };
    std::os::unix::fs::PermissionsExt::from_mode(mode)
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
