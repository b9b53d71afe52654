//! Running a lesson and taking down what can be seen from outside.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use anyhow::{Context, ensure};
use course::{Course, Entry};
use launcher::{Captured, Diagnosis, Launch, Limits, xtask_path};

/// Lessons that run at one time. More would only wait for a processor.
const AT_ONCE: usize = 2;

/// What a lesson did.
pub struct Observed {
    pub whole: Captured,
    /// Files that it left in its temporary directory.
    pub left: Vec<String>,
    /// Each part's name and what it printed when it ran alone.
    pub parts: Vec<(String, Captured)>,
    /// Why the parts could not be run, where they could not.
    pub no_parts: Option<String>,
}

impl Observed {
    /// What the doctor says of the run that hung, where one did.
    pub fn diagnosis(&self) -> Option<&Diagnosis> {
        let parts = self.parts.iter().map(|(_, part)| part);
        let mut all = [&self.whole].into_iter().chain(parts);
        all.find_map(|run| run.report.diagnosis.as_ref())
    }

    /// What the launcher saw, but for what differs from run to run.
    pub fn facts(&self) -> String {
        let report = &self.whole.report;
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "ended: {}", report.ended.words());
        let _ = writeln!(text, "bytes on standard output: {}", report.stdout_bytes);
        let unreaped =
            report.unreaped.map_or("unknown".to_owned(), |unreaped| unreaped.to_string());
        let _ = writeln!(text, "processes left unreaped: {unreaped}");
        let _ = writeln!(text, "files left behind: {}", self.left.len());
        let parts: Vec<&str> = self.parts.iter().map(|(name, _)| name.as_str()).collect();
        let _ = writeln!(text, "parts: {}", parts.join(", "));
        text
    }
}

/// Enough for any lesson on a loaded machine, and an end for one that hangs.
pub const DEADLINE: Duration = Duration::from_secs(15);

fn limits(deadline: Duration) -> Limits {
    Limits {
        wall: Some(deadline),
        cpu: Some(Duration::from_secs(10)),
        memory_bytes: Some(512 << 20),
        processes: Some(64),
        output_bytes: Some(1 << 20),
        deadlock: true,
        ..Limits::default()
    }
}

/// Runs the lessons, [`AT_ONCE`] at a time; the results have their order.
pub fn all(
    course: &Course,
    lessons: &[&Entry],
    binaries: &BTreeMap<String, PathBuf>,
    deadline: Duration,
) -> anyhow::Result<Vec<Observed>> {
    let xtask = xtask_path()?;
    let waiting: Mutex<VecDeque<usize>> = Mutex::new((0..lessons.len()).collect());
    let done = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(index) = next(&waiting) {
                    let observed = one(course, lessons[index], binaries, &xtask, deadline);
                    if let Ok(mut done) = done.lock() {
                        done.insert(index, observed);
                    }
                }
            });
        }
    });
    let done = done.into_inner().ok().context("a thread that ran a lesson has died")?;
    ensure!(done.len() == lessons.len(), "not every lesson was run");
    done.into_values().collect()
}

fn next(waiting: &Mutex<VecDeque<usize>>) -> Option<usize> {
    waiting.lock().ok()?.pop_front()
}

fn one(
    course: &Course,
    entry: &Entry,
    binaries: &BTreeMap<String, PathBuf>,
    xtask: &Path,
    deadline: Duration,
) -> anyhow::Result<Observed> {
    let binary = binaries.get(&entry.id).context("cargo named no binary")?;
    let temporary = tempfile::tempdir().context("make a temporary directory")?;
    let run = |arguments: &[&str]| {
        let launch = Launch::captured(binary).args(arguments).limits(limits(deadline));
        launch
            .output(xtask, |command| {
                command.env("TMPDIR", temporary.path()).current_dir(&course.root);
            })
            .with_context(|| format!("run {} {}", entry.id, arguments.join(" ")))
    };
    let whole = run(&[])?;
    let mut observed = Observed { whole, left: Vec::new(), parts: Vec::new(), no_parts: None };
    // Where the whole fails the parts would fail as well, or hang once more.
    if observed.whole.report.ended.is_success() {
        let list = run(&["--list"])?;
        match String::from_utf8(list.stdout) {
            _ if !list.report.ended.is_success() => {
                observed.no_parts = Some(format!("--list: {}", list.report.ended.words()));
            }
            Err(error) => observed.no_parts = Some(format!("--list: {error}")),
            Ok(names) => {
                let run_one = |name: &str| Ok((name.to_owned(), run(&[name])?));
                observed.parts = names.lines().map(run_one).collect::<anyhow::Result<_>>()?;
            }
        }
    }
    observed.left = fs::read_dir(temporary.path())
        .context("list the lesson's temporary directory")?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<std::io::Result<_>>()
        .context("list the lesson's temporary directory")?;
    Ok(observed)
}
