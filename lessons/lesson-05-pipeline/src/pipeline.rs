//! A pipeline of N stages: N - 1 pipes between them, and one more behind the last, whose read end
//! stays here.

pub mod child;
mod ended;
mod running;
pub mod spawn;
mod stage;

use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;

use anyhow::Context;
use nix::fcntl::OFlag;
use nix::unistd::pipe2;

pub use ended::{Ended, pipefail};
pub use running::Running;
pub use stage::{NEEDS_OF_A_SHELL, Stage};

/// What is to be run; the same value can be run again.
pub struct Pipeline {
    pub stages: Vec<Stage>,
    /// How its pipes are made: close-on-exec. The part `leak` takes that away.
    pub pipe_flags: OFlag,
}

/// What is left of a pipeline when all of its stages have been reaped.
pub struct Finished {
    /// The standard output of the last stage.
    pub output: Vec<u8>,
    /// One for each stage, in their order.
    pub stages: Vec<Ended>,
}

impl Pipeline {
    /// Takes the words of a command line, with the word `|` between two stages.
    pub fn new(words: &[impl AsRef<OsStr>]) -> anyhow::Result<Pipeline> {
        let stages = words.split(|word| word.as_ref() == "|").map(Stage::new);
        Ok(Pipeline { stages: stages.collect::<Result<_, _>>()?, pipe_flags: OFlag::O_CLOEXEC })
    }

    // ANCHOR: execute
    /// Runs all stages to their end. The first one reads from `input`, or where it is `None`, from
    /// the standard input of this process.
    pub fn execute(&self, input: Option<OwnedFd>) -> anyhow::Result<Finished> {
        let (mut running, mut reader) = self.start(input)?;

        // Reading comes before waiting: a last stage that has filled the pipe ends only after
        // somebody has read from it.
        let mut output = Vec::new();
        reader.read_to_end(&mut output).context("read from the last stage")?;

        // Every stage is waited for, or it would stay behind as a zombie.
        let stages = running.wait()?;
        Ok(Finished { output, stages })
    }
    // ANCHOR_END: execute

    // ANCHOR: start
    /// Starts all stages and returns the read end of the pipe behind the last one.
    pub fn start(&self, input: Option<OwnedFd>) -> anyhow::Result<(Running, File)> {
        // After an error below, dropping `running` kills and reaps the stages that already run.
        let mut running = Running::default();
        let mut input = input;

        for stage in &self.stages {
            // The pipe comes before the fork, and it is close-on-exec: a stage keeps what it finds
            // as its standard input and output, and not a third descriptor for any pipe.
            let (reader, writer) = pipe2(self.pipe_flags)
                .with_context(|| format!("create the pipe behind `{stage}`"))?;
            running.push(spawn::spawn(stage, input.as_ref(), &writer)?);

            // The stage has copies of its two ends, so this process gives up both. The assignment
            // closes what this stage reads from: kept here, it would withhold SIGPIPE from the
            // stage before.
            input = Some(reader);

            // And `writer` goes with the end of the loop's body: kept, it would withhold
            // end-of-file from the next stage.
        }

        let reader = input.context("a pipeline has at least one stage")?;
        Ok((running, File::from(reader)))
    }
    // ANCHOR_END: start
}

impl fmt::Display for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stages: Vec<String> = self.stages.iter().map(Stage::to_string).collect();
        f.write_str(&stages.join(" | "))
    }
}
