//! The stages of a pipeline while they run, until each of them is reaped.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use anyhow::Context;
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Ended;

#[derive(Default)]
pub struct Running {
    stages: Vec<State>,
}

#[derive(Clone, Copy)]
enum State {
    Runs(Pid),
    Over(Ended),
}

impl Running {
    /// The next stage: a child, or the reason why there is none.
    pub fn push(&mut self, started: Result<Pid, Errno>) {
        self.stages.push(match started {
            Ok(child) => State::Runs(child),
            Err(errno) => State::Over(Ended::NotStarted(errno)),
        });
    }

    /// The pid of the stage with this index, which must not have been reaped yet.
    pub fn pid(&self, index: usize) -> anyhow::Result<Pid> {
        match self.stages.get(index).context("there is no such stage")? {
            State::Runs(pid) => Ok(*pid),
            State::Over(ended) => anyhow::bail!("the stage does not run: {ended}"),
        }
    }

    /// The stages that exec has refused, by their index.
    pub fn refused(&self) -> impl Iterator<Item = (usize, Errno)> {
        self.stages.iter().enumerate().filter_map(|(index, state)| match state {
            State::Over(Ended::NotStarted(errno)) => Some((index, *errno)),
            _ => None,
        })
    }

    // ANCHOR: wait
    /// Waits for every stage, in their order: a shell's pipeline has ended when all of it has.
    pub fn wait(&mut self) -> anyhow::Result<Vec<Ended>> {
        (0..self.stages.len()).map(|index| self.wait_for(index)).collect()
    }

    /// Waits for one stage by its pid. waitpid(-1) would reap children that are none of its stages.
    pub fn wait_for(&mut self, index: usize) -> anyhow::Result<Ended> {
        let state = self.stages.get_mut(index).context("there is no such stage")?;
        let ended = match *state {
            State::Runs(pid) => reap(pid).context("wait for a stage")?,
            State::Over(ended) => ended,
        };
        *state = State::Over(ended);
        Ok(ended)
    }
    // ANCHOR_END: wait
}

// ANCHOR: give-up
/// A pipeline that is given up, after an error, leaves nothing behind.
impl Drop for Running {
    fn drop(&mut self) {
        for state in &self.stages {
            if let State::Runs(pid) = *state {
                // The pid cannot belong to another process before it is reaped. Closing the pipes
                // would not be enough: a stage may wait for something else than its pipe.
                let _ = kill(pid, Signal::SIGKILL);
                let _ = reap(pid);
            }
        }
    }
}
// ANCHOR_END: give-up

/// nix's waitpid has no value for a child that a real-time signal has killed, so this is libc's.
fn reap(pid: Pid) -> nix::Result<Ended> {
    let mut status = 0;
    // SAFETY:
    // obligation: the pointer leads to an int that may be written (wait(2)).
    // here: it leads to `status`, which outlives the call.
    // broken by: a pointer into something that is gone by then.
    let reaped = unsafe { libc::waitpid(pid.as_raw(), &raw mut status, 0) };
    Errno::result(reaped)?;
    Ok(Ended::new(ExitStatus::from_raw(status)))
}
