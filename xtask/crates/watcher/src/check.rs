//! One check, as a process that can be ended at any time with all that it started.
//!
//! It is the program that `cargo xtask check` is, behind the launcher: captured, so that nothing it
//! prints reaches the terminal unseen; in a process group of its own, so that Ctrl-C and Ctrl-Z
//! reach only the one who knows what to do about them; and ending with whoever started it. A
//! library in this process could not be ended in the middle of a build.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use launcher::{Ended, Launch, Limits, Report};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// No check takes as long, a first build on a slow machine included.
const DEADLINE: Duration = Duration::from_secs(20 * 60);
/// For what is being ended to end by itself. The launchers inside take their time for programs that
/// do not; here all of the tree is ended with them.
const GRACE: Duration = Duration::from_millis(50);
/// After that a launcher that was told to end is killed. It never comes to that on a machine that
/// works at all.
const PATIENCE: Duration = Duration::from_secs(15);
/// What is kept of what it prints; more is not read by anybody.
const KEPT_BYTES: usize = 256 * 1024;
/// Reads in one turn.
const READS: usize = 64;

/// What is needed to start one.
pub struct Checker {
    /// The folder of the course.
    pub root: PathBuf,
    /// The program that checks.
    pub program: PathBuf,
    /// The runner, which has the launcher in it.
    pub xtask: PathBuf,
    pub colours: bool,
    /// Have it told how long the tests took.
    pub times: bool,
}

pub struct Check {
    launcher: Child,
    stdout: Output,
    stderr: Output,
    report: files::TempDir,
    pub started: Instant,
    told_to_end: Option<Instant>,
}

/// What a check has come to.
pub struct Outcome {
    pub kind: Kind,
    pub stdout: String,
    pub stderr: String,
    /// Bytes that were printed and are not in `stdout` or `stderr`.
    pub left_out_bytes: usize,
    pub took: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Passed,
    Failed,
    /// It told nothing about the exercise: how it ended.
    Broken(String),
}

impl Checker {
    /// Starts the check of an exercise.
    pub fn start(&self, id: &str) -> anyhow::Result<Check> {
        let report = files::TempDir::new().context("make a directory for the report")?;
        let limits = Limits { wall: Some(DEADLINE), grace: Some(GRACE), ..Limits::default() };
        let launch = Launch::captured(&self.program)
            .args(["--watched".as_ref(), early_of(&report).as_os_str()])
            .args(self.times.then_some("--times"))
            .args(["--seed", &seed().to_string(), "--", id])
            .limits(limits)
            .ends_with_caller();
        let mut command = launch.command(&self.xtask, &path_of(&report));
        command.current_dir(&self.root).env(launcher::XTASK_VARIABLE, &self.xtask);
        if self.colours {
            command.env("CLICOLOR_FORCE", "1").env_remove("NO_COLOR");
        } else {
            command.env("NO_COLOR", "1").env_remove("CLICOLOR_FORCE");
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut launcher = command
            .process_group(0)
            .spawn()
            .with_context(|| format!("start the launcher {}", self.xtask.display()))?;
        let stdout = Output::of(launcher.stdout.take().map(OwnedFd::from))?;
        let stderr = Output::of(launcher.stderr.take().map(OwnedFd::from))?;
        let started = Instant::now();
        Ok(Check { launcher, stdout, stderr, report, started, told_to_end: None })
    }
}

/// Another at each call.
fn seed() -> u128 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.as_micros() % 1_000_000
}

fn path_of(report: &files::TempDir) -> PathBuf {
    report.path().join("report.json")
}

/// Where the first failure is told of while other tests still run.
fn early_of(report: &files::TempDir) -> PathBuf {
    report.path().join("first-failure")
}

impl Check {
    /// What is said of the first failure, once that is known: what all that is said begins with.
    pub fn early(&self) -> Option<String> {
        let bytes = fs::read(early_of(&self.report)).ok()?;
        Some(String::from_utf8_lossy(&bytes[..bytes.len().min(KEPT_BYTES)]).into_owned())
    }

    /// What to wait for: more that it prints.
    pub fn outputs(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        [&self.stdout, &self.stderr].into_iter().filter_map(Output::fd)
    }

    /// Reads what there is; its outcome once it has ended.
    pub fn turn(&mut self) -> Option<Outcome> {
        self.stdout.read();
        self.stderr.read();
        let is_late = self.told_to_end.is_some_and(|at| at.elapsed() > PATIENCE);
        if is_late {
            // The kernel ends the program with it; see the launcher's own documentation.
            let _ = self.launcher.kill();
        }
        let status = self.launcher.try_wait();
        if matches!(status, Ok(None)) {
            return None;
        }
        // The launcher alone had the other ends: this is all.
        self.stdout.read();
        self.stderr.read();
        let kind = match Report::read(&path_of(&self.report)) {
            Ok(Report { ended: Ended::Exited { code: 0 }, .. }) => Kind::Passed,
            Ok(Report { ended: Ended::Exited { code: 1 }, .. }) => Kind::Failed,
            Ok(report) => Kind::Broken(report.ended.words()),
            Err(error) => Kind::Broken(format!("{error:#}")),
        };
        Some(Outcome {
            kind,
            stdout: self.stdout.text(),
            stderr: self.stderr.text(),
            left_out_bytes: self.stdout.left_out_bytes + self.stderr.left_out_bytes,
            took: self.started.elapsed(),
        })
    }

    /// Tells it to end; [`Check::turn`] says when it has.
    pub fn end(&mut self) {
        if self.told_to_end.is_none() {
            self.told_to_end = Some(Instant::now());
            self.signal(Signal::SIGTERM);
            // Stopped, it would not see that.
            self.signal(Signal::SIGCONT);
        }
    }

    pub fn is_ending(&self) -> bool {
        self.told_to_end.is_some()
    }

    /// The last thing that it said of what it is doing: a line of cargo's.
    pub fn doing(&self) -> String {
        let text = self.stderr.text();
        text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default().trim().to_owned()
    }

    fn signal(&self, signal: Signal) {
        // Not reaped yet, so the number is still its own.
        if let Ok(pid) = i32::try_from(self.launcher.id()) {
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }
}

impl Drop for Check {
    /// Nothing of it is left behind.
    fn drop(&mut self) {
        self.end();
        // It is over after at most `PATIENCE`: then the launcher is killed.
        while self.turn().is_none() {
            let mut polled: Vec<PollFd<'_>> =
                self.outputs().map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
            // Or a little time, where the outputs are closed already.
            let _ = poll(&mut polled, PollTimeout::from(5_u8));
        }
    }
}

/// One of its outputs.
struct Output {
    from: Option<File>,
    kept: Vec<u8>,
    left_out_bytes: usize,
}

impl Output {
    fn of(fd: Option<OwnedFd>) -> anyhow::Result<Output> {
        let fd = fd.context("a pipe from the launcher")?;
        let context = "make a pipe non-blocking";
        let flags = OFlag::from_bits_retain(fcntl(&fd, FcntlArg::F_GETFL).context(context)?);
        fcntl(&fd, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK)).context(context)?;
        Ok(Output { from: Some(fd.into()), kept: Vec::new(), left_out_bytes: 0 })
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.from.as_ref().map(File::as_fd)
    }

    /// What is there, without waiting for more; of a flood no more than keeps the keys waiting for
    /// a moment.
    fn read(&mut self) {
        let mut buffer = [0; 16 * 1024];
        for _ in 0..READS {
            let Some(from) = &mut self.from else { return };
            match from.read(&mut buffer) {
                Ok(count @ 1..) => {
                    let room = KEPT_BYTES.saturating_sub(self.kept.len()).min(count);
                    self.kept.extend_from_slice(&buffer[..room]);
                    self.left_out_bytes += count - room;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Ok(_) | Err(_) => self.from = None,
            }
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.kept).into_owned()
    }
}
