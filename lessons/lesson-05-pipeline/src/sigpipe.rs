//! `yes` writes for ever, and still `yes | head -1` ends: when `head` has gone, nobody can read any
//! more, and SIGPIPE ends `yes`.
//!
//! Two things must be right for that. No read end may be left anywhere (pipe(7)): see `leak`. And
//! SIGPIPE must have its default action in the stage, which it has not in a Rust program, and exec
//! does not change that (signal(7)): see `connect` in `pipeline/child.rs`. With SIGPIPE ignored,
//! `yes` would exit with 1 and complain about a broken pipe.

use std::fs;
use std::io::Write;

use anyhow::Context;
use nix::sys::signal::Signal;
use transcript::Transcript;

use crate::pipeline::{Ended, Pipeline};
use crate::table;

// ANCHOR: sigpipe
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let pipeline = Pipeline::new(&["yes", "|", "head", "-1"])?;
    let finished = pipeline.execute(None)?;

    let text = String::from_utf8_lossy(&finished.output);
    anyhow::ensure!(text == "y\n", "`head -1` says {text:?}");
    anyhow::ensure!(
        finished.stages == [Ended::Killed(libc::SIGPIPE), Ended::Exited(0)],
        "the stages ended otherwise: {:?}",
        finished.stages
    );
    write!(out, "{pipeline}\n  says: {text}")?;
    table::stages(out, &pipeline, &finished.stages)?;
    table::verdict(out, &finished.stages)?;
    ignored_here_and_there(out)
}
// ANCHOR_END: sigpipe

// ANCHOR: sigpipe-ignored
fn ignored_here_and_there(out: &mut Transcript) -> anyhow::Result<()> {
    let ours = fs::read_to_string("/proc/self/status").context("read /proc/self/status")?;

    // The same file as a stage sees it: its own.
    let finished = Pipeline::new(&["cat", "/proc/self/status"])?.execute(None)?;
    let stages = String::from_utf8_lossy(&finished.output);

    let (here, there) = (ignores_sigpipe(&ours)?, ignores_sigpipe(&stages)?);
    anyhow::ensure!(here && !there, "SIGPIPE is ignored here: {here}, in a stage: {there}");
    let word = |ignored| if ignored { "ignored" } else { "not ignored" };
    writeln!(out, "SIGPIPE in this process: {}", word(here))?;
    writeln!(out, "SIGPIPE in its stages:   {}", word(there))?;
    Ok(())
}
// ANCHOR_END: sigpipe-ignored

/// Reads the mask of ignored signals, in which signal N is bit N - 1 (proc_pid_status(5)).
fn ignores_sigpipe(status: &str) -> anyhow::Result<bool> {
    let digits = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .context("find SigIgn in /proc/self/status")?;
    let mask = u64::from_str_radix(digits.trim(), 16).context("read SigIgn")?;
    Ok(mask >> (Signal::SIGPIPE as i32 - 1) & 1 == 1)
}
