//! Every stage has a status of its own. A shell's `$?` is the last one's; with `set -o pipefail`
//! it is the last status that is not 0.
//!
//! A status is kept for the parent until it waits (wait(2)), so each stage must be waited for, also
//! where only the last one counts. In a shell a stage that signal N has killed has the status
//! 128 + N.

use std::io::Write;

use transcript::Transcript;

use crate::pipeline::{Ended, Pipeline, pipefail};

/// A pipeline, and how its stages must end.
type Case = (&'static [&'static str], &'static [Ended]);

const CASES: [Case; 5] = [
    (&["true", "|", "true"], &[Ended::Exited(0), Ended::Exited(0)]),
    (&["false", "|", "true"], &[Ended::Exited(1), Ended::Exited(0)]),
    (&["true", "|", "false"], &[Ended::Exited(0), Ended::Exited(1)]),
    (
        &["sh", "-c", "exit 3", "|", "sh", "-c", "exit 4", "|", "true"],
        &[Ended::Exited(3), Ended::Exited(4), Ended::Exited(0)],
    ),
    (
        &["sh", "-c", "kill -KILL $$", "|", "true"],
        &[Ended::Killed(libc::SIGKILL), Ended::Exited(0)],
    ),
];

// ANCHOR: statuses
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    writeln!(out, "{:<44}{:<14}$?  pipefail", "", "the stages")?;
    for (words, expected) in CASES {
        let pipeline = Pipeline::new(words)?;
        // None of these programs reads, so no stage needs an input of its own.
        let stages = pipeline.execute(None)?.stages;
        anyhow::ensure!(stages == expected, "the stages of `{pipeline}` ended so: {stages:?}");

        let each: Vec<String> =
            stages.iter().map(|stage| stage.shell_status().to_string()).collect();
        let last = stages.last().map_or(0, |stage| stage.shell_status());
        let line = format!("{:<44}{:<14}", pipeline.to_string(), each.join(" "));
        writeln!(out, "{line}{last:<4}{}", pipefail(&stages))?;
    }
    Ok(())
}
// ANCHOR_END: statuses
