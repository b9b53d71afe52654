//! What the runner and the launcher add to starting a program directly.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use course::{Course, Kind};
use launcher::{Launch, Limits, xtask_path};

use crate::output;

use super::{median, millis, time, verdict};

/// What the targets allow the runner and the launcher to add.
const RUNNER: Duration = Duration::from_millis(150);
const LAUNCHER: Duration = Duration::from_millis(3);

/// Measures both, in turns with the direct start, and prints the medians; tells whether both
/// targets are met.
pub fn startup(course: &Course, pairs: usize) -> anyhow::Result<bool> {
    let entry = course.resolve("lesson-01", Kind::Lesson)?;
    let built = build::binaries(&course.root, &[&entry.id])?;
    let lesson = built.get(&entry.id).context("cargo named no binary")?;
    let xtask = xtask_path()?;
    let report = files::TempDir::new().context("make a directory for the report")?;
    let report = report.path().join("report.json");

    let through_cargo = || {
        let mut command = Command::new(build::cargo());
        command.args(["xtask", "run", "lesson-01"]).current_dir(&course.root);
        command
    };
    let direct = || Command::new(lesson);
    let (run, bare) = paired(pairs, through_cargo, direct)?;

    let limits = Limits { wall: Some(Duration::from_secs(10)), ..Limits::default() };
    let launched = || {
        // As in a test, where no report is there before: to replace one, ext4 writes to the disk.
        let _ = fs::remove_file(&report);
        Launch::captured(Path::new("/bin/true")).limits(limits.clone()).command(&xtask, &report)
    };
    // So many more, since a process's start is short beside the noise.
    let (launch, start) = paired(pairs * 5, launched, || Command::new("/bin/true"))?;

    let mut out = output::stdout();
    writeln!(out, "medians of {pairs} and {} pairs of runs, in turns", pairs * 5)?;
    writeln!(out, "{:<44} {:>9} {:>9} {:>7}  target", "", "median", "more", "ratio")?;
    row(&mut out, "lesson-01's binary, directly", bare, None)?;
    let runner_met = run.saturating_sub(bare) <= RUNNER;
    row(&mut out, "cargo xtask run lesson-01", run, Some((bare, RUNNER)))?;
    row(&mut out, "/bin/true, directly", start, None)?;
    let launcher_met = launch.saturating_sub(start) <= LAUNCHER;
    row(&mut out, "/bin/true, through the launcher", launch, Some((start, LAUNCHER)))?;
    out.flush()?;
    Ok(runner_met && launcher_met)
}

/// The medians of two commands that are run in turns.
fn paired(
    pairs: usize,
    first: impl Fn() -> Command,
    second: impl Fn() -> Command,
) -> anyhow::Result<(Duration, Duration)> {
    let (mut firsts, mut seconds) = (Vec::new(), Vec::new());
    // One pair more, whose figures are thrown away: it fills the caches.
    for turn in 0..=pairs {
        let a = time(first().stdin(Stdio::null()))?;
        let b = time(second().stdin(Stdio::null()))?;
        if turn > 0 {
            firsts.push(a);
            seconds.push(b);
        }
    }
    Ok((median(firsts), median(seconds)))
}

fn row(
    out: &mut impl Write,
    what: &str,
    time: Duration,
    target: Option<(Duration, Duration)>,
) -> anyhow::Result<()> {
    write!(out, "{what:<44} {:>6.2} ms", millis(time))?;
    if let Some((base, most)) = target {
        let more = time.saturating_sub(base);
        let ratio = time.as_secs_f64() / base.as_secs_f64();
        let met = verdict(more <= most);
        let (more, most) = (millis(more), millis(most));
        write!(out, " {more:>6.2} ms {ratio:>7.2}  at most {most:.0} ms more: {met}")?;
    }
    writeln!(out)?;
    Ok(())
}
