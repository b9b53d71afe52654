//! A pipeline from the command line: `lesson-05 pipeline CMD ARGS '|' CMD ARGS …`.
//!
//! The same Pipeline as in the parts. Its first stage reads this process's standard input, and the
//! last one's output is passed on as it comes.

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;

use anyhow::Context;

use crate::pipeline::Pipeline;

/// The words after `pipeline`, if the command line begins with that.
pub fn words() -> Option<Vec<OsString>> {
    let mut words = env::args_os().skip(1);
    (words.next()? == "pipeline").then(|| words.collect())
}

/// Runs it and ends as its last stage does; 2 where it is none, 1 where it could not be run.
pub fn run(words: &[OsString]) -> ExitCode {
    let (text, status) = match Pipeline::new(words) {
        Err(error) => (format!("{error}: pipeline CMD ARGS '|' CMD ARGS …"), ExitCode::from(2)),
        Ok(pipeline) => match relay(&pipeline) {
            Err(error) => (format!("{error:#}"), ExitCode::FAILURE),
            Ok(status) => return ExitCode::from(status),
        },
    };
    // Standard error may be closed as well; there is nobody left to tell then.
    let _ = writeln!(io::stderr(), "lesson-05: {text}");
    status
}

// ANCHOR: by-hand
fn relay(pipeline: &Pipeline) -> anyhow::Result<u8> {
    let (mut running, mut reader) = pipeline.start(None)?;
    for (index, errno) in running.refused() {
        let stage = &pipeline.stages[index];
        let _ = writeln!(io::stderr(), "lesson-05: {stage}: {}", errno.desc());
    }

    // A descriptor of its own has no buffer: what comes without a newline is not held back.
    let stdout = io::stdout().as_fd().try_clone_to_owned().context("copy standard output")?;
    let relayed = io::copy(&mut reader, &mut File::from(stdout));

    // Whoever reads our output may have gone. With this read end open, the last stage would never
    // hear of it.
    drop(reader);
    let ended = running.wait()?;
    match relayed {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("write to standard output")
        }
        _ => ended.last().map(|last| last.shell_status()).context("there is no stage"),
    }
}
// ANCHOR_END: by-hand
