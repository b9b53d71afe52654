//! Prints how the stages of a pipeline ended.

use std::io::Write;

use transcript::Transcript;

use crate::pipeline::{Ended, Pipeline, pipefail};

/// A line for each stage.
pub fn stages(out: &mut Transcript, pipeline: &Pipeline, ended: &[Ended]) -> anyhow::Result<()> {
    for (stage, ended) in pipeline.stages.iter().zip(ended) {
        writeln!(out, "  {:<17}{ended}", stage.to_string())?;
    }
    Ok(())
}

/// The two numbers that a shell makes of all of them.
pub fn verdict(out: &mut Transcript, ended: &[Ended]) -> anyhow::Result<()> {
    let last = ended.last().map_or(0, |last| last.shell_status());
    writeln!(out, "  $? is {last}, with pipefail {}", pipefail(ended))?;
    Ok(())
}
