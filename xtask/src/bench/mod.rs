//! `bench`: figures as ratios and differences within one run, never against another day's.

mod cold;
mod doctor;
mod feedback;
mod grade;
mod startup;
mod table;

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use course::Course;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use crate::args::{Bench, Suite};
use crate::status::Status;

pub fn bench(args: &Bench) -> anyhow::Result<Status> {
    let course = Course::here()?;
    let pairs = args.pairs.max(1);
    let mut met = true;
    if matches!(args.suite, Suite::Startup | Suite::All) {
        met &= startup::startup(&course, pairs)?;
        met &= !args.cold || cold::cold(&course)?;
    }
    if matches!(args.suite, Suite::Feedback | Suite::All) {
        met &= feedback::feedback(&course, pairs.div_ceil(2))?;
    }
    if matches!(args.suite, Suite::Doctor | Suite::All) {
        met &= doctor::doctor(&course, pairs)?;
    }
    if matches!(args.suite, Suite::Grade | Suite::All) {
        met &= grade::grade(&course, args.students)?;
    }
    Ok(if met { Status::Holds } else { Status::Failed })
}

/// The version of the peer.
const RUSTLINGS: &str = "6.5.0";

/// How long a command takes from its start to its end. It must succeed.
fn time(command: &mut Command) -> anyhow::Result<Duration> {
    let name = command.get_program().to_string_lossy().into_owned();
    let started = Instant::now();
    let output = command.output().with_context(|| format!("start {name}"))?;
    let elapsed = started.elapsed();
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name} ended with {}: {}", output.status, said.trim_end());
    Ok(elapsed)
}

/// User and system time of this process's children that have ended, and of theirs (getrusage(2)).
fn processor_of_children() -> anyhow::Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("ask for the processor time")?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(Duration::from_micros(micros.unsigned_abs()))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Whether a target is met, in the words of the table.
fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}
