//! The grader, started by the runner's verb `grade`.

mod progress;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use course::Course;
use grader::diff::diff;
use grader::dry_run::dry_run;
use grader::exercise::Bench;
use grader::import::find;
use grader::keys::Common;
use grader::limits::GradeLimits;
use grader::self_test::{Range, self_test};
use grader::store::Store;
use grader::toolchain::Toolchain;
use grader::words::{Asked, Class};
use grader::{mounts, prepare, results, run, stop, words};
use nix::unistd::Uid;
use serde_json::{Value, json};

fn main() -> ExitCode {
    match grade() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            let _ = writeln!(anstream::stderr(), "error: {error:#}");
            // As a shell says that a signal ended a program.
            let by_signal = stop::asked().and_then(|signal| u8::try_from(128 + signal as i32).ok());
            ExitCode::from(by_signal.unwrap_or(125))
        }
    }
}

fn grade() -> anyhow::Result<bool> {
    let mut out = anstream::stdout().lock();
    match words::read(std::env::args_os().skip(1))? {
        Asked::Class(asked) if asked.dry_run => {
            let (students, remarks) = find(&asked.submissions)?;
            for remark in remarks {
                writeln!(out, "note: {remark}")?;
            }
            let limits = GradeLimits::read(asked.limits.as_deref())?;
            dry_run(&mut out, &Course::here()?, &students, &limits)?;
            Ok(true)
        }
        Asked::Class(asked) => class(&mut out, &asked),
        Asked::Diff { old, new } => diff(&mut out, &old, &new),
        Asked::SelfTest => attacks(&mut out),
    }
}

/// Tells whether all defences hold.
fn attacks(out: &mut dyn Write) -> anyhow::Result<bool> {
    if Uid::effective().is_root() {
        mounts::leave()?;
    }
    let course = Course::here()?;
    let users = prepare::users(Some(1))?;
    let (place, level) = prepare::place(&course, &GradeLimits::read(None)?, users[0])?;
    let toolchain = Toolchain::prepare(&course, &place, users[0])?;
    let tests = prepare::tests(&course, &place)?;
    let sandboxed = prepare::sandboxed(&course)?;
    let missing = level.missing().join(", ");
    writeln!(
        out,
        "level {}{}{missing}",
        level.word(),
        if missing.is_empty() { "" } else { ", without " }
    )?;
    let range = Range {
        course: &course,
        toolchain: &toolchain,
        sandboxed: &sandboxed,
        user: users[0],
        tests: &tests.get("ex-01").context("the tests of ex-01")?.program,
    };
    let held = self_test(out, &range);
    mounts::unbind(place.path());
    held
}

/// Tells whether all is graded.
fn class(out: &mut dyn Write, asked: &Class) -> anyhow::Result<bool> {
    if Uid::effective().is_root() {
        mounts::leave()?;
    }
    stop::listen()?;
    let course = Course::here()?;
    let limits = GradeLimits::read(asked.limits.as_deref())?;
    let (students, remarks) = find(&asked.submissions)?;
    let store = Store::open(&asked.out)?;
    let seed = seed(&store, asked.seed)?;
    let users = prepare::users(asked.jobs)?;
    let (place, level) = prepare::place(&course, &limits, users[0])?;
    let toolchain = Toolchain::prepare(&course, &place, users[0])?;
    let tests = prepare::tests(&course, &place)?;
    let common = Common::of(&course, &toolchain, &limits, &level, seed)?;
    let bench = Bench {
        course: &course,
        place: &place,
        toolchain: &toolchain,
        limits: &limits,
        common,
        tests,
        seed,
    };
    for remark in remarks {
        writeln!(out, "note: {remark}")?;
    }
    let progress = progress::Progress::new(students.len(), course.exercises().count());
    let ran = run::run(&bench, &store, &students, &users, &progress);
    progress.finish();
    mounts::unbind(place.path());
    ran?;
    let environment = results::environment(&toolchain.version, &level, seed);
    let names: Vec<&str> = students.iter().map(|student| student.name.as_str()).collect();
    results::write(&store, &course, &environment, &names)?;
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let mut all = true;
    for name in names {
        let grade = store.read(name)?;
        all &= grade.score().is_some();
        results::table(out, &grade, width)?;
    }
    writeln!(out, "\n{}", store.path("results.json").display())?;
    Ok(all)
}

/// The one that was asked for, the one of the run that this goes on with, or a new one.
fn seed(store: &Store, asked: Option<u64>) -> anyhow::Result<u64> {
    let path = store.path("run.json");
    let before = std::fs::read(&path).ok();
    let before: Option<Value> = before.and_then(|text| serde_json::from_slice(&text).ok());
    let before = before.and_then(|run| run["seed"].as_u64());
    let seed = match asked.or(before) {
        Some(seed) => seed,
        None => {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            now.map_or(1, |time| u64::from(time.subsec_micros()))
        }
    };
    store.write(&path, &json!({"seed": seed})).context("remember the seed")?;
    Ok(seed)
}
