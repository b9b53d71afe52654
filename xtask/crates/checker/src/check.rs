//! `check`: the tests on what the student has written, or on the reference programs.

use std::io::Write;

use build::Built;
use course::progress::{self, Progress};
use course::{Course, Entry, State};
use trial::{Answer, Result};

use crate::programs;
use crate::show::{self, Row};
use crate::tests::{self, Job};

/// Checks what the student has written; tells whether all of it passes.
pub fn student(course: &Course, exercises: &[&Entry], seed: u64) -> anyhow::Result<bool> {
    // The content is taken before the build: a save during the check must not count as checked.
    let contents = exercises
        .iter()
        .map(|entry| progress::content(&course.root, entry))
        .collect::<anyhow::Result<Vec<u64>>>()?;
    let built = programs::students(course, exercises)?;
    let results = run(course, exercises, &built, seed, |entry| entry.id.clone())?;
    let rows = rows(exercises, &results);
    for (row, content) in rows.iter().zip(contents) {
        let passed = row.passes();
        Progress::change(&course.root, &row.entry.id, |mark| {
            (mark.passed, mark.content) = (Some(passed), content);
        })?;
    }
    let mut out = anstream::stdout().lock();
    if let [row] = &rows[..] {
        one(&mut out, course, &built, row)?;
    } else {
        many(&mut out, &rows)?;
    }
    out.flush()?;
    Ok(rows.iter().all(Row::passes))
}

/// Checks the reference programs, several times in a row.
pub fn solutions(
    course: &Course,
    exercises: &[&Entry],
    seed: u64,
    repeat: usize,
) -> anyhow::Result<bool> {
    let built = programs::references(course, exercises)?;
    let mut out = anstream::stdout().lock();
    for turn in 0..repeat {
        // Each turn has inputs of its own.
        let seed = seed.wrapping_add(turn as u64);
        let results = run(course, exercises, &built, seed, programs::solution_of)?;
        let rows = rows(exercises, &results);
        if let Some(wrong) = rows.iter().find(|row| !row.passes()) {
            writeln!(out, "turn {} of {repeat}:", turn + 1)?;
            match wrong.results {
                Some(results) => show::exercise(&mut out, wrong.entry, results, false)?,
                None => drop(programs::binary(&built, &programs::solution_of(wrong.entry))?),
            }
            return Ok(false);
        }
        if turn + 1 == repeat {
            show::table(&mut out, &rows)?;
        }
    }
    out.flush()?;
    Ok(true)
}

type Results = Vec<Option<Vec<Result>>>;

/// Tests all that has been built; `None` for what does not compile.
fn run(
    course: &Course,
    exercises: &[&Entry],
    built: &Built,
    seed: u64,
    name: impl Fn(&Entry) -> String,
) -> anyhow::Result<Results> {
    let suites = programs::suites(exercises, built)?;
    let mut jobs = Vec::new();
    for (entry, suite) in exercises.iter().zip(&suites) {
        if let Some(program) = built.binaries.get(&name(entry)) {
            jobs.push(Job { entry, suite, program: program.clone(), until: None });
        }
    }
    let mut results = tests::run(course, &jobs, seed)?.into_iter();
    let compiled = |entry: &&Entry| built.binaries.contains_key(&name(entry));
    Ok(exercises.iter().map(|entry| if compiled(entry) { results.next() } else { None }).collect())
}

fn rows<'a>(exercises: &[&'a Entry], results: &'a Results) -> Vec<Row<'a>> {
    let pairs = exercises.iter().zip(results);
    pairs.map(|(entry, results)| Row { entry, results: results.as_deref() }).collect()
}

/// A single exercise, with all that helps to go on.
fn one(out: &mut impl Write, course: &Course, built: &Built, row: &Row<'_>) -> anyhow::Result<()> {
    let id = &row.entry.id;
    let said = built.said.get(id).map_or("", String::as_str);
    show::compiler(out, said)?;
    let Some(results) = row.results else {
        writeln!(out, "{id} does not compile: see above, then check again.")?;
        writeln!(out, "hint      cargo xtask hint {id}")?;
        writeln!(out, "program   {}", row.entry.path.join("src/main.rs").display())?;
        return Ok(());
    };
    show::exercise(out, row.entry, results, true)?;
    if row.passes() {
        let skipped = results.iter().filter(|result| result.answer != Answer::Passed).count();
        if skipped > 0 {
            writeln!(out, "\n{skipped} tests cannot be made on this machine.")?;
        }
        writeln!(out, "\nIt passes. Compare with ours:  cargo xtask solution {id}")?;
        match next(course, row.entry) {
            Some(next) => {
                let task = next.path.join("README.md");
                writeln!(out, "The next exercise, {}:      {}", next.id, task.display())?;
            }
            None => writeln!(out, "Nothing is open any more:      cargo xtask list")?,
        }
    }
    Ok(())
}

/// The first exercise after this one, or before it, that is not done.
fn next<'a>(course: &'a Course, this: &Entry) -> Option<&'a Entry> {
    let progress = Progress::read(&course.root);
    let open = |entry: &&Entry| progress::state(&course.root, entry, &progress) != State::Done;
    let all: Vec<&Entry> = course.exercises().filter(open).collect();
    all.iter().find(|entry| entry.number > this.number).or(all.first()).copied()
}

fn many(out: &mut impl Write, rows: &[Row<'_>]) -> anyhow::Result<()> {
    show::table(out, rows)?;
    let passing = rows.iter().filter(|row| row.passes()).count();
    writeln!(out, "\n{passing} of {} exercises pass.", rows.len())?;
    if let Some(next) = rows.iter().find(|row| !row.passes()) {
        writeln!(out, "Why the first of the others fails: cargo xtask check {}", next.entry.id)?;
    }
    Ok(())
}
