//! The grader, started by the runner's verb `grade`.

mod progress;

use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow, ensure};
use course::Course;
use grader::diff::diff;
use grader::dry_run::dry_run;
use grader::exercise::Bench;
use grader::ground::{Bare, Ground};
use grader::import::{Student, chosen};
use grader::keys::Common;
use grader::limits::GradeLimits;
use grader::merge::Parts;
use grader::record::Record;
use grader::self_test::{Range, self_test};
use grader::store::Store;
use grader::toolchain::Toolchain;
use grader::words::{Asked, Class, Wrong};
use grader::{mounts, prepare, reports, results, run, stop, words};
use nix::unistd::Uid;
use sandbox::Level;
use sandbox::user::User;
use serde_json::Value;

fn main() -> ExitCode {
    let error = match grade() {
        Ok(true) => return ExitCode::SUCCESS,
        Ok(false) => return ExitCode::from(1),
        // `| head` has seen enough. What is to be written to files is written before.
        Err(error) if nobody_reads(&error) => return ExitCode::SUCCESS,
        Err(error) => error,
    };
    let (status, said) = match stop::asked() {
        // As a shell says that a signal ended a program.
        Some(signal) => (128 + signal as i32, stopped(signal.as_str())),
        None if error.is::<Wrong>() => (2, format!("{error:#}")),
        None => (125, format!("{error:#}")),
    };
    let _ = writeln!(anstream::stderr(), "error: {said}");
    ExitCode::from(u8::try_from(status).unwrap_or(125))
}

fn nobody_reads(error: &anyhow::Error) -> bool {
    let cause = error.root_cause().downcast_ref::<std::io::Error>();
    cause.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

fn stopped(signal: &str) -> String {
    format!("stopped by {signal}: what is finished is kept, the same command goes on")
}

fn grade() -> anyhow::Result<bool> {
    let mut out = anstream::stdout().lock();
    match words::read(std::env::args_os().skip(1))? {
        Asked::Class(asked) if asked.dry_run => {
            let course = Course::here()?;
            let limits = GradeLimits::read(asked.limits.as_deref()).map_err(Wrong::usage)?;
            let mut students = students(&mut out, &course, &asked.submissions)?;
            students.retain(|student| asked.shard.is_none_or(|shard| shard.has(&student.name)));
            dry_run(&mut out, &course, &students, &limits)?;
            Ok(true)
        }
        Asked::Class(asked) => class(&mut out, &asked),
        Asked::Diff { old, new } => diff(&mut out, &old, &new).map_err(Wrong::usage),
        Asked::Merge { parts, out: to } => merge(&mut out, &parts, &to),
        Asked::MadeUp { students, seed, distinct, to } => {
            let class = grader::class::Class { students, seed, distinct };
            grader::class::make(&Course::here()?, class, &to)?;
            Ok(true)
        }
        Asked::Bare { submissions } => {
            let costs = grader::measure::bare(&Course::here()?, &submissions)?;
            writeln!(out, "{costs}")?;
            Ok(true)
        }
        Asked::Hangs => {
            let own = mounts_of_our_own();
            writeln!(out, "{}", grader::measure::hangs(&Course::here()?, &own, 15)?)?;
            Ok(true)
        }
        Asked::Report { report, formats } => {
            // Opening makes a folder that is not there.
            if !report.is_dir() {
                return Err(Wrong::usage(anyhow!("there is no folder {}", report.display())));
            }
            reports::write(&mut out, &Course::here()?, &Store::open(&report)?, &formats)?;
            Ok(true)
        }
        Asked::Sources { submissions, out: to } => {
            let course = Course::here()?;
            let students = students(&mut out, &course, &submissions)?;
            apart(&submissions, &to)?;
            reports::sources::write(&mut out, &course, &students, &to)?;
            Ok(true)
        }
        Asked::SelfTest => attacks(&mut out),
    }
}

/// Tells whether all defences hold.
fn attacks(out: &mut dyn Write) -> anyhow::Result<bool> {
    let own = mounts_of_our_own();
    stop::listen()?;
    let course = Course::here()?;
    let users = prepare::users(Some(1))?;
    let (place, level) = prepare::place(&GradeLimits::read(None)?, users[0])?;
    let toolchain = Toolchain::prepare(&course, place.path(), users[0], &own)?;
    let tests = prepare::tests(&course, place.path())?;
    let sandboxed = prepare::sandboxed()?;
    let missing = level.missing().join(", ");
    writeln!(
        out,
        "level {}{}{missing}",
        level.word(),
        if missing.is_empty() { "" } else { ", without " }
    )?;
    let program = |id: &str| {
        let tests = tests.get(id).with_context(|| format!("the tests of {id}"))?;
        Ok(tests.program.clone())
    };
    let range = Range {
        course: &course,
        toolchain: &toolchain,
        sandboxed: &sandboxed,
        user: users[0],
        tests: &program,
    };
    self_test(out, &range)
}

/// Only root has use for them.
fn mounts_of_our_own() -> anyhow::Result<mounts::Own> {
    ensure!(Uid::effective().is_root(), "only root may mount something");
    mounts::leave()
}

/// Tells whether all is graded.
fn class(out: &mut dyn Write, asked: &Class) -> anyhow::Result<bool> {
    // Before any thread is started.
    let own = mounts_of_our_own();
    stop::listen()?;
    let course = Course::here()?;
    let limits = GradeLimits::read(asked.limits.as_deref()).map_err(Wrong::usage)?;
    refuse_root_without_sandbox(asked)?;
    let mut students = students(out, &course, &asked.submissions)?;
    apart(&asked.submissions, &asked.out)?;
    let store = Store::open(&asked.out)?;
    let record = Record::begin(&store, asked.seed, asked.shard, &students)?;
    let seed = record.seed;
    students.retain(|student| asked.shard.is_none_or(|shard| shard.has(&student.name)));
    let users = prepare::users(asked.jobs)?;
    let (ground, level) = ground(asked, &limits, users[0])?;
    warn(&level);
    let toolchain = Toolchain::prepare(&course, ground.path(), users[0], &own)?;
    let tests = prepare::tests(&course, ground.path())?;
    let common = Common::of(&toolchain, &limits, &level, seed)?;
    let bench = Bench {
        course: &course,
        ground: &ground,
        toolchain: &toolchain,
        limits: &limits,
        common,
        tests,
        seed,
    };
    let progress = progress::Progress::new(students.len(), course.exercises().count());
    let ran = run::run(&bench, &store, &students, &users, &progress);
    progress.finish();
    ran?;
    let names: Vec<&str> = students.iter().map(|student| student.name.as_str()).collect();
    let environment = results::environment(&toolchain.version, &level, seed);
    record.ended(&bench, environment.clone()).write(&store)?;
    let all = report(out, &store, &course, &environment, &names)?;
    warn(&level);
    Ok(all)
}

/// The shards of a class; tells whether all is graded.
fn merge(out: &mut dyn Write, parts: &[PathBuf], to: &Path) -> anyhow::Result<bool> {
    let course = Course::here()?;
    let merged = Parts::read(&course, parts).map_err(Wrong::usage)?;
    if let Some(part) = parts.iter().find(|part| real(to).starts_with(real(part))) {
        let (to, part) = (to.display(), part.display());
        return Err(Wrong::usage(anyhow!("{to} is in {part}: name a folder beside it")));
    }
    let store = Store::open(to)?;
    let racing = merged.write(&store)?.ambiguous;
    if racing > 0 {
        writeln!(out, "note: {racing} programs have another grade in another part")?;
    }
    let names: Vec<&str> = merged.students.iter().map(String::as_str).collect();
    let environment = merged.record.made.context("what the parts were made with")?.environment;
    report(out, &store, &course, &environment, &names)
}

/// Writes and prints what is made of all grades; tells whether all is graded.
fn report(
    out: &mut dyn Write,
    store: &Store,
    course: &Course,
    environment: &Value,
    names: &[&str],
) -> anyhow::Result<bool> {
    results::write(store, course, environment, names)?;
    let gone = store.forget_others(names)?;
    if gone > 0 {
        writeln!(out, "note: {gone} of an earlier run are no longer among the submissions")?;
    }
    reports::renew(out, course, store)?;
    told(out, store, names)
}

/// Prints what has come out; tells whether all is graded.
fn told(out: &mut dyn Write, store: &Store, names: &[&str]) -> anyhow::Result<bool> {
    let mut table = results::Table::new(names);
    let mut all = true;
    for name in names {
        let grade = store.read(name)?;
        all &= grade.score().is_some();
        table.line(out, &grade)?;
    }
    table.total(out)?;
    if !all {
        writeln!(
            out,
            "Why something is not graded stands there; the same command tries it again:"
        )?;
    }
    writeln!(out, "{}", store.path("results.json").display())?;
    Ok(all)
}

fn students(
    out: &mut dyn Write,
    course: &Course,
    submissions: &Path,
) -> anyhow::Result<Vec<Student>> {
    if course.exercises().next().is_none() {
        return Err(Wrong::usage(anyhow!("{} has no exercises", course.root.display())));
    }
    let (students, remarks) = chosen(course, submissions).map_err(Wrong::usage)?;
    for remark in remarks {
        writeln!(out, "note: {remark}")?;
    }
    Ok(students)
}

/// A report among the submissions would be taken for one.
fn apart(submissions: &Path, report: &Path) -> anyhow::Result<()> {
    let submissions = real(submissions);
    if !real(report).starts_with(&submissions) {
        return Ok(());
    }
    Err(Wrong::usage(anyhow!(
        "the report's folder {} is among the submissions, and would be taken for one: name one \
         beside {}",
        report.display(),
        submissions.display()
    )))
}

/// Without links, as far as it is there.
fn real(path: &Path) -> PathBuf {
    let there = path.ancestors().find_map(|part| Some((part, part.canonicalize().ok()?)));
    let Some((part, real)) = there else { return path.to_owned() };
    let rest = path.strip_prefix(part).unwrap_or(Path::new(""));
    rest.components().fold(real, |mut path, part| {
        match part {
            Component::ParentDir => drop(path.pop()),
            part => path.push(part),
        }
        path
    })
}

fn refuse_root_without_sandbox(asked: &Class) -> anyhow::Result<()> {
    if asked.no_sandbox && Uid::effective().is_root() {
        return Err(Wrong::usage(anyhow!(
            "without a sandbox root would run what students have written: grade as an ordinary user"
        )));
    }
    Ok(())
}

fn ground(asked: &Class, limits: &GradeLimits, user: User) -> anyhow::Result<(Ground, Level)> {
    if asked.no_sandbox {
        return Ok((Ground::Bare(Bare::new()?), Level::None));
    }
    let (place, level) = prepare::place(limits, user)?;
    Ok((Ground::Sandboxed(place), level))
}

/// Says what does not protect this machine.
fn warn(level: &Level) {
    let said = match level {
        Level::Full => return,
        Level::Degraded(_) => format!(
            "the sandbox of this machine is degraded: it lacks {}",
            level.missing().join(", ")
        ),
        Level::None => "NO SANDBOX: what students have written runs as you, and can read, change \
                        and send away whatever you can"
            .to_owned(),
    };
    // The report says it as well.
    let _ = writeln!(anstream::stderr(), "warning: {said}");
}
