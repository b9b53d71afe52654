//! Grading a class: against building and testing each submission with cargo, in a target directory
//! of its own and in one for all, and against the least that must be done, a compiler and a linker
//! for each program that is different and its tests, spread over the processors.
//!
//! Cargo's figures are those of a few submissions, extrapolated. The class is made up: right
//! programs, wrong ones, ones that hang or do not compile, missing ones, many that are the same.

mod naive;
mod run;

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use course::Course;
use files::TempDir;

use super::table::{Table, Target};
use naive::Naive;
use run::Grader;

/// How often ours must be contained in cargo's time, with target directories of their own and with
/// one.
const FRESH: f64 = 25.0;
const SHARED: f64 = 3.0;
/// The most that ours may be of the least.
const LEAST: f64 = 1.4;
/// What a hang may cost.
const HANG: f64 = 0.5;
/// What a run with nothing changed may take of the first.
const UNCHANGED: f64 = 0.02;
/// How much more memory the grader may use for many submissions than for few.
const MEMORY: f64 = 1.1;
const MANY: usize = 1000;
const FEW: usize = 10;
/// Submissions that are built with cargo: a fresh target directory takes long.
const FRESH_SAMPLE: usize = 2;
const SHARED_SAMPLE: usize = 6;

/// Measures everything, prints it, and tells whether all targets are met.
pub fn grade(course: &Course, students: usize) -> anyhow::Result<bool> {
    let place = TempDir::new().context("make a temporary directory")?;
    let grader = Grader::new(course)?;
    let class = place.path().join("class");
    grader.make(students, &class)?;
    let mut table = Table::default();
    // A processor that others use makes every figure larger, and not all by the same.
    let load = fs::read_to_string("/proc/loadavg").context("read /proc/loadavg")?;
    let load = load.split(' ').next().unwrap_or("?");
    table.say(&format!("a class of {students}, made up; load of the machine: {load}"))?;

    let out = place.path().join("report");
    let first = grader.grade(&class, &out)?;
    let again = grader.grade(&class, &out)?;
    let costs = grader.bare(&class)?;
    let least = costs.least();
    table.section("the whole class", ["time", "ratio"])?;
    table.row("cargo xtask grade", [seconds(first.elapsed), String::new()], None)?;
    let what = format!("  least: {} programs, {} tests", costs.programs, costs.tests);
    let ratio = first.elapsed.as_secs_f64() / least.as_secs_f64();
    table.row(&what, [seconds(least), format!("{ratio:.2}")], most(ratio, LEAST))?;
    let part = again.elapsed.as_secs_f64() / first.elapsed.as_secs_f64();
    let figures = [seconds(again.elapsed), format!("{:.1} %", part * 100.0)];
    let target = Target { most: "2 %".to_owned(), met: part <= UNCHANGED };
    table.row("  graded again, nothing changed", figures, Some(target))?;

    against_cargo(course, &class, first.elapsed, &mut table)?;
    hangs(&grader, &mut table)?;
    memory(&grader, &place, &out, &mut table)?;
    table.close()
}

fn against_cargo(
    course: &Course,
    class: &Path,
    ours: Duration,
    table: &mut Table,
) -> anyhow::Result<()> {
    table.section("with cargo, extrapolated from a few", ["time", "times"])?;
    let naive = Naive::new(course, class)?;
    let fresh = naive.fresh(FRESH_SAMPLE)?;
    let shared = naive.shared(SHARED_SAMPLE)?;
    for (what, time, sample, least) in [
        ("  a target directory for each", fresh, FRESH_SAMPLE, FRESH),
        ("  one target directory", shared, SHARED_SAMPLE, SHARED),
    ] {
        let times = time.as_secs_f64() / ours.as_secs_f64();
        let figures = [seconds(time), format!("{times:.1}")];
        let target = Target { most: format!("1/{least:.0} ours"), met: times >= least };
        table.row(&format!("{what} ({sample})"), figures, Some(target))?;
    }
    Ok(())
}

fn hangs(grader: &Grader, table: &mut Table) -> anyhow::Result<()> {
    let hangs = grader.hangs()?;
    table.section("one test, in its sandbox (medians)", ["time", "more"])?;
    table.row("  of a right program", [millis(hangs.right), String::new()], None)?;
    for (what, time) in
        [("  a deadlock, proved", hangs.proved), ("  standing still, unproved", hangs.standing)]
    {
        let more = time - hangs.right;
        let target = Target { most: "500 ms".to_owned(), met: more <= HANG };
        table.row(what, [millis(time), millis(more)], Some(target))?;
    }
    // That it would never end nobody can know: the tests give it a second of processor time.
    let figures = [millis(hangs.busy), millis(hangs.busy - hangs.right)];
    table.row("  busy until its limit", figures, None)
}

/// The few are graded from nothing, the many from what is known of the programs that the whole
/// class had as well, so that they take minutes: either way some are compiled and tested.
fn memory(grader: &Grader, place: &TempDir, out: &Path, table: &mut Table) -> anyhow::Result<()> {
    table.section("memory of the grader itself, at most", ["KiB", "ratio"])?;
    let mut peaks = Vec::new();
    let few = place.path().join("report-of-few");
    for (students, out) in [(FEW, few.as_path()), (MANY, out)] {
        let class = place.path().join(format!("class-{students}"));
        grader.make(students, &class)?;
        let run = grader.grade(&class, out)?;
        peaks.push(run.peak_kib as f64);
        let ratio = peaks[peaks.len() - 1] / peaks[0];
        let what = format!("  {students} submissions, {}", seconds(run.elapsed));
        let figures = [run.peak_kib.to_string(), format!("{ratio:.2}")];
        let target = (students == MANY).then(|| most(ratio, MEMORY)).flatten();
        table.row(&what, figures, target)?;
    }
    Ok(())
}

fn most(ratio: f64, most: f64) -> Option<Target> {
    Some(Target { most: most.to_string(), met: ratio <= most })
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

fn millis(seconds: f64) -> String {
    format!("{:.0} ms", seconds * 1000.0)
}
