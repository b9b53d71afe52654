//! `check`: the tests on what the student has written, or on the reference programs.

use std::io::{self, Write};
use std::path::Path;

use build::Built;
use course::progress::{self, Progress};
use course::{Course, Entry, State};
use trial::{Answer, Failure, Result};

use crate::head_start::HeadStart;
use crate::place::Place;
use crate::programs;
use crate::show::{self, Form, Row};
use crate::tests::{self, Audience, Job, Suite};
use crate::times;

/// What a student has written.
pub struct Student<'a> {
    pub course: &'a Course,
    pub exercises: &'a [&'a Entry],
    pub place: &'a Place,
    /// Where somebody watches: the file that is to have the first failure while other tests still
    /// run.
    pub early: Option<&'a Path>,
}

impl Student<'_> {
    /// Checks it; tells whether all of it passes.
    pub fn check(&self, begun: Option<HeadStart>, seed: u64, times: bool) -> anyhow::Result<bool> {
        let Student { course, exercises, place, early } = *self;
        let is_ours = |begun: &HeadStart| matches!(exercises, [entry] if begun.is_of(entry));
        let begun = begun.filter(is_ours);
        // The content is taken before the build: a save during the check must not count as checked.
        let contents = match &begun {
            Some(begun) => vec![begun.content],
            None => exercises
                .iter()
                .map(|entry| progress::content(&course.root, entry))
                .collect::<anyhow::Result<Vec<u64>>>()?,
        };
        let is_there =
            |entry: &&&Entry| course.root.join(&entry.path).join("src/main.rs").is_file();
        let there: Vec<&Entry> = exercises.iter().filter(is_there).copied().collect();
        let (built, suites) = programs::students(course, exercises, &there, begun, place)?;
        let subjects =
            Subjects { exercises, suites, built: &built, name: |entry| entry.id.clone() };
        let of_failure = |result: &Result, failure: &Failure| {
            if let (Some(file), [entry]) = (early, exercises) {
                // The check tells it once more at its end.
                let _ = leave(file, &built, entry, result, failure);
            }
        };
        let audience = early.map_or(Audience::Terminal, |_| Audience::Watcher(&of_failure));
        let results = run(course, &subjects, seed, place, audience)?;
        let mut rows = rows(exercises, &results);
        for row in &mut rows {
            row.is_missing = !there.contains(&row.entry);
        }
        let remembered = remember(course, &rows, &contents);
        let mut out = anstream::stdout().lock();
        if let [row] = &rows[..] {
            let form = early.map_or(Form::Alone, |_| Form::Watched);
            one(&mut out, course, &built, row, form)?;
        } else {
            many(&mut out, &built, &rows)?;
        }
        for (entry, content) in exercises.iter().zip(contents) {
            if progress::content(&course.root, entry).ok() != Some(content) {
                writeln!(out, "{} was changed during the check: check it again.", entry.id)?;
            }
        }
        if times {
            writeln!(out, "{}", times::line(results.iter().flatten().flatten()))?;
        }
        out.flush()?;
        if let Err(error) = remembered {
            // What was found out holds all the same.
            let _ = writeln!(std::io::stderr(), "warning: not remembered for `list`: {error:#}");
        }
        Ok(rows.iter().all(Row::passes))
    }
}

/// Leaves what the check will say of the first failure, as its beginning.
fn leave(
    file: &Path,
    built: &Built,
    entry: &Entry,
    result: &Result,
    failure: &Failure,
) -> io::Result<()> {
    let choice = anstream::AutoStream::choice(&io::stdout());
    let mut text = anstream::AutoStream::new(Vec::new(), choice);
    show::compiler(&mut text, built.said.get(&entry.id).map_or("", String::as_str))?;
    show::failure(&mut text, entry, result, failure, Form::Watched)?;
    files::replace(file, &text.into_inner())
}

fn remember(course: &Course, rows: &[Row<'_>], contents: &[u64]) -> anyhow::Result<()> {
    for (row, content) in rows.iter().zip(contents) {
        let passed = row.passes();
        Progress::change(&course.root, &row.entry.id, |mark| {
            (mark.passed, mark.content) = (Some(passed), *content);
        })?;
    }
    Ok(())
}

/// Checks the reference programs, several times in a row.
pub fn solutions(
    course: &Course,
    exercises: &[&Entry],
    seed: u64,
    repeat: usize,
    times: bool,
) -> anyhow::Result<bool> {
    let place = Place::new(&course.root)?;
    let built = programs::references(course, exercises)?;
    let suites = programs::suites(exercises, &built)?;
    let subjects = Subjects { exercises, suites, built: &built, name: programs::solution_of };
    let mut out = anstream::stdout().lock();
    for turn in 0..repeat {
        // Each turn has inputs of its own.
        let seed = seed.wrapping_add(turn as u64);
        let results = run(course, &subjects, seed, &place, Audience::Terminal)?;
        let rows = rows(exercises, &results);
        if let Some(wrong) = rows.iter().find(|row| !row.passes()) {
            writeln!(out, "turn {} of {repeat}:", turn + 1)?;
            match wrong.results {
                Some(results) => show::exercise(&mut out, wrong.entry, results, Form::Ours)?,
                None => drop(programs::binary(&built, &programs::solution_of(wrong.entry))?),
            }
            return Ok(false);
        }
        if turn + 1 == repeat {
            show::table(&mut out, &rows)?;
            if times {
                writeln!(out, "{}", times::line(results.iter().flatten().flatten()))?;
            }
        }
    }
    out.flush()?;
    Ok(true)
}

type Results = Vec<Option<Vec<Result>>>;

/// What is tested, and with what.
struct Subjects<'a> {
    exercises: &'a [&'a Entry],
    suites: Vec<Suite>,
    built: &'a Built,
    /// The name under which an exercise's program was built.
    name: fn(&Entry) -> String,
}

/// Tests all that has been built; `None` for what does not compile.
fn run(
    course: &Course,
    subjects: &Subjects<'_>,
    seed: u64,
    place: &Place,
    audience: Audience<'_>,
) -> anyhow::Result<Results> {
    let Subjects { exercises, suites, built, name } = subjects;
    let mut jobs = Vec::new();
    for (entry, suite) in exercises.iter().zip(suites) {
        if let Some(program) = built.binaries.get(&name(entry)) {
            jobs.push(Job { entry, suite, program: program.clone(), until: None });
        }
    }
    let mut results = tests::run(course, &jobs, seed, place, audience)?.into_iter();
    let compiled = |entry: &&Entry| built.binaries.contains_key(&name(entry));
    Ok(exercises.iter().map(|entry| if compiled(entry) { results.next() } else { None }).collect())
}

fn rows<'a>(exercises: &[&'a Entry], results: &'a Results) -> Vec<Row<'a>> {
    let pairs = exercises.iter().zip(results);
    let row = |(entry, results): (&&'a Entry, &'a Option<Vec<Result>>)| Row {
        entry,
        results: results.as_deref(),
        is_missing: false,
    };
    pairs.map(row).collect()
}

/// A single exercise, with all that helps to go on.
fn one(
    out: &mut impl Write,
    course: &Course,
    built: &Built,
    row: &Row<'_>,
    form: Form,
) -> anyhow::Result<()> {
    let id = &row.entry.id;
    let said = built.said.get(id).map_or("", String::as_str);
    show::compiler(out, said)?;
    if row.is_missing {
        writeln!(out, "{} is missing.", row.entry.path.join("src/main.rs").display())?;
        writeln!(out, "begin again   cargo xtask reset {id}")?;
        return Ok(());
    }
    let Some(results) = row.results else {
        if form == Form::Watched {
            writeln!(out, "{id} does not compile.")?;
            return Ok(());
        }
        writeln!(out, "{id} does not compile: see above.")?;
        writeln!(out, "again     cargo xtask check {id}")?;
        writeln!(out, "hint      cargo xtask hint {id}")?;
        writeln!(out, "program   {}", row.entry.path.join("src/main.rs").display())?;
        return Ok(());
    };
    show::exercise(out, row.entry, results, form)?;
    if row.passes() {
        let skipped = results.iter().filter(|result| result.answer != Answer::Passed).count();
        if skipped > 0 {
            writeln!(out, "\n{skipped} tests cannot be made on this machine.")?;
        }
        if form == Form::Watched {
            return Ok(());
        }
        if course::has_solutions(&course.root) {
            writeln!(out, "\nIt passes. Compare with ours:  cargo xtask solution {id}")?;
        } else {
            writeln!(out, "\nIt passes.")?;
        }
        match next(course, row.entry) {
            Some(next) => {
                let task = next.path.join("README.md");
                writeln!(out, "The next exercise, {}:      {}", next.id, task.display())?;
                writeln!(out, "{:31}cargo xtask watch {}", "", next.id)?;
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

fn many(out: &mut impl Write, built: &Built, rows: &[Row<'_>]) -> anyhow::Result<()> {
    for row in rows.iter().filter(|row| row.results.is_some()) {
        // Warnings; what does not compile is told when it is checked alone.
        show::compiler(out, built.said.get(&row.entry.id).map_or("", String::as_str))?;
    }
    show::table(out, rows)?;
    let passing = rows.iter().filter(|row| row.passes()).count();
    writeln!(out, "\n{passing} of {} exercises pass.", rows.len())?;
    if let Some(next) = rows.iter().find(|row| !row.passes()) {
        writeln!(out, "Why the first of the others fails: cargo xtask check {}", next.entry.id)?;
    }
    Ok(())
}
