//! `new lesson NAME`: a folder that runs and passes tidy, to begin from.

use std::fs;
use std::io::Write;

use anyhow::{Context, bail, ensure};
use course::Course;
use files::TempDir;

use crate::args::{New, NewKind};
use crate::snapshot;
use crate::status::Status;
use crate::tidy;

const MANIFEST: &str = include_str!("Cargo.toml.template");
const MAIN: &str = include_str!("main.rs.template");
const PART: &str = include_str!("first_fact.rs.template");

pub fn new(args: &New) -> anyhow::Result<Status> {
    let NewKind::Lesson { name } = &args.kind;
    if let Err(error) = check_name(name) {
        writeln!(anstream::stderr(), "error: {error}")?;
        return Ok(Status::Usage);
    }
    let course = Course::here()?;
    let number = course.lessons().map(|entry| entry.number).max().unwrap_or(0) + 1;
    ensure!(number < 100, "a lesson's number has two digits, and 99 is taken");
    if let Some(entry) = course.entries.iter().find(|entry| entry.concept == *name) {
        bail!("{} is about `{name}` already: choose another name", entry.path.display());
    }
    let id = format!("lesson-{number:02}");
    let path = format!("lessons/{id}-{name}");
    let folder = course.root.join(&path);

    // Made elsewhere and renamed, so that a folder is there whole or not at all: cargo refuses a
    // workspace with half a member.
    let elsewhere = course.root.join(".pipeworks");
    fs::create_dir_all(&elsewhere).context("make the folder .pipeworks")?;
    let aside = TempDir::new_in(&elsewhere).context("make a folder in .pipeworks")?;
    fs::create_dir(aside.path().join("src")).context("make the lesson's folder")?;
    for (file, template) in
        [("Cargo.toml", MANIFEST), ("src/main.rs", MAIN), ("src/first_fact.rs", PART)]
    {
        let text = template
            .replace("{id}", &id)
            .replace("{number}", &number.to_string())
            .replace("{concept}", name);
        fs::write(aside.path().join(file), text).with_context(|| format!("write {file}"))?;
    }
    fs::rename(aside.path(), &folder).with_context(|| format!("make {path}"))?;
    // A temporary directory is for its owner alone; a folder of the repository is not.
    let mode = fs::metadata(course.root.join("lessons")).context("look at lessons/")?;
    fs::set_permissions(&folder, mode.permissions()).with_context(|| format!("open {path}"))?;

    tidy::write_tables(&Course::read(course.root.clone())?)?;
    let stored = snapshot::store(&course, &id)?;
    ensure!(stored, "{path} is there, but what it prints could not be stored (see above)");
    writeln!(anstream::stdout(), "{path}: run it with `cargo xtask run {id}`")?;
    Ok(Status::Holds)
}

fn check_name(name: &str) -> anyhow::Result<()> {
    let is_word = |word: &str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    let fits = name.len() <= 16 && name.starts_with(|c: char| c.is_ascii_lowercase());
    ensure!(
        fits && name.split('-').all(is_word),
        "`{name}` is no name for a lesson: at most 16 lower-case letters, digits and hyphens, \
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
