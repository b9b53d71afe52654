//! The program under test, and what one run of it left.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use launcher::{Launch, Limits, Report};
use nix::errno::Errno;
use nix::unistd::{AccessFlags, access};
use tempfile::TempDir;

use crate::outcome::Wrong;
use crate::shell;
use crate::talk::Talk;

/// What a test is made with: the program, a seed, a folder of its own.
pub struct Trial {
    pub(crate) id: &'static str,
    pub(crate) prefix: Vec<OsString>,
    pub(crate) xtask: PathBuf,
    /// From which random inputs are made; printed, and can be given again.
    pub seed: u64,
    /// Where an input is kept that a student cannot type.
    pub(crate) inputs: Option<PathBuf>,
    /// The program is ended when it has done nothing but sleep for so long.
    pub(crate) asleep: Option<Duration>,
    pub(crate) folder: TempDir,
    pub(crate) test: &'static str,
    /// The program has been started in the folder.
    pub(crate) started: AtomicBool,
}

impl Trial {
    /// A run of the program with these arguments.
    pub fn program<W: Into<OsString>>(
        &self,
        arguments: impl IntoIterator<Item = W>,
    ) -> Program<'_> {
        Program {
            trial: self,
            arguments: arguments.into_iter().map(Into::into).collect(),
            script: None,
            input: None,
            input_made_by: None,
            limits: Limits { asleep: self.asleep, ..limits() },
            by_hand: None,
        }
    }

    /// A folder that only this test uses, and that vanishes after it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn has_run(&self) -> bool {
        self.started.load(Ordering::Relaxed)
    }

    /// Random numbers that this seed and this test have, and no other.
    #[must_use]
    pub fn random(&self) -> fastrand::Rng {
        let of_test = self
            .test
            .bytes()
            .fold(self.seed, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        fastrand::Rng::with_seed(of_test)
    }
}

/// What any exercise's program needs at most. A test that needs more says so.
fn limits() -> Limits {
    Limits {
        wall: Some(Duration::from_secs(10)),
        // Where others want the processors, a program gets no further in ten seconds than in one.
        queued: Some(Duration::from_secs(30)),
        quiet: Some(Duration::from_millis(400)),
        cpu: Some(Duration::from_secs(1)),
        memory_bytes: Some(256 << 20),
        processes: Some(64),
        open_files: Some(256),
        output_bytes: Some(96 << 20),
        ..Limits::default()
    }
}

/// One run that is still to be started.
pub struct Program<'a> {
    pub(crate) trial: &'a Trial,
    arguments: Vec<OsString>,
    script: Option<&'static str>,
    input: Option<Vec<u8>>,
    input_made_by: Option<String>,
    limits: Limits,
    by_hand: Option<String>,
}

impl<'a> Program<'a> {
    /// Bytes on its standard input, which is closed after them.
    #[must_use]
    pub fn input(mut self, bytes: impl Into<Vec<u8>>) -> Program<'a> {
        self.input = Some(bytes.into());
        self
    }

    /// The same, with the shell command that makes these bytes, for the student: `seq 100000`.
    #[must_use]
    pub fn input_made_by(self, command: &str, bytes: impl Into<Vec<u8>>) -> Program<'a> {
        Program { input_made_by: Some(command.to_owned()), ..self.input(bytes) }
    }

    /// Runs it inside a script, where `"$@"` stands for the program with its arguments.
    #[must_use]
    pub fn in_script(mut self, script: &'static str) -> Program<'a> {
        self.script = Some(script);
        self
    }

    /// Changes the limits.
    #[must_use]
    pub fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Program<'a> {
        change(&mut self.limits);
        self
    }

    /// It may wait out a time of its own, such as a grace: more is to be told than that it sleeps.
    #[must_use]
    pub fn may_sleep(self) -> Program<'a> {
        self.limits(|limits| limits.asleep = None)
    }

    /// Another command for the student than the one that is made of arguments and input.
    #[must_use]
    pub fn by_hand(mut self, command: impl Into<String>) -> Program<'a> {
        self.by_hand = Some(command.into());
        self
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// [`Wrong::Ours`] when the launcher cannot be started.
    pub fn run(mut self) -> Result<Ran, Wrong> {
        let by_hand = self.command_by_hand();
        let place = tempfile::tempdir().context("make a directory for the report")?;
        let report = place.path().join("report.json");
        let mut command = assert_cmd::Command::from_std(self.command(&report, false));
        // The launcher has ended whatever it runs long before; this is for the launcher itself.
        let Limits { wall, queued, .. } = self.limits;
        let patience =
            wall.unwrap_or_default() + queued.unwrap_or_default() + Duration::from_secs(30);
        // It may be large.
        command.timeout(patience).write_stdin(self.input.take().unwrap_or_default());
        let output = command.output().context("start the launcher")?;
        let report = read_report(&report, &output.stderr)?;
        Ok(Ran { report, stdout: output.stdout, stderr: output.stderr, by_hand })
    }

    /// Starts it and leaves it running, to talk with it. Its input is not used.
    ///
    /// # Errors
    /// [`Wrong::Ours`] when the launcher cannot be started.
    pub fn talk(self) -> Result<Talk, Wrong> {
        let place = tempfile::tempdir().context("make a directory for the report")?;
        let command = self.command(&place.path().join("report.json"), true);
        Talk::start(command, place, self.command_by_hand())
    }

    fn command(&self, report: &Path, waits_for_reply: bool) -> Command {
        self.trial.started.store(true, Ordering::Relaxed);
        let script = self.script.map(|script| ["sh", "-c", script, "sh"].map(OsString::from));
        let mut argv = script.iter().flatten().chain(&self.trial.prefix).chain(&self.arguments);
        let program = argv.next().cloned().unwrap_or_default();
        let mut launch = Launch::captured(program).args(argv).limits(self.limits.clone());
        if waits_for_reply {
            launch = launch.waits_for_reply();
        }
        let mut command = launch.command(&self.trial.xtask, report);
        command.current_dir(self.trial.folder.path());
        if let Some(path) = env::var_os("PATH") {
            command.env("PATH", without_locked(&path));
        }
        command
    }

    fn command_by_hand(&self) -> ByHand {
        self.by_hand.clone().map_or_else(|| self.made_command(), ByHand::Whole)
    }

    /// `printf 'a\n' | cargo xtask run ex-01 -- count`, with a place for options of `run`.
    fn made_command(&self) -> ByHand {
        let arguments: Vec<String> =
            self.arguments.iter().map(|word| shell::word(&word.to_string_lossy())).collect();
        let rest = if arguments.is_empty() {
            String::new()
        } else {
            format!(" -- {}", arguments.join(" "))
        };
        let run = format!("cargo xtask run {}", self.trial.id);
        let (before, after) = match (&self.input_made_by, self.input.as_deref()) {
            (Some(command), _) => (format!("{command} | {run}"), rest),
            (None, None) => (run, rest),
            (None, Some([])) => (run, format!("{rest} < /dev/null")),
            (None, Some(input)) => match shell::printf(input) {
                Some(printf) => (format!("{printf} | {run}"), rest),
                None => (run, format!("{rest} < {}", self.kept_input(input))),
            },
        };
        match self.script {
            None => ByHand::Run { before, after },
            Some(script) => {
                let program = format!("{before}{after}");
                ByHand::Whole(script.replace("\"$@\"", &program))
            }
        }
    }

    /// The input in a file, for a student who cannot type it.
    fn kept_input(&self, input: &[u8]) -> String {
        let Some(folder) = &self.trial.inputs else { return "INPUT".to_owned() };
        let path = folder.join(format!("{}-{}", self.trial.id, self.trial.test));
        let kept = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, input));
        if kept.is_ok() { shell::word(&path.to_string_lossy()) } else { "INPUT".to_owned() }
    }
}

/// `PATH` without the folders that may not be searched. Of a command that is nowhere, exec would
/// say because of one of them that it is forbidden, and not that it is missing (execvp(3)).
fn without_locked(path: &OsStr) -> OsString {
    let may_be_searched =
        |folder: &PathBuf| access(folder, AccessFlags::X_OK) != Err(Errno::EACCES);
    let folders = env::split_paths(path).filter(may_be_searched);
    env::join_paths(folders).unwrap_or_else(|_| path.to_owned())
}

/// The command with which a student sees the same.
#[derive(Clone)]
pub(crate) enum ByHand {
    Whole(String),
    /// The command before and after the place for options of `run`.
    Run {
        before: String,
        after: String,
    },
}

impl ByHand {
    /// The command for the student; one that hangs gets a deadline.
    pub fn command(&self, hangs: bool) -> String {
        match self {
            ByHand::Whole(command) if hangs && !command.contains("--deadline") => {
                with_deadline(command)
            }
            ByHand::Whole(command) => command.clone(),
            ByHand::Run { before, after } if hangs => format!("{before} --deadline 2{after}"),
            ByHand::Run { before, after } => format!("{before}{after}"),
        }
    }
}

/// The command with a deadline behind each `cargo xtask run ex-NN`.
fn with_deadline(command: &str) -> String {
    const RUN: &str = "cargo xtask run ex-";
    let mut parts = command.split(RUN);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        text.push_str(&format!("{RUN}{} --deadline 2{}", &part[..digits], &part[digits..]));
    }
    text
}

/// What one run of the program left. Its facts are in [`crate::facts`].
pub struct Ran {
    pub report: Report,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub(crate) by_hand: ByHand,
}

pub(crate) fn read_report(path: &Path, said: &[u8]) -> anyhow::Result<Report> {
    Report::read(path)
        .with_context(|| format!("the launcher said: {}", String::from_utf8_lossy(said).trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_goes_behind_every_run() {
        let command = "cargo xtask run ex-04 -- a | cargo xtask run ex-04 | head";
        let expected =
            "cargo xtask run ex-04 --deadline 2 -- a | cargo xtask run ex-04 --deadline 2 | head";
        assert_eq!(with_deadline(command), expected);
        assert_eq!(with_deadline("true"), "true");
    }
}
