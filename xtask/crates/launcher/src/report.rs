//! How a run ended, as data: out of band, so that no program can forge it with what it prints.

use std::fs::File;
use std::io::Write;
use std::os::fd::{FromRawFd, RawFd};
use std::path::Path;

use anyhow::Context;
use doctor::{Diagnosis, Stuck};

use crate::limits::Limit;

/// The exit status of a launcher that has proved its program to be in a deadlock.
pub const STATUS_DEADLOCK: u8 = 123;
/// The exit status of a launcher whose program passed its deadline, as timeout(1) has it.
pub const STATUS_DEADLINE: u8 = 124;
/// The exit status of a launcher that itself failed, a program that cannot be started included.
pub const STATUS_LAUNCHER: u8 = 125;

/// What happened to a program and its tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub ended: Ended,
    /// From the start until the program itself had ended, in milliseconds.
    pub wall_ms: u64,
    /// User and system time of the whole tree, in milliseconds.
    pub cpu_ms: u64,
    /// The largest resident set of any one process, in KiB (`ru_maxrss`, getrusage(2)). Its floor
    /// is the launcher's own small size: a child begins with the size of the process that forked
    /// it.
    pub peak_memory_kib: u64,
    /// Bytes that the program wrote to standard output; 0 when attached.
    pub stdout_bytes: u64,
    /// Bytes that the program wrote to standard error; 0 when attached.
    pub stderr_bytes: u64,
    /// How many of its processes nobody but the launcher has reaped when the program itself had
    /// ended: alive, zombies, and orphans that ended before it, all together, since which of them
    /// is a race. `None` when the launcher ended it.
    pub unreaped: Option<usize>,
    /// Processes that were still there after SIGKILL and a long wait; 0 on any healthy system.
    pub left_behind: usize,
    /// What each thread of the tree did just before it was ended, parents before their children;
    /// empty but after a deadlock, [`Limit::Wall`], [`Limit::Quiet`] and [`Limit::Asleep`].
    pub stuck: Vec<Stuck>,
    /// What the doctor says where there is something in `stuck`, and where a signal ended what had
    /// stood still.
    pub diagnosis: Option<Diagnosis>,
}

/// What ended the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It returned or called exit.
    Exited { code: u8 },
    /// A signal that the launcher did not send.
    Signaled { signal: String, number: i32 },
    /// The launcher ended the tree because of this limit.
    Limit { limit: Limit },
    /// The launcher ended the tree because nobody in it could ever go on: see the diagnosis.
    Deadlock,
    /// The launcher ended the tree because it was itself told to stop.
    Interrupted { signal: String, number: i32 },
    /// It never began.
    NotStarted { error: String },
}

impl Ended {
    /// The launcher did not end it.
    #[must_use]
    pub fn was_its_own(&self) -> bool {
        matches!(self, Ended::Exited { .. } | Ended::Signaled { .. })
    }

    /// The status to exit with: the program's own, 128+N after signal N, 123 after a deadlock that
    /// was proved, 124 after the deadline, 137 (SIGKILL) after any other limit, 125 when it never
    /// began.
    #[must_use]
    pub fn status(&self) -> u8 {
        match self {
            Ended::Exited { code } => *code,
            Ended::Signaled { number, .. } | Ended::Interrupted { number, .. } => {
                u8::try_from(128 + number).unwrap_or(STATUS_LAUNCHER)
            }
            Ended::Deadlock => STATUS_DEADLOCK,
            Ended::Limit { limit: Limit::Wall } => STATUS_DEADLINE,
            Ended::Limit { .. } => 128 + 9,
            Ended::NotStarted { .. } => STATUS_LAUNCHER,
        }
    }

    /// Whether the program ended by itself with status 0.
    #[must_use]
    pub fn is_success(&self) -> bool {
        *self == Ended::Exited { code: 0 }
    }

    /// In words, for the end of a sentence: "exit code 3", "SIGPIPE", "its deadline".
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Ended::Exited { code } => format!("exit code {code}"),
            Ended::Signaled { signal, .. } => format!("killed by {signal}"),
            Ended::Limit { limit } => format!("ended by {}", limit.words()),
            Ended::Deadlock => "ended by the runner, because of a deadlock".to_owned(),
            Ended::Interrupted { signal, .. } => format!("stopped by {signal}"),
            Ended::NotStarted { error } => format!("not started: {error}"),
        }
    }
}

impl Report {
    /// How it ended, and in the lines below what the doctor says, where it was asked.
    #[must_use]
    pub fn explained(&self) -> String {
        let diagnosis = self.diagnosis.as_ref().map(Diagnosis::text_here);
        let words = self.ended.words();
        diagnosis.map_or(words.clone(), |text| format!("{words}\n{}", text.trim_end()))
    }

    pub(crate) fn not_started(error: &anyhow::Error) -> Report {
        Report {
            ended: Ended::NotStarted { error: format!("{error:#}") },
            wall_ms: 0,
            cpu_ms: 0,
            peak_memory_kib: 0,
            stdout_bytes: 0,
            stderr_bytes: 0,
            unreaped: None,
            left_behind: 0,
            stuck: Vec::new(),
            diagnosis: None,
        }
    }

    /// Writes the report as JSON beside `path` and renames it there, so that a reader finds a whole
    /// report or none.
    ///
    /// # Errors
    /// When the directory cannot be written.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        let text = format!("{}\n", self.to_json());
        files::replace(path, text.as_bytes())
            .with_context(|| format!("write the report {}", path.display()))
    }

    /// Writes the report to a descriptor that the launcher was given, and closes it.
    ///
    /// # Errors
    /// When nobody reads it.
    pub(crate) fn write_to(&self, number: RawFd) -> anyhow::Result<()> {
        // SAFETY:
        // obligation: the descriptor must be open and owned by nobody else (FromRawFd).
        // here: whoever starts the launcher opens it for this alone and names it; the launcher uses
        //   it here, once, as the last thing it does.
        // broken by: a number that some other part of the launcher owns.
        let mut file = unsafe { File::from_raw_fd(number) };
        file.write_all(format!("{}\n", self.to_json()).as_bytes()).context("hand over the report")
    }

    /// Reads a report from whoever has it open.
    ///
    /// # Errors
    /// When it is not one.
    pub fn parse(text: &[u8]) -> anyhow::Result<Report> {
        let json = serde_json::from_slice(text).context("understand the launcher's report")?;
        Report::from_json(&json).context("understand the launcher's report")
    }

    /// Reads a report that [`Report::write`] wrote.
    ///
    /// # Errors
    /// When there is none, or it is not a report.
    pub fn read(path: &Path) -> anyhow::Result<Report> {
        let text = std::fs::read(path)
            .with_context(|| format!("read the launcher's report {}", path.display()))?;
        Report::parse(&text).with_context(|| path.display().to_string())
    }
}
