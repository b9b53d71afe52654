//! What the doctor takes: from a hang to its proof, one look at a large tree against lsof, and what
//! a healthy program pays for being watched.
//!
//! The programs are the crate `patient`. All of it is measured with this build of the runner.

mod hangs;
mod look;
mod overhead;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use course::Course;
use launcher::xtask_path;

use super::table::Table;
use crate::helper;

/// What is measured with.
struct Tools {
    patient: PathBuf,
    xtask: PathBuf,
    pairs: usize,
}

/// Measures everything, prints it, and tells whether all targets are met.
pub fn doctor(course: &Course, pairs: usize) -> anyhow::Result<bool> {
    let patient = helper::binary(&course.root, "patient")?;
    let tools = Tools { patient, xtask: xtask_path()?, pairs };
    let mut table = Table::default();
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    // A processor that others use makes every figure larger.
    let load = fs::read_to_string("/proc/loadavg").context("read /proc/loadavg")?;
    let load = load.split(' ').next().unwrap_or("?");
    table.say(&format!("the doctor, in a {build} build; load of the machine: {load}"))?;
    hangs::measure(&tools, &mut table)?;
    look::measure(&tools, &mut table)?;
    overhead::measure(&tools, &mut table)?;
    table.close()
}

/// Asks again and again until something is there.
fn until<T>(what: &str, mut ask: impl FnMut() -> anyhow::Result<Option<T>>) -> anyhow::Result<T> {
    const PATIENCE: Duration = Duration::from_secs(60);
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = ask()? {
            return Ok(found);
        }
        ensure!(Instant::now() < end, "{what}: not within {} s", PATIENCE.as_secs());
        // Between two questions; it puts nothing in order.
        std::thread::sleep(Duration::from_millis(5));
    }
}
