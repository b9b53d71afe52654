//! How a stage ended, and what a shell makes of it.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use nix::errno::Errno;
use nix::sys::signal::Signal;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It called exit with this number from 0 to 255.
    Exited(i32),
    /// This signal killed it.
    Killed(i32),
    /// exec refused its program.
    NotStarted(Errno),
}

impl Ended {
    /// Of a stage that waitpid has reaped.
    pub fn new(status: ExitStatus) -> Ended {
        // Without WUNTRACED and WCONTINUED these two are all there is (wait(2)).
        match (status.code(), status.signal()) {
            (Some(code), _) => Ended::Exited(code),
            (None, signal) => Ended::Killed(signal.unwrap_or_default()),
        }
    }

    // ANCHOR: shell-status
    /// The number in a shell's `$?`.
    pub fn shell_status(self) -> u8 {
        let status = match self {
            Ended::Exited(code) => code,
            Ended::Killed(signal) => 128 + signal,
            // Nothing of that name, or something that cannot be run.
            Ended::NotStarted(
                Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP | Errno::ENAMETOOLONG,
            ) => 127,
            Ended::NotStarted(_) => 126,
        };
        // Signals end at 64, so all of these are below 256.
        u8::try_from(status).unwrap_or(u8::MAX)
    }
    // ANCHOR_END: shell-status
}

// ANCHOR: pipefail
/// What `set -o pipefail` makes of a pipeline: the last status that is not 0.
pub fn pipefail(stages: &[Ended]) -> u8 {
    let statuses = stages.iter().map(|stage| stage.shell_status());
    statuses.rev().find(|&status| status != 0).unwrap_or(0)
}
// ANCHOR_END: pipefail

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ended::Exited(code) => write!(f, "exits with {code}"),
            Ended::Killed(number) => match Signal::try_from(*number) {
                Ok(signal) => write!(f, "killed by {signal}"),
                // The real-time signals have numbers only (signal(7)).
                Err(_) => write!(f, "killed by signal {number}"),
            },
            Ended::NotStarted(errno) => write!(f, "not started: {errno}"),
        }
    }
}
