//! What a healthy program pays for being watched: two processes that only send each other lines.
//!
//! On one processor, so that a look of the doctor's takes its time from the program, and cannot
//! hide on a processor that has nothing to do. What the launcher and the doctor take is told from
//! what the program takes by the kernel's accounts (wait4(2)): two runs of the same program differ
//! by more than the target.

use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use launcher::{Launch, Limits, Report};

use crate::test::load::on_one_processor;

use super::super::table::{Table, Target};
use super::super::{median, millis, processor_of_children, time};
use super::Tools;

/// In percent of the program's own time.
const TARGET: f64 = 1.0;
/// How long one run takes.
const RUN: Duration = Duration::from_secs(2);
/// For a first estimate.
const ROUNDS: usize = 20_000;
const DEADLINE: Duration = Duration::from_secs(60);

/// What a run took.
#[derive(Clone, Copy)]
struct Cost {
    wall: Duration,
    processor: Duration,
    /// Of that, what whoever watches took for himself.
    own: Duration,
}

pub fn measure(tools: &Tools, table: &mut Table) -> anyhow::Result<()> {
    let turns = tools.pairs.div_ceil(4);
    let (rounds, runs) = on_one_processor(|| -> anyhow::Result<_> {
        let rounds = rounds(tools)?;
        Ok((rounds, in_turns(tools, rounds, turns)?))
    })??;
    let names = ["  by itself", "  through the launcher", "  and watched by the doctor"];
    table.section(&format!("a talk of {rounds} rounds ({turns} turns)"), ["wall", "processor"])?;
    for (name, costs) in names.iter().zip(&runs) {
        let of = |which: fn(&Cost) -> Duration| {
            let all = costs.iter().map(which).collect();
            format!("{:.1} ms", millis(median(all)))
        };
        table.row(name, [of(|cost| cost.wall), of(|cost| cost.processor)], None)?;
    }
    let [bare, launched, watched] = &runs;
    table.section("of that, for whoever watches", ["processor", "share"])?;
    for (name, costs, has_target) in
        [("  the launcher", launched, false), ("  the launcher and the doctor", watched, true)]
    {
        let own = millis(median(costs.iter().map(|cost| cost.own).collect()));
        let share = 100.0 * median_of(costs.iter().map(share).collect());
        let target = Target { most: format!("{TARGET} %"), met: share <= TARGET };
        let figures = [format!("{own:.1} ms"), format!("{share:.2} %")];
        table.row(name, figures, has_target.then_some(target))?;
    }
    table.section("for comparison", ["wall", "processor"])?;
    let names = ["more than by itself, all in all", "by itself, from run to run"];
    let spread = [0, 1].map(|at| {
        let of = |cost: &Cost| [cost.wall, cost.processor][at].as_secs_f64();
        let all: Vec<f64> = bare.iter().map(of).collect();
        let (least, most) = all.iter().fold((f64::MAX, 0.0_f64), |(a, b), &x| (a.min(x), b.max(x)));
        most / least - 1.0
    });
    let more = [more(watched, bare, |cost| cost.wall), more(watched, bare, |cost| cost.processor)];
    for (name, figures) in names.iter().zip([more, spread]) {
        let figures = figures.map(|part| format!("{:.2} %", 100.0 * part));
        table.row(&format!("  {name}"), figures, None)?;
    }
    Ok(())
}

/// Of the program's own time.
fn share(cost: &Cost) -> f64 {
    cost.own.as_secs_f64() / (cost.processor - cost.own).as_secs_f64()
}

/// So many that a run takes about [`RUN`].
fn rounds(tools: &Tools) -> anyhow::Result<usize> {
    let mut command = Command::new(&tools.patient);
    let first = time(command.args(["talk", &ROUNDS.to_string()]).stdin(Stdio::null()))?;
    let factor = RUN.as_secs_f64() / first.as_secs_f64();
    // A figure of a few thousand to a few million.
    Ok((ROUNDS as f64 * factor.clamp(0.1, 100.0)) as usize)
}

/// By itself, through the launcher, and with the doctor.
fn in_turns(tools: &Tools, rounds: usize, turns: usize) -> anyhow::Result<[Vec<Cost>; 3]> {
    let place = files::TempDir::new().context("make a directory for the report")?;
    let report = place.path().join("report.json");
    let words = ["talk".to_owned(), rounds.to_string()];
    let launched = |deadlock| {
        let limits = Limits { wall: Some(DEADLINE), deadlock, ..Limits::default() };
        Launch::captured(&tools.patient).args(&words).limits(limits).command(&tools.xtask, &report)
    };
    let mut runs = [Vec::new(), Vec::new(), Vec::new()];
    // One turn more, whose figures are thrown away: it fills the caches.
    for turn in 0..=turns {
        for at in 0..runs.len() {
            // Each is the first as often as the others.
            let at = (at + turn) % runs.len();
            let mut command = match at {
                0 => bare(tools.patient.as_os_str(), &words),
                at => launched(at == 2),
            };
            let mut cost = cost(&mut command)?;
            if at > 0 {
                let program = Duration::from_millis(Report::read(&report)?.cpu_ms);
                cost.own = cost.processor.saturating_sub(program);
            }
            if turn > 0 {
                runs[at].push(cost);
            }
        }
    }
    Ok(runs)
}

fn bare(program: &OsStr, words: &[String]) -> Command {
    let mut command = Command::new(program);
    command.args(words);
    command
}

fn cost(command: &mut Command) -> anyhow::Result<Cost> {
    let before = processor_of_children()?;
    let started = Instant::now();
    time(command.stdin(Stdio::null()))?;
    let wall = started.elapsed();
    let processor = processor_of_children()?.saturating_sub(before);
    Ok(Cost { wall, processor, own: Duration::ZERO })
}

/// How much more it took, as a part of one: the median over the turns.
fn more(costs: &[Cost], base: &[Cost], which: impl Fn(&Cost) -> Duration) -> f64 {
    let ratio = |(cost, base)| which(cost).as_secs_f64() / which(base).as_secs_f64();
    median_of(costs.iter().zip(base).map(ratio).collect()) - 1.0
}

fn median_of(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(0.0)
}
