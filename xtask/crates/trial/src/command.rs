//! The tests' program: which of them to run, on which program, and where the report goes.

use std::ffi::OsString;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail, ensure};

use crate::folder::disturbed;
use crate::outcome::Wrong;
use crate::program::Trial;
use crate::report::{self, Answer};
use crate::{Result, Span, Test};

/// What a panic said, for the report.
static PANIC: Mutex<String> = Mutex::new(String::new());

#[derive(Default)]
struct Asked {
    list: bool,
    only: Option<String>,
    seed: u64,
    report: Option<PathBuf>,
    inputs: Option<PathBuf>,
    asleep: Option<Duration>,
    prefix: Vec<OsString>,
}

/// Runs the tests of the exercise `id` as the command line asks.
///
/// Exit status: 0 all hold, 1 one does not, 125 the tests themselves failed.
#[must_use]
pub fn main(id: &'static str, tests: &[Test]) -> ExitCode {
    match run(id, tests) {
        Ok(all_hold) => ExitCode::from(u8::from(!all_hold)),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::from(125)
        }
    }
}

fn run(id: &'static str, tests: &[Test]) -> anyhow::Result<bool> {
    let asked = parse(std::env::args_os().skip(1))?;
    if asked.list {
        let mut out = std::io::stdout().lock();
        for test in tests {
            writeln!(out, "{}\t{}", test.name, test.claim)?;
        }
        return Ok(true);
    }
    ensure!(!asked.prefix.is_empty(), "no program was named after --");
    let wanted = |test: &&Test| asked.only.as_ref().is_none_or(|name| name == test.name);
    let chosen: Vec<&Test> = tests.iter().filter(wanted).collect();
    ensure!(!chosen.is_empty(), "no test `{}`", asked.only.unwrap_or_default());

    // The answer goes into the report; a trace of the tests' own source would help nobody.
    set_hook(Box::new(|info| {
        if let Ok(mut said) = PANIC.lock() {
            *said = info.to_string();
        }
    }));
    let xtask = launcher::xtask_path()?;
    let results = chosen
        .into_iter()
        .map(|test| {
            let trial = Trial {
                id,
                prefix: asked.prefix.clone(),
                xtask: xtask.clone(),
                seed: asked.seed,
                inputs: asked.inputs.clone(),
                asleep: asked.asleep,
                folder: tempfile::tempdir().context("make a folder for the test")?,
                test: test.name,
                started: AtomicBool::new(false),
            };
            Ok(one(test, &trial))
        })
        .collect::<anyhow::Result<Vec<Result>>>()?;
    match &asked.report {
        Some(path) => report::write(path, &results)?,
        None => print(&results)?,
    }
    let is_wrong = |result: &Result| matches!(result.answer, Answer::Failed(_) | Answer::Error(_));
    Ok(!results.iter().any(is_wrong))
}

fn one(test: &Test, trial: &Trial) -> Result {
    let began_us = now_us();
    let answer = match catch_unwind(AssertUnwindSafe(|| (test.run)(trial))) {
        Ok(Ok(())) => Answer::Passed,
        Ok(Err(Wrong::Program(failure))) => Answer::Failed(failure),
        Ok(Err(Wrong::Skipped(why))) => Answer::Skipped(why),
        Ok(Err(Wrong::Folder(error))) if trial.has_run() => {
            Answer::Failed(Box::new(disturbed(trial.id, &error)))
        }
        Ok(Err(Wrong::Folder(error))) => Answer::Error(error.to_string()),
        Ok(Err(Wrong::Ours(error))) => Answer::Error(format!("{error:#}")),
        Err(_) => Answer::Error(PANIC.lock().map(|said| said.clone()).unwrap_or_default()),
    };
    let span = Span { began_us, ended_us: now_us() };
    let (name, claim) = (test.name.to_owned(), test.claim.to_owned());
    Result { name, claim, answer, seed: trial.seed, span }
}

fn now_us() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_micros());
    u64::try_from(now).unwrap_or(u64::MAX)
}

/// For somebody who runs the tests by hand.
fn print(results: &[Result]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for result in results {
        writeln!(out, "{:#}", result.to_json())?;
    }
    Ok(())
}

fn parse(mut words: impl Iterator<Item = OsString>) -> anyhow::Result<Asked> {
    let mut asked = Asked::default();
    while let Some(word) = words.next() {
        let mut value =
            || words.next().with_context(|| format!("{} takes a value", word.display()));
        match word.to_str() {
            Some("--list") => asked.list = true,
            Some("--only") => asked.only = Some(value()?.to_string_lossy().into_owned()),
            Some("--seed") => {
                asked.seed = value()?
                    .to_str()
                    .and_then(|n| n.parse().ok())
                    .context("--seed takes a number")?;
            }
            Some("--report") => asked.report = Some(value()?.into()),
            Some("--inputs") => asked.inputs = Some(value()?.into()),
            Some("--asleep-ms") => {
                let millis = value()?.to_str().and_then(|n| n.parse().ok());
                let millis = millis.context("--asleep-ms takes a number")?;
                asked.asleep = Some(Duration::from_millis(millis));
            }
            Some("--") => {
                asked.prefix = words.collect();
                break;
            }
            _ => bail!("unknown option {}", word.display()),
        }
    }
    Ok(asked)
}
