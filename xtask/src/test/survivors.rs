//! What runs a step and then looks whether anything of it is still there.
//!
//! A process of its own, between the launcher, which ends whatever it finds at the step's end, and
//! the step: it is the subreaper, so whoever loses his parent comes to it (`PR_SET_CHILD_SUBREAPER`
//! of prctl(2)) and not one process of the step gets out of sight.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use nix::errno::Errno;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpid};

/// Not for people: `xtask __survivors PROGRAM [ARGS…]`.
pub const HIDDEN_VERB: &str = "__survivors";
/// Who has been ended may need a moment to be gone.
const GRACE: Duration = Duration::from_secs(1);

/// Runs the command. Its status, or 1 after naming whoever has survived it.
pub fn main(mut words: impl Iterator<Item = OsString>) -> ExitCode {
    let complain = |text: &str| {
        // Without standard error the status still tells.
        let _ = writeln!(std::io::stderr(), "{text}");
    };
    match run(words.next().unwrap_or_default(), words) {
        Ok((status, survivors)) => {
            for survivor in &survivors {
                complain(&format!("survived the step: {survivor}"));
            }
            ExitCode::from(if survivors.is_empty() { status } else { status.max(1) })
        }
        Err(error) => {
            complain(&format!("error: {error:#}"));
            ExitCode::from(125)
        }
    }
}

fn run(
    program: OsString,
    words: impl Iterator<Item = OsString>,
) -> anyhow::Result<(u8, Vec<String>)> {
    nix::sys::prctl::set_child_subreaper(true).context("become the subreaper")?;
    let mut command = Command::new(&program);
    let status = command.args(words).status();
    let status = status.with_context(|| format!("run {}", program.display()))?;
    let code = status.code().or_else(|| status.signal().map(|number| 128 + number));
    let end = Instant::now() + GRACE;
    let left = loop {
        reap().context("reap what lost its parent")?;
        let left = doctor::tree::below(getpid()).context("list the processes in /proc")?;
        if left.is_empty() || Instant::now() >= end {
            break left;
        }
        // Between two looks; it puts nothing in order.
        thread::sleep(Duration::from_millis(5));
    };
    Ok((code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1), name(&left)))
}

/// Everybody who has ended.
fn reap() -> nix::Result<()> {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return Ok(()),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error),
        }
    }
}

fn name(processes: &[Pid]) -> Vec<String> {
    let words = |pid: &Pid| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        format!("{} (pid {pid})", line.trim_end())
    };
    processes.iter().map(words).collect()
}
