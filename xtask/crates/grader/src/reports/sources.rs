//! The sources of a class in the layout that tools which look for copies read (JPlag, Dolos), with
//! the skeletons as what all have in common. The comparing is theirs.
//!
//! ```text
//! OUT/ex-01/base/main.rs               the skeleton
//! OUT/ex-01/submissions/STUDENT/*.rs   what the student handed in
//! ```

use std::fs;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, ensure};
use course::{Course, Entry};

use super::folder::plain;
use crate::import::{Sources, Student, import};
use crate::words::Wrong;

/// Writes what grading would take, to a folder that is new or empty.
///
/// # Errors
/// [`Wrong`] when the folder has something in it; another when it cannot be written.
pub fn write(
    out: &mut dyn Write,
    course: &Course,
    students: &[Student],
    to: &Path,
) -> anyhow::Result<()> {
    let context = || format!("make {}", to.display());
    // What students wrote is nobody else's business.
    fs::DirBuilder::new().recursive(true).mode(0o700).create(to).with_context(context)?;
    if fs::read_dir(to).with_context(context)?.next().is_some() {
        return Err(Wrong::usage(anyhow!("{} is not empty: name a new folder", to.display())));
    }
    let mut counts: Vec<(&Entry, usize)> = course.exercises().map(|entry| (entry, 0)).collect();
    for entry in course.exercises() {
        base(course, entry, &to.join(&entry.id))?;
    }
    for student in students {
        let imported = match import(course, student) {
            Ok(imported) => imported,
            Err(error) => {
                writeln!(out, "note: {}: {error:#}", student.name)?;
                continue;
            }
        };
        for (entry, count) in &mut counts {
            let Some(sources) = imported.exercises.get(&entry.id) else { continue };
            let folder = to.join(&entry.id).join("submissions").join(plain(&student.name)?);
            put(&folder, sources)?;
            *count += 1;
        }
        for (id, why) in &imported.unread {
            writeln!(out, "note: {} of {} could not be read: {why}", id, student.name)?;
        }
    }
    for (entry, count) in counts {
        writeln!(out, "{} {count} programs", to.join(&entry.id).display())?;
    }
    Ok(())
}

/// All of the skeleton.
fn base(course: &Course, entry: &Entry, of: &Path) -> anyhow::Result<()> {
    let from = course.root.join(&entry.path).join("skeleton");
    let context = || format!("read {}", from.display());
    let mut sources = Sources::new();
    for file in fs::read_dir(&from).with_context(context)? {
        let file = file.with_context(context)?;
        let text = fs::read(file.path()).with_context(context)?;
        sources.insert(PathBuf::from(file.file_name()), text);
    }
    ensure!(!sources.is_empty(), "{} is empty", from.display());
    put(&of.join("base"), &sources)?;
    // Also where nobody handed something in.
    let empty = of.join("submissions");
    fs::create_dir_all(&empty).with_context(|| format!("make {}", empty.display()))
}

fn put(folder: &Path, sources: &Sources) -> anyhow::Result<()> {
    for (path, text) in sources {
        let file = folder.join(path);
        let parent = file.parent().unwrap_or(folder);
        fs::create_dir_all(parent).with_context(|| format!("make {}", parent.display()))?;
        fs::write(&file, text).with_context(|| format!("write {}", file.display()))?;
    }
    Ok(())
}
