//! `new`: folders to begin from. A lesson's runs and passes tidy; an exercise's passes tidy.

mod exercise;

use std::fs;
use std::io::Write;

use anyhow::{Context, bail, ensure};
use course::{Course, Kind};
use files::TempDir;

use crate::args::{New, NewKind};
use crate::snapshot;
use crate::status::Status;
use crate::tidy;

const MANIFEST: &str = include_str!("Cargo.toml.template");
const MAIN: &str = include_str!("main.rs.template");
const PART: &str = include_str!("first_fact.rs.template");

/// The name of a file and its text.
type Template = (&'static str, String);

pub fn new(args: &New) -> anyhow::Result<Status> {
    let (NewKind::Lesson { name } | NewKind::Exercise { name, .. }) = &args.kind;
    if let Err(error) = check_name(name) {
        writeln!(anstream::stderr(), "error: {error}")?;
        return Ok(Status::Usage);
    }
    let course = Course::here()?;
    let mut out = anstream::stdout();
    match &args.kind {
        NewKind::Lesson { name } => {
            let id = lesson(&course, name)?;
            writeln!(out, "lessons/{id}-{name}: run it with `cargo xtask run {id}`")?;
        }
        NewKind::Exercise { name, form } => {
            let id = exercise::exercise(&course, name, *form)?;
            writeln!(out, "exercises/{id}-{name} and solutions/{id}-{name}: what is still to be")?;
            writeln!(out, "written is told by `cargo xtask check --gate {id}`")?;
        }
    }
    Ok(Status::Holds)
}

/// Makes the lesson's folder; returns the ID.
fn lesson(course: &Course, name: &str) -> anyhow::Result<String> {
    check_concept(course, name)?;
    let number = free_number(course, Kind::Lesson)?;
    let id = format!("lesson-{number:02}");
    let path = format!("lessons/{id}-{name}");
    let fill = |template: &str| {
        template
            .replace("{id}", &id)
            .replace("{number}", &number.to_string())
            .replace("{concept}", name)
    };
    let files = [("Cargo.toml", MANIFEST), ("src/main.rs", MAIN), ("src/first_fact.rs", PART)];
    make(course, &path, &files.map(|(file, template)| (file, fill(template))))?;
    tidy::write_tables(&Course::read(course.root.clone())?)?;
    let stored = snapshot::store(course, &id)?;
    ensure!(stored, "{path} is there, but what it prints could not be stored (see above)");
    Ok(id)
}

fn free_number(course: &Course, kind: Kind) -> anyhow::Result<u32> {
    let taken = course.entries.iter().filter(|entry| entry.kind == kind);
    let number = taken.map(|entry| entry.number).max().unwrap_or(0) + 1;
    ensure!(number < 100, "a number has two digits, and 99 is taken in {}/", kind.folder());
    Ok(number)
}

fn check_concept(course: &Course, name: &str) -> anyhow::Result<()> {
    if let Some(entry) = course.entries.iter().find(|entry| entry.concept == *name) {
        bail!("{} is about `{name}` already: choose another name", entry.path.display());
    }
    Ok(())
}

/// A folder with these files. Made elsewhere and renamed, so that it is there whole or not at all:
/// cargo refuses a workspace with half a member.
fn make(course: &Course, path: &str, files: &[Template]) -> anyhow::Result<()> {
    let elsewhere = course.root.join(".pipeworks");
    fs::create_dir_all(&elsewhere).context("make the folder .pipeworks")?;
    let aside = TempDir::new_in(&elsewhere).context("make a folder in .pipeworks")?;
    for (file, text) in files {
        let at = aside.path().join(file);
        let made = at.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::write(&at, text)).with_context(|| format!("write {file}"))?;
    }
    let folder = course.root.join(path);
    fs::rename(aside.path(), &folder).with_context(|| format!("make {path}"))?;
    // A temporary directory is for its owner alone; a folder of the repository is not.
    let mode = fs::metadata(course.root.join("lessons")).context("look at lessons/")?;
    fs::set_permissions(&folder, mode.permissions()).with_context(|| format!("open {path}"))
}

fn check_name(name: &str) -> anyhow::Result<()> {
    let is_word = |word: &str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    let fits = name.len() <= 16 && name.starts_with(|c: char| c.is_ascii_lowercase());
    ensure!(
        fits && name.split('-').all(is_word),
        "`{name}` is no name for a folder: at most 16 lower-case letters, digits and hyphens, \
         for example `shared-offset`"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check_name;

    #[test]
    fn names_are_kebab_case() {
        for good in ["poll", "shared-offset", "o2"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "Poll", "a--b", "-a", "a-", "a_b", "ä", "../x", "seventeen-letters", "2"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
