//! The grader's command line, as the runner's verb `grade` writes it.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context, bail};

use crate::reports::Format;
use crate::shard::Shard;

/// Wrong usage: what was asked for cannot be done, and nothing has been.
#[derive(Debug)]
pub struct Wrong(String);

impl Wrong {
    #[must_use]
    pub fn usage(error: anyhow::Error) -> anyhow::Error {
        anyhow::Error::new(Wrong(format!("{error:#}")))
    }
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Wrong {}

/// What is to be done.
#[derive(Debug)]
pub enum Asked {
    Class(Class),
    Diff {
        old: PathBuf,
        new: PathBuf,
    },
    Merge {
        parts: Vec<PathBuf>,
        out: PathBuf,
    },
    /// A run's folder.
    Report {
        report: PathBuf,
        formats: Vec<Format>,
    },
    /// For a tool that compares programs.
    Sources {
        submissions: PathBuf,
        out: PathBuf,
    },
    SelfTest,
    /// For `bench grade`: a class that is made up.
    MadeUp {
        students: usize,
        seed: u64,
        distinct: bool,
        to: PathBuf,
    },
    /// For `bench grade`: what a hang takes.
    Hangs,
    /// For `bench grade`: what compiling and testing take by themselves.
    Bare {
        submissions: PathBuf,
    },
}

/// Grading a folder of submissions.
#[derive(Debug, Default)]
pub struct Class {
    pub submissions: PathBuf,
    pub out: PathBuf,
    pub seed: Option<u64>,
    pub jobs: Option<usize>,
    pub limits: Option<PathBuf>,
    pub shard: Option<Shard>,
    pub dry_run: bool,
    pub no_sandbox: bool,
}

/// Reads the words after the program's name.
///
/// # Errors
/// When they are not such as the runner writes.
pub fn read(mut words: impl Iterator<Item = OsString>) -> anyhow::Result<Asked> {
    let verb = words.next().context("the grader is started by `cargo xtask grade`")?;
    match verb.to_str() {
        Some("class") => Ok(Asked::Class(class(words)?)),
        Some("diff") => {
            let mut path = || words.next().map(PathBuf::from).context("a run's folder");
            Ok(Asked::Diff { old: path()?, new: path()? })
        }
        Some("merge") => {
            let out = words.next().context("the report's folder")?.into();
            Ok(Asked::Merge { parts: words.map(PathBuf::from).collect(), out })
        }
        Some("made-up") => made_up(words),
        Some("bare") => {
            Ok(Asked::Bare { submissions: words.next().context("a folder of submissions")?.into() })
        }
        Some("hangs") => Ok(Asked::Hangs),
        Some("report") => {
            let report = words.next().context("a run's folder")?.into();
            let format = |word: OsString| {
                let known = word.to_str().and_then(Format::from_word);
                known.with_context(|| format!("no form of reports is called {}", word.display()))
            };
            let formats = words.map(format).collect::<anyhow::Result<_>>();
            Ok(Asked::Report { report, formats: formats.map_err(Wrong::usage)? })
        }
        Some("sources") => {
            let mut path = || words.next().map(PathBuf::from).context("a folder");
            Ok(Asked::Sources { submissions: path()?, out: path()? })
        }
        Some("self-test") => Ok(Asked::SelfTest),
        _ => bail!("the unknown word {}", verb.display()),
    }
}

/// STUDENTS SEED DIR [--distinct]
fn made_up(mut words: impl Iterator<Item = OsString>) -> anyhow::Result<Asked> {
    let mut number = || words.next()?.to_str()?.parse::<u64>().ok();
    let (students, seed) = (number().context("how many students")?, number().context("a seed")?);
    let to = words.next().context("a folder")?.into();
    let distinct = words.next().is_some_and(|word| word == "--distinct");
    Ok(Asked::MadeUp { students: usize::try_from(students)?, seed, distinct, to })
}

fn class(mut words: impl Iterator<Item = OsString>) -> anyhow::Result<Class> {
    let mut class = Class::default();
    while let Some(word) = words.next() {
        let mut value =
            || words.next().with_context(|| format!("{} takes a value", word.display()));
        let mut number = || -> anyhow::Result<u64> {
            let value = value()?;
            let number = value.to_str().and_then(|text| text.parse().ok());
            number.with_context(|| format!("{} is no number", value.display()))
        };
        match word.to_str() {
            Some("--seed") => class.seed = Some(number()?),
            Some("--jobs") => class.jobs = Some(usize::try_from(number()?)?),
            Some("--shard") => {
                let shard = value()?;
                class.shard = Some(Shard::read(&shard.to_string_lossy()).map_err(Wrong::usage)?);
            }
            Some("--limits") => class.limits = Some(value()?.into()),
            Some("--out") => class.out = value()?.into(),
            Some("--submissions") => class.submissions = value()?.into(),
            Some("--dry-run") => class.dry_run = true,
            Some("--no-sandbox") => class.no_sandbox = true,
            _ => bail!("the unknown word {}", word.display()),
        }
    }
    Ok(class)
}
