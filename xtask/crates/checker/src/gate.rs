//! The gate: the exercises' tests are themselves tested.
//!
//! Each skeleton and each wrong program (mutant: the solution with a patch that makes one mistake)
//! compiles without warnings and fails the test that
//! its record names, before any other, with the recorded verdict and words. Each solution and each
//! program that is right but built otherwise passes them all. The same goes for hidden tests, and
//! for the wrong programs that only they notice.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;

use anyhow::{Context, ensure};
use build::Built;
use course::{Course, Entry, Mutant};
use trial::{Answer, Result};

use crate::place::Place;
use crate::programs::{self, Source};
use crate::tests::{self, Audience, Job, Suite};
use crate::told;

/// What is said of a program whose test this machine cannot make; that is counted as skipped.
const NOT_TRIED: &str = "could not be tried";
/// A claim stands on one line of a terminal, behind its verdict.
const CLAIM_COLUMNS: usize = 70;

/// A program whose result is known beforehand.
struct Known<'a> {
    entry: &'a Entry,
    suite: &'a Suite,
    name: String,
    /// `None`: it is right.
    record: Option<&'a Mutant>,
    /// Compiled by cargo already, or a source that is compiled here.
    program: Program,
    /// Nothing is told of a hidden test.
    is_hidden: bool,
}

impl Known<'_> {
    fn varies(&self) -> bool {
        self.record.is_some_and(|record| record.varies.is_some())
    }
}

enum Program {
    Built(PathBuf),
    Source(Source),
}

/// Tells whether all programs did what is known of them; a line for each.
pub fn gate(
    course: &Course,
    exercises: &[&Entry],
    seed: u64,
    accept: bool,
) -> anyhow::Result<bool> {
    let built = programs::references(course, exercises)?;
    let mut out = anstream::stdout().lock();
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    let mut known = Vec::new();
    let suites = programs::suites(exercises, &built)?;
    let with_hidden: Vec<&Entry> =
        exercises.iter().filter(|entry| !entry.hidden.is_empty()).copied().collect();
    let hidden_suites = programs::hidden_suites(course, &with_hidden)?;
    let as_visible = |entry: &&Entry| Entry { tests: entry.hidden.clone(), ..(*entry).clone() };
    let hidden: Vec<Entry> = with_hidden.iter().map(as_visible).collect();
    let visible =
        exercises.iter().copied().zip(&suites).map(|(entry, suite)| (entry, suite, false));
    let hidden = hidden.iter().zip(&hidden_suites).map(|(entry, suite)| (entry, suite, true));
    for (entry, suite, is_hidden) in visible.chain(hidden) {
        match same_tests(entry, suite) {
            Ok(()) if is_hidden => known.extend(hidden_programs(entry, suite, &built)?),
            Ok(()) => known.extend(known_programs(entry, suite, &built)?),
            Err(error) => {
                failed += 1;
                writeln!(out, "{} FAILED: {error:#}", entry.id)?;
            }
        }
    }
    let compiled = compile(course, &known, &built);
    let mut jobs = Vec::new();
    for (program, known) in compiled.iter().zip(&known) {
        if let Ok(program) = program {
            let until = known.record.map(|record| record.test.as_str());
            let Known { entry, suite, .. } = known;
            jobs.push(Job { entry, suite, program: program.clone(), until });
        }
    }
    let place = Place::new(&course.root)?;
    let results = tests::run(course, &jobs, seed, &place, Audience::Gate)?;
    drop(place);
    let mut results = results.into_iter();
    for (program, known) in compiled.iter().zip(&known) {
        let verdict = match program {
            Ok(_) => {
                let results = results.next().context("a result for each program")?;
                match judge(known, &results) {
                    Ok(said) => {
                        told_as_recorded(course, known, &results, seed, accept)?.map(|()| said)
                    }
                    wrong => wrong,
                }
            }
            Err(error) => Err(error.clone()),
        };
        let what = format!("{} {}", known.entry.id, known.name);
        match verdict {
            Ok((said, cannot)) => {
                passed += usize::from(said != NOT_TRIED);
                skipped += cannot.len();
                writeln!(out, "{what}: {said}")?;
                for why in cannot {
                    writeln!(out, "{what}: SKIPPED: {why}")?;
                }
            }
            Err(why) => {
                failed += 1;
                writeln!(out, "{what}: FAILED (seed {seed}): {why}")?;
            }
        }
    }
    writeln!(out, "{passed} passed, {failed} failed, {skipped} skipped")?;
    out.flush()?;
    Ok(failed == 0)
}

/// What a student would be told is what is recorded. With other inputs than the records have,
/// nothing is compared.
fn told_as_recorded(
    course: &Course,
    known: &Known<'_>,
    results: &[Result],
    seed: u64,
    accept: bool,
) -> anyhow::Result<std::result::Result<(), String>> {
    let failed = results.iter().find_map(|result| match &result.answer {
        Answer::Failed(failure) => Some(failure),
        _ => None,
    });
    match failed {
        Some(failure) if seed == told::SEED && !known.varies() && !known.is_hidden => {
            let name = known.name.strip_prefix("mutant ").unwrap_or(&known.name);
            let told = told::compare(course, known.entry, name, failure, accept)?;
            Ok(told.map_or(Ok(()), Err))
        }
        _ => Ok(Ok(())),
    }
}

/// The manifest gives points for the tests that there are, in their order.
fn same_tests(entry: &Entry, suite: &Suite) -> anyhow::Result<()> {
    let listed: Vec<&str> = suite.listed.iter().map(|(name, _)| name.as_str()).collect();
    let named: Vec<&str> = entry.tests.iter().map(|test| test.name.as_str()).collect();
    ensure!(
        listed == named,
        "the tests are {}; the manifest has {}",
        listed.join(", "),
        named.join(", ")
    );
    let long = suite.listed.iter().find(|(_, claim)| claim.chars().count() > CLAIM_COLUMNS);
    ensure!(
        long.is_none(),
        "the claim of `{}` has more than {CLAIM_COLUMNS} columns",
        long.map_or("", |(name, _)| name)
    );
    Ok(())
}

fn known_programs<'a>(
    entry: &'a Entry,
    suite: &'a Suite,
    built: &Built,
) -> anyhow::Result<Vec<Known<'a>>> {
    let file = |name: &str| Program::Source(Source::File(entry.path.join(name)));
    let patch = |name: &str| {
        let path = entry.path.join("mutants").join(format!("{name}.patch"));
        Program::Source(Source::Patch(path))
    };
    let solution = programs::binary(built, &programs::solution_of(entry))?.to_owned();
    let known = |name: String, record, program| Known {
        entry,
        suite,
        name,
        record,
        program,
        is_hidden: false,
    };
    let mut all = vec![
        known("solution".to_owned(), None, Program::Built(solution)),
        known("skeleton".to_owned(), Some(&entry.skeleton), file("skeleton/main.rs")),
    ];
    for name in &entry.alternatives {
        let source = file(&format!("alternatives/{name}.rs"));
        all.push(known(format!("alternative {name}"), None, source));
    }
    for (name, record) in &entry.mutants {
        all.push(known(format!("mutant {name}"), Some(record), patch(name)));
    }
    for name in entry.hidden_mutants.keys() {
        // Nobody sees that it is wrong who has only these tests.
        all.push(known(format!("hidden mutant {name}"), None, hidden_patch(entry, name)));
    }
    Ok(all)
}

fn hidden_patch(entry: &Entry, name: &str) -> Program {
    Program::Source(Source::Patch(entry.path.join("hidden").join(format!("{name}.patch"))))
}

/// What the hidden tests are tried on.
fn hidden_programs<'a>(
    entry: &'a Entry,
    suite: &'a Suite,
    built: &Built,
) -> anyhow::Result<Vec<Known<'a>>> {
    let solution = programs::binary(built, &programs::solution_of(entry))?.to_owned();
    let known = |name: &str, record, program| {
        let name = format!("{name}, hidden tests");
        Known { entry, suite, name, record, program, is_hidden: true }
    };
    let mut all = vec![known("solution", None, Program::Built(solution))];
    for name in &entry.alternatives {
        let path = entry.path.join(format!("alternatives/{name}.rs"));
        let source = Program::Source(Source::File(path));
        all.push(known(&format!("alternative {name}"), None, source));
    }
    for (name, record) in &entry.hidden_mutants {
        let program = hidden_patch(entry, name);
        all.push(known(&format!("hidden mutant {name}"), Some(record), program));
    }
    Ok(all)
}

/// Compiles what is not compiled yet, as many at a time as there are processors.
fn compile(
    course: &Course,
    known: &[Known<'_>],
    built: &Built,
) -> Vec<std::result::Result<PathBuf, String>> {
    let next = Mutex::new(0..known.len());
    let take = || next.lock().ok().and_then(|mut left| left.next());
    let mut done: Vec<(usize, anyhow::Result<PathBuf>)> = thread::scope(|scope| {
        let work = || {
            let mut mine = Vec::new();
            while let Some(index) = take() {
                let Known { entry, name, program, .. } = &known[index];
                let program = match program {
                    Program::Built(file) => Ok(file.clone()),
                    Program::Source(source) => {
                        let name = name.replace(' ', "-");
                        programs::variant(&course.root, entry, built, &name, source)
                    }
                };
                mine.push((index, program));
            }
            mine
        };
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let threads: Vec<_> = (0..processors).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, program)| program.map_err(|error| format!("{error:#}"))).collect()
}

/// Without the breaks that a text has on a terminal.
fn in_one_line(text: &str) -> String {
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is to be said of a program that did what is known of it, with what could not be tested.
fn judge(
    known: &Known<'_>,
    results: &[Result],
) -> std::result::Result<(String, Vec<String>), String> {
    let mut cannot = Vec::new();
    for Result { name, answer, .. } in results {
        match (answer, known.record) {
            (Answer::Error(error), _) => return Err(format!("the test `{name}` broke: {error}")),
            (Answer::Skipped(why), _) => cannot.push(format!("{name}: {why}")),
            (Answer::NotTried(_), _) => {}
            (Answer::Passed, _) => {}
            (Answer::Failed(failure), None) => {
                return Err(format!(
                    "`{name}` fails: expected {}; came {}",
                    failure.expected, failure.came
                ));
            }
            (Answer::Failed(failure), Some(record)) => {
                let Mutant { test, verdict, came, .. } = record;
                let is_as_recorded = name == test
                    && failure.verdict.word() == verdict
                    && in_one_line(&failure.came).contains(came.as_str());
                return if is_as_recorded {
                    Ok((format!("fails `{name}` ({verdict})"), cannot))
                } else {
                    Err(format!(
                        "recorded: `{test}`, {verdict}, `{came}`; it fails `{name}` ({}): {}",
                        failure.verdict, failure.came
                    ))
                };
            }
        }
    }
    match known.record {
        None => Ok((format!("passes {} tests", results.len()), cannot)),
        // What its test needs is not there: nothing is known, and that is not a failure.
        Some(record)
            if results.last().is_some_and(|last| {
                last.name == record.test && matches!(last.answer, Answer::Skipped(_))
            }) =>
        {
            Ok((NOT_TRIED.to_owned(), cannot))
        }
        Some(record) => Err(format!("it passes `{}`, which it must fail", record.test)),
    }
}
