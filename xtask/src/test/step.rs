//! One step of `test`: a command that runs through the launcher, and what it has counted.

use std::ffi::OsString;
use std::time::Duration;

use anyhow::Context;
use course::Course;
use launcher::{Captured, Ended, Launch, Limits, XTASK_VARIABLE, xtask_path};

use super::survivors::HIDDEN_VERB;

/// One check, named for the table.
pub struct Step {
    pub name: &'static str,
    pub what: &'static str,
    /// The program and its arguments, a space between them; `cargo` and `xtask` stand for
    /// themselves.
    pub command: &'static str,
    /// Arguments that depend on what the course holds.
    pub more: fn(&Course) -> anyhow::Result<Vec<OsString>>,
    /// Arguments that are added with CI=true.
    pub in_ci: &'static str,
    /// A command that fails where the step's tool is missing, and how to install it.
    pub needs: Option<(&'static str, &'static str)>,
}

/// How a step went.
pub struct Outcome {
    pub passed: usize,
    pub failed: usize,
    /// Why something was not checked.
    pub skipped: Vec<String>,
    /// Tests that take long, and are only run by who asks for them (`#[ignore]`).
    pub ignored: usize,
    /// All that a failed step said.
    pub failure: Option<String>,
}

/// No step takes this long; one that hangs must end.
const DEADLINE: Duration = Duration::from_secs(40 * 60);

fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

impl Step {
    pub fn run(&self, course: &Course) -> Outcome {
        self.try_run(course).unwrap_or_else(|error| Outcome::failed(format!("{error:#}")))
    }

    fn try_run(&self, course: &Course) -> anyhow::Result<Outcome> {
        if let Some((command, install)) = self.needs
            && !launch(course, command, Vec::new())?.report.ended.is_success()
        {
            let tool = command.strip_suffix(" --version").unwrap_or(command);
            let why = format!("{tool} is not installed: {install}");
            return Ok(if is_ci() { Outcome::failed(why) } else { Outcome::skipped(why) });
        }
        let mut more = (self.more)(course)?;
        if is_ci() {
            more.extend(self.in_ci.split_ascii_whitespace().map(OsString::from));
        }
        let captured = launch(course, self.command, more)?;
        Ok(Outcome::of(&captured))
    }
}

fn launch(course: &Course, command: &str, more: Vec<OsString>) -> anyhow::Result<Captured> {
    let mut words = command.split_ascii_whitespace();
    let program = words.next().context("a step without a command")?;
    let xtask = xtask_path()?;
    let program = match program {
        "cargo" => build::cargo(),
        "xtask" => xtask.clone().into_os_string(),
        other => OsString::from(other),
    };
    let limits = Limits { wall: Some(DEADLINE), deadlock: true, ..Limits::default() };
    let launch = Launch::captured(&xtask).args([HIDDEN_VERB.into(), program]);
    let launch = launch.args(words).args(more).limits(limits);
    launch.output(&xtask, |command| {
        command.env(XTASK_VARIABLE, &xtask).current_dir(&course.root);
        // A job server of an outer make is not there for the tests.
        command.env_remove("MAKEFLAGS").env_remove("CARGO_MAKEFLAGS");
    })
}

impl Outcome {
    pub fn failed(why: String) -> Outcome {
        Outcome { passed: 0, failed: 1, skipped: Vec::new(), ignored: 0, failure: Some(why) }
    }

    fn skipped(why: String) -> Outcome {
        Outcome { passed: 0, failed: 0, skipped: vec![why], ignored: 0, failure: None }
    }

    pub fn word(&self) -> &'static str {
        match (&self.failure, self.passed, self.skipped.is_empty()) {
            (Some(_), _, _) => "FAILED",
            (None, 0, false) => "skipped",
            (None, _, _) => "ok",
        }
    }

    /// Counts what the step's test runners have counted. A step without any is one check. A
    /// process that survived it is a failure.
    fn of(captured: &Captured) -> Outcome {
        let said = [&captured.stdout[..], &captured.stderr[..]].map(String::from_utf8_lossy);
        let text = said.concat();
        let mut outcome =
            Outcome { passed: 0, failed: 0, skipped: Vec::new(), ignored: 0, failure: None };
        for line in text.lines() {
            if let Some((passed, failed, ignored)) = counts(line) {
                outcome.passed += passed;
                outcome.failed += failed;
                outcome.ignored += ignored;
            }
            if let Some((who, why)) = line.split_once("SKIPPED: ") {
                outcome.skipped.push(format!("{}{why}", who.trim_start()));
            }
        }
        let held = captured.report.ended.is_success();
        if held && outcome.passed == 0 && outcome.skipped.is_empty() {
            outcome.passed = 1;
        }
        // Whoever is not root cannot be asked to become it.
        let avoidable = |why: &&String| !why.contains("needs root");
        let must_not_skip = is_ci() && outcome.skipped.iter().any(|why| avoidable(&why));
        if !held || must_not_skip || outcome.failed > 0 {
            outcome.failed = outcome.failed.max(1);
            let ended = match &captured.report.ended {
                Ended::Exited { .. } => String::new(),
                _ => format!("the step was {}\n", captured.report.explained()),
            };
            outcome.failure = Some(format!("{text}{ended}"));
        }
        outcome
    }
}

/// From libtest's closing line, or from the plain one of our own programs.
fn counts(line: &str) -> Option<(usize, usize, usize)> {
    let number = |before: &str| line.split(before).next()?.rsplit([' ', ',']).next()?.parse().ok();
    let is_closing = line.starts_with("test result:")
        || line.split(',').next()?.strip_suffix(" passed")?.parse::<usize>().is_ok();
    is_closing.then_some(())?;
    Some((number(" passed")?, number(" failed")?, number(" ignored").unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::counts;

    #[test]
    fn closing_lines_are_counted() {
        let libtest = "test result: ok. 12 passed; 3 failed; 4 ignored; 0 measured";
        assert_eq!(counts(libtest), Some((12, 3, 4)));
        assert_eq!(counts("7 passed, 1 failed, 2 skipped"), Some((7, 1, 0)));
        assert_eq!(counts("test 7 passed, 1 failed"), None);
        assert_eq!(counts("running 3 tests"), None);
    }
}
