//! What a healthy program pays for being watched: two processes that only send each other lines.
//!
//! On one processor, so that a look of the doctor's takes its time from the program, and cannot
//! hide on a processor that has nothing to do.

use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use launcher::{Launch, Limits};

use crate::test::load::on_one_processor;

use super::super::{millis, processor_of_children, time};
use super::Tools;
use super::table::{Table, Target};

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
            let mut all: Vec<Duration> = costs.iter().map(which).collect();
            all.sort();
            format!("{:.1} ms", millis(all[all.len() / 2]))
        };
        table.row(name, [of(|cost| cost.wall), of(|cost| cost.processor)], None)?;
    }
    let [bare, launched, watched] = &runs;
    for (name, costs, base, has_target) in [
        ("  the launcher: more than by itself", launched, bare, false),
        ("  the doctor: more than the launcher", watched, launched, false),
        ("  both: more than by itself", watched, bare, true),
    ] {
        let wall = more(costs, base, |cost| cost.wall);
        let processor = more(costs, base, |cost| cost.processor);
        let met = wall <= TARGET && processor <= TARGET;
        let target = has_target.then(|| Target { most: format!("{TARGET} %"), met });
        table.row(name, [wall, processor].map(|more| format!("{more:.2} %")), target)?;
    }
    Ok(())
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
            let cost = cost(&mut command)?;
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
    Ok(Cost { wall, processor: processor_of_children()?.saturating_sub(before) })
}

/// How much more it took, in percent: the median over the turns.
fn more(costs: &[Cost], base: &[Cost], which: impl Fn(&Cost) -> Duration) -> f64 {
    let ratio = |(cost, base)| which(cost).as_secs_f64() / which(base).as_secs_f64();
    let mut ratios: Vec<f64> = costs.iter().zip(base).map(ratio).collect();
    ratios.sort_by(f64::total_cmp);
    (ratios.get(ratios.len() / 2).copied().unwrap_or(1.0) - 1.0) * 100.0
}
