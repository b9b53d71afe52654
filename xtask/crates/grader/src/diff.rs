//! `grade diff OLD NEW`: which scores changed, and whether the submission, the tests, the
//! toolchain, the limits, the seed or the grader did.

use std::io::Write;
use std::path::Path;

use crate::model::{ExerciseGrade, Grade};
use crate::store::Store;

/// Prints a line for each exercise whose points or verdict changed; tells whether there is none.
///
/// # Errors
/// When a folder is no run's, or a file in it is damaged.
pub fn diff(out: &mut dyn Write, old: &Path, new: &Path) -> anyhow::Result<bool> {
    let (old, new) = (Store::at(old).all()?, Store::at(new).all()?);
    let mut changed = 0;
    let mut in_both = 0;
    for (name, before) in &old {
        match new.get(name) {
            Some(after) => {
                in_both += 1;
                changed += usize::from(!student(out, before, after)?);
            }
            None => writeln!(out, "{name}: only in the earlier run")?,
        }
    }
    for name in new.keys().filter(|name| !old.contains_key(*name)) {
        writeln!(out, "{name}: only in the later run")?;
    }
    let same = changed == 0 && old.len() == in_both && new.len() == in_both;
    writeln!(out, "{changed} of {in_both} students that both runs have changed")?;
    Ok(same)
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
        let is_same = before.points == after.points
            && before.max_points == after.max_points
            && before.verdict == after.verdict;
        if !is_same {
            same = false;
            let (how, why) = (how(before, after), why(before, after));
            writeln!(out, "{} {}: {how}: {why}", new.student, after.id)?;
        }
    }
    for before in &old.exercises {
        if !new.exercises.iter().any(|after| after.id == before.id) {
            same = false;
            writeln!(out, "{} {}: not in the later run", new.student, before.id)?;
        }
    }
    Ok(same)
}

/// `10 -> 3 of 10, pass -> deadlock`, without what is the same.
fn how(before: &ExerciseGrade, after: &ExerciseGrade) -> String {
    let points = |grade: &ExerciseGrade| {
        grade.points.map_or_else(|| "?".to_owned(), |points| points.to_string())
    };
    let verdicts = if before.verdict == after.verdict {
        after.verdict.word().to_owned()
    } else {
        format!("{} -> {}", before.verdict.word(), after.verdict.word())
    };
    let (was, is, most) = (points(before), points(after), after.max_points);
    if before.max_points != most {
        format!("{was} of {} -> {is} of {most}, {verdicts}", before.max_points)
    } else if was == is {
        format!("{is} of {most}, {verdicts}")
    } else {
        format!("{was} -> {is} of {most}, {verdicts}")
    }
}

/// What is different in what both were made of.
fn why(before: &ExerciseGrade, after: &ExerciseGrade) -> String {
    let digest = |grade: &ExerciseGrade, name: &str| {
        let part = grade.made.iter().find(|(part, _)| part == name);
        part.map(|(_, digest)| digest.clone())
    };
    let names = ["submission", "tests", "toolchain", "limits", "seed", "grader"];
    let changed: Vec<&str> =
        names.into_iter().filter(|name| digest(before, name) != digest(after, name)).collect();
    match changed[..] {
        [] if before.points.is_none() || after.points.is_none() => {
            "the grader had failed in one of them".to_owned()
        }
        [] => "nothing that it was made of changed: please report this".to_owned(),
        [one] => format!("the {one} changed"),
        _ => format!("these changed: {}", changed.join(", ")),
    }
}
