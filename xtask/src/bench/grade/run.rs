//! Runs of the grader, and what it says of its own costs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use course::Course;
use launcher::XTASK_VARIABLE;
use serde_json::Value;

use crate::helper;

/// Between two looks at the grader's memory.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The program that grades.
pub struct Grader {
    binary: PathBuf,
    root: PathBuf,
    xtask: PathBuf,
}

/// One run.
pub struct Run {
    pub elapsed: Duration,
    /// Of the grader's process, without those that it starts.
    pub peak_kib: u64,
}

/// What a compiler and tests take, added up.
pub struct Costs {
    pub programs: u64,
    pub tests: u64,
    compiling: f64,
    testing: f64,
    processors: f64,
}

impl Costs {
    /// Spread over the processors.
    pub fn least(&self) -> Duration {
        Duration::from_secs_f64((self.compiling + self.testing) / self.processors)
    }
}

/// What one test takes, in seconds.
pub struct Hangs {
    pub right: f64,
    pub proved: f64,
    pub standing: f64,
    pub busy: f64,
}

impl Grader {
    pub fn new(course: &Course) -> anyhow::Result<Grader> {
        let binary = helper::binary(&course.root, "grader")?;
        Ok(Grader { binary, root: course.root.clone(), xtask: launcher::xtask_path()? })
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(words).current_dir(&self.root).env(XTASK_VARIABLE, &self.xtask);
        command.stdin(Stdio::null());
        command
    }

    /// Makes up a class.
    pub fn make(&self, students: usize, folder: &Path) -> anyhow::Result<()> {
        let mut command = self.command(&["made-up", &students.to_string(), "1"]);
        let output = command.arg(folder).output().context("start the grader")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "no class was made: {said}");
        Ok(())
    }

    /// Grades it.
    pub fn grade(&self, class: &Path, out: &Path) -> anyhow::Result<Run> {
        let log = out.with_extension("log");
        let file = fs::File::create(&log).with_context(|| format!("make {}", log.display()))?;
        let mut command = self.command(&["class", "--seed", "1", "--submissions"]);
        command.arg(class).arg("--out").arg(out);
        command.stdout(Stdio::null()).stderr(file);
        let started = Instant::now();
        let mut child = command.spawn().context("start the grader")?;
        let mut peak_kib = 0;
        let status = loop {
            peak_kib = peak(child.id()).unwrap_or(0).max(peak_kib);
            if let Some(status) = child.try_wait().context("wait for the grader")? {
                break status;
            }
            // Between two looks; it puts nothing in order.
            std::thread::sleep(LOOK_EVERY);
        };
        let elapsed = started.elapsed();
        let said = fs::read_to_string(&log).unwrap_or_default();
        let last = said.lines().last().unwrap_or_default();
        ensure!(status.success(), "grading ended with {status}: {last}");
        Ok(Run { elapsed, peak_kib })
    }

    /// What compiling and testing the class takes by themselves.
    pub fn bare(&self, class: &Path) -> anyhow::Result<Costs> {
        let costs = answer(self.command(&["bare"]).arg(class))?;
        let count = |key: &str| costs[key].as_u64().with_context(|| format!("`{key}`"));
        Ok(Costs {
            programs: count("programs")?,
            tests: count("tests")?,
            compiling: number(&costs, "compiling_seconds")?,
            testing: number(&costs, "testing_seconds")?,
            processors: number(&costs, "processors")?,
        })
    }

    pub fn hangs(&self) -> anyhow::Result<Hangs> {
        let times = answer(&mut self.command(&["hangs"]))?;
        Ok(Hangs {
            right: number(&times, "right_seconds")?,
            proved: number(&times, "proved_seconds")?,
            standing: number(&times, "standing_seconds")?,
            busy: number(&times, "busy_seconds")?,
        })
    }
}

fn answer(command: &mut Command) -> anyhow::Result<Value> {
    let output = command.output().context("start the grader")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the grader ended with {}: {said}", output.status);
    serde_json::from_slice(&output.stdout).context("understand the grader")
}

fn number(json: &Value, key: &str) -> anyhow::Result<f64> {
    json[key].as_f64().with_context(|| format!("the grader says nothing of `{key}`"))
}

/// The most memory that a process has had (proc_pid_status(5)).
fn peak(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}
