//! `grade diff OLD NEW`: which scores changed, and whether the submission, the tests, the toolchain,
//! the limits or the grader did.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, ensure};

use crate::model::{ExerciseGrade, Grade};
use crate::store::Store;

/// Prints a line for each exercise whose points or verdict changed; tells whether there is none.
///
/// # Errors
/// When a folder is no run's, or a file in it is damaged.
pub fn diff(out: &mut dyn Write, old: &Path, new: &Path) -> anyhow::Result<bool> {
    let (old_names, new_names) = (students(old)?, students(new)?);
    let (old, new) = (Store::at(old), Store::at(new));
    let mut same = true;
    for name in old_names.union(&new_names) {
        match (old_names.contains(name), new_names.contains(name)) {
            (true, true) => same &= student(out, &old.read(name)?, &new.read(name)?)?,
            (true, false) => {
                same = false;
                writeln!(out, "{name}: only in the earlier run")?;
            }
            (false, _) => {
                same = false;
                writeln!(out, "{name}: only in the later run")?;
            }
        }
    }
    if same {
        writeln!(out, "{} students, and no score changed", new_names.len())?;
    }
    Ok(same)
}

fn students(run: &Path) -> anyhow::Result<BTreeSet<String>> {
    let folder = run.join("submissions");
    let context = || format!("list {} (is it the folder of a run's report?)", folder.display());
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(&folder).with_context(context)? {
        let name = entry.with_context(context)?.file_name();
        let name = name.to_string_lossy();
        if let Some(student) = name.strip_suffix(".json").filter(|name| !name.starts_with('.')) {
            names.insert(student.to_owned());
        }
    }
    ensure!(!names.is_empty(), "{} has no graded submission", run.display());
    Ok(names)
}

fn student(out: &mut dyn Write, old: &Grade, new: &Grade) -> anyhow::Result<bool> {
    let mut same = true;
    for after in &new.exercises {
        let before = old.exercises.iter().find(|before| before.id == after.id);
        let Some(before) = before else {
            same = false;
            writeln!(out, "{} {}: not in the earlier run", new.student, after.id)?;
            continue;
        };
        if before.points == after.points
            && before.max_points == after.max_points
            && before.verdict == after.verdict
        {
            continue;
        }
        same = false;
        writeln!(
            out,
            "{} {}: {} -> {}, {}",
            new.student,
            after.id,
            short(before),
            short(after),
            why(before, after)
        )?;
    }
    Ok(same)
}

fn short(grade: &ExerciseGrade) -> String {
    let points = grade.points.map_or_else(|| "?".to_owned(), |points| points.to_string());
    format!("{points} of {} ({})", grade.max_points, grade.verdict.word())
}

/// What is different in what both were made of.
fn why(before: &ExerciseGrade, after: &ExerciseGrade) -> String {
    let digest = |grade: &ExerciseGrade, name: &str| {
        let part = grade.made.iter().find(|(part, _)| part == name);
        part.map(|(_, digest)| digest.clone())
    };
    let names = ["submission", "tests", "toolchain", "limits", "grader"];
    let changed: Vec<&str> =
        names.into_iter().filter(|name| digest(before, name) != digest(after, name)).collect();
    match changed[..] {
        [] => "although nothing it was made of changed: please report this".to_owned(),
        [one] => format!("because the {one} changed"),
        _ => format!("and these changed: {}", changed.join(", ")),
    }
}
