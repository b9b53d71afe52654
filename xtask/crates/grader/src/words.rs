//! The grader's command line, as the runner's verb `grade` writes it.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context, bail};

/// What is to be done.
#[derive(Debug, Default)]
pub struct Asked {
    pub submissions: PathBuf,
    pub out: PathBuf,
    pub seed: Option<u64>,
    pub jobs: Option<usize>,
    pub limits: Option<PathBuf>,
}

/// Reads the words after the program's name.
///
/// # Errors
/// When they are not such as the runner writes.
pub fn read(mut words: impl Iterator<Item = OsString>) -> anyhow::Result<Asked> {
    let mut asked = Asked::default();
    while let Some(word) = words.next() {
        let mut value =
            || words.next().with_context(|| format!("{} takes a value", word.display()));
        let mut number = || -> anyhow::Result<u64> {
            let value = value()?;
            let number = value.to_str().and_then(|text| text.parse().ok());
            number.with_context(|| format!("{} is no number", value.display()))
        };
        match word.to_str() {
            Some("--seed") => asked.seed = Some(number()?),
            Some("--jobs") => asked.jobs = Some(usize::try_from(number()?)?),
            Some("--limits") => asked.limits = Some(value()?.into()),
            Some("--out") => asked.out = value()?.into(),
            Some("--submissions") => asked.submissions = value()?.into(),
            _ => bail!("the unknown word {}", word.display()),
        }
    }
    Ok(asked)
}
