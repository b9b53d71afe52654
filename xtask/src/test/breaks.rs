//! `test --breaks`: breaks every lesson by one line at a time and sees the tests notice.
//!
//! Which lines, and how, is in [`lines`]. The lessons are broken in a copy; the repository's own
//! are not touched. A break that the compiler refuses says nothing about the tests: it is built
//! first, told apart, and counted for itself. Then the snapshots are compared, and if they are the
//! same, the lesson's own tests are run. A lesson that fails unbroken ends all of this, since
//! nothing could be learnt from it.

mod lines;

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use course::{Course, Entry};
use launcher::{Launch, Limits, XTASK_VARIABLE, xtask_path};

use crate::output;
use crate::status::Status;
use crate::tidy::Tree;

/// A broken lesson may hang; this ends it.
const DEADLINE_SECONDS: &str = "10";
/// And this its tests.
const TESTS_DEADLINE: Duration = Duration::from_secs(60);

pub fn breaks(course: &Course, ids: &[String]) -> anyhow::Result<Status> {
    let lessons = course.lessons_named(ids)?;
    let tree = Tree::read(&course.root)?;
    let copy = Copy::new(course, &tree)?;

    let mut all = Counts::default();
    for entry in lessons {
        let unbroken = copy.outcome(entry)?;
        ensure!(
            matches!(unbroken, Outcome::Survived),
            "{} is {unbroken} although nothing in it is broken: see `cargo xtask test`",
            entry.id
        );
        let mut counts = Counts::default();
        for (path, text) in tree.rust_below(&entry.path.join("src")) {
            for broken in lines::breaks_of(text) {
                copy.write(path, &broken.text)?;
                let outcome = copy.outcome(entry);
                copy.write(path, text)?;
                let outcome = outcome?;
                counts.add(&outcome);
                let place = format!("{}:{}", path.display(), broken.line);
                let mut out = output::stdout();
                writeln!(out, "{outcome:<18} {place}: {}", broken.what)?;
                out.flush()?;
            }
        }
        writeln!(output::stdout(), "{}: {counts}", entry.id)?;
        all.noticed += counts.noticed;
        all.not_compiled += counts.not_compiled;
        all.survived += counts.survived;
    }
    // The plain closing line: a break that is noticed is a test that passes.
    let Counts { noticed, survived, not_compiled } = all;
    writeln!(output::stdout(), "{noticed} passed, {survived} failed, {not_compiled} skipped")?;
    Ok(if survived == 0 { Status::Holds } else { Status::Failed })
}

#[derive(Default)]
struct Counts {
    noticed: usize,
    survived: usize,
    not_compiled: usize,
}

impl Counts {
    fn add(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Differs | Outcome::TestsFail => self.noticed += 1,
            Outcome::NotCompiled => self.not_compiled += 1,
            Outcome::Survived => self.survived += 1,
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { noticed, survived, not_compiled } = self;
        write!(f, "{noticed} noticed, {survived} survived, {not_compiled} did not compile")
    }
}

enum Outcome {
    /// From the snapshots, or a limit ended the lesson.
    Differs,
    /// The snapshots are the same, and a test of the lesson's own fails.
    TestsFail,
    /// The compiler noticed: nothing was run.
    NotCompiled,
    /// The lesson printed what is stored, and its tests passed. That is what must not happen.
    Survived,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Outcome::Differs => "noticed",
            Outcome::TestsFail => "noticed by a test",
            Outcome::NotCompiled => "not compiled",
            Outcome::Survived => "SURVIVED",
        })
    }
}

/// The course once more, to be broken.
struct Copy {
    root: PathBuf,
    target: PathBuf,
    snapshots: PathBuf,
    xtask: PathBuf,
}

impl Copy {
    /// Below the target directory, so that the dependencies need be built only once.
    fn new(course: &Course, tree: &Tree) -> anyhow::Result<Copy> {
        let built = build::binaries(&course.root, &["snapshots"])?;
        let below = course.root.join("target/breaks");
        let copy = Copy {
            root: below.join("course"),
            target: below.join("target"),
            snapshots: built.get("snapshots").context("cargo named no binary")?.clone(),
            xtask: xtask_path()?,
        };
        if copy.root.exists() {
            fs::remove_dir_all(&copy.root).context("remove the copy of an earlier run")?;
        }
        for (path, text) in &tree.texts {
            copy.write(path, text)?;
        }
        Ok(copy)
    }

    fn write(&self, path: &Path, text: &str) -> anyhow::Result<()> {
        let path = self.root.join(path);
        let context = || format!("write {}", path.display());
        fs::create_dir_all(path.parent().unwrap_or(&self.root)).with_context(context)?;
        fs::write(&path, text).with_context(context)
    }

    fn outcome(&self, entry: &Entry) -> anyhow::Result<Outcome> {
        if !self.builds(&["build", "--bins", "--package", &entry.id])? {
            return Ok(Outcome::NotCompiled);
        }
        let compared = self.run(&self.snapshots, &[&entry.id, "--deadline", DEADLINE_SECONDS])?;
        match compared.status.code() {
            Some(0) => {}
            Some(1) => return Ok(Outcome::Differs),
            _ => bail!("the comparison failed: {}", String::from_utf8_lossy(&compared.stderr)),
        }
        if !self.root.join(&entry.path).join("tests").exists() {
            return Ok(Outcome::Survived);
        }
        let tests = ["test", "--package", &entry.id, "--test", "*"];
        if !self.builds(&[&tests[..], &["--no-run"]].concat())? {
            return Ok(Outcome::NotCompiled);
        }
        // Through the launcher, because broken tests may hang.
        let limits = Limits { wall: Some(TESTS_DEADLINE), deadlock: true, ..Limits::default() };
        let launch = Launch::captured(build::cargo()).args(tests).limits(limits);
        let tested = launch.output(&self.xtask, |command| self.prepare(command))?;
        let passed = tested.report.ended.is_success();
        Ok(if passed { Outcome::Survived } else { Outcome::TestsFail })
    }

    fn builds(&self, arguments: &[&str]) -> anyhow::Result<bool> {
        Ok(self.run(build::cargo(), arguments)?.status.success())
    }

    fn run(&self, program: impl AsRef<OsStr>, arguments: &[&str]) -> anyhow::Result<Output> {
        let mut command = Command::new(&program);
        self.prepare(command.args(arguments).stdin(Stdio::null()));
        command.output().with_context(|| format!("start {}", program.as_ref().display()))
    }

    fn prepare(&self, command: &mut Command) {
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        command.env(XTASK_VARIABLE, &self.xtask);
    }
}
