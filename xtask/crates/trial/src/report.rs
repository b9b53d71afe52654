//! The report of a test, as a file: no program under test has a descriptor to forge it with.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::outcome::{Failure, Verdict};

/// How one test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Result {
    pub name: String,
    pub claim: String,
    pub answer: Answer,
    /// What its random inputs were made from.
    pub seed: u64,
    pub span: Span,
}

/// When the test itself ran, in microseconds since 1970; empty for one that did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub began_us: u64,
    pub ended_us: u64,
}

/// What a test found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Passed,
    Failed(Box<Failure>),
    /// It cannot be made on this machine: why.
    Skipped(String),
    /// It would say nothing before another passes: in words.
    NotTried(String),
    /// The test itself failed: nothing is known about the program.
    Error(String),
}

impl Answer {
    /// The test was ended from outside, after so long: each of its program's runs may have ended
    /// just before its own limit. If that were nobody's fault, whoever wants no grade would only
    /// have to be slow.
    #[must_use]
    pub fn too_slow(after: Duration) -> Answer {
        Answer::Failed(Box::new(Failure {
            verdict: Verdict::TimeLimit,
            expected: "all runs of the program together are over soon".to_owned(),
            came: format!("the test was ended after {} s", after.as_secs()),
            difference: Vec::new(),
            means:
                "The program sleeps, or waits with a timeout, for longer than any right one needs."
                    .to_owned(),
            by_hand: "cargo xtask check".to_owned(),
        }))
    }
}

impl Result {
    /// Why the program has failed the test, where it has.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match &self.answer {
            Answer::Failed(failure) => Some(failure),
            _ => None,
        }
    }

    /// The result as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let (outcome, detail) = match &self.answer {
            Answer::Passed => ("passed", Value::Null),
            Answer::Failed(failure) => ("failed", failure_to_json(failure)),
            Answer::Skipped(why) => ("skipped", json!(why)),
            Answer::NotTried(why) => ("not-tried", json!(why)),
            Answer::Error(error) => ("error", json!(error)),
        };
        json!({
            "name": self.name, "claim": self.claim, "seed": self.seed,
            "outcome": outcome, "detail": detail,
            "began_us": self.span.began_us, "ended_us": self.span.ended_us,
        })
    }

    fn from_json(value: &Value) -> anyhow::Result<Result> {
        let detail = &value["detail"];
        let answer = match text(value, "outcome")?.as_str() {
            "passed" => Answer::Passed,
            "failed" => Answer::Failed(Box::new(failure_from_json(detail)?)),
            "skipped" => Answer::Skipped(detail.as_str().unwrap_or_default().to_owned()),
            "not-tried" => Answer::NotTried(detail.as_str().unwrap_or_default().to_owned()),
            "error" => Answer::Error(detail.as_str().unwrap_or_default().to_owned()),
            other => anyhow::bail!("an unknown outcome `{other}`"),
        };
        let seed = value["seed"].as_u64().context("the key `seed` is missing")?;
        let time = |key: &str| value[key].as_u64().unwrap_or_default();
        let span = Span { began_us: time("began_us"), ended_us: time("ended_us") };
        Ok(Result { name: text(value, "name")?, claim: text(value, "claim")?, answer, seed, span })
    }
}

fn failure_to_json(failure: &Failure) -> Value {
    json!({
        "verdict": failure.verdict.word(), "expected": failure.expected, "came": failure.came,
        "difference": failure.difference, "means": failure.means, "by_hand": failure.by_hand,
    })
}

fn failure_from_json(value: &Value) -> anyhow::Result<Failure> {
    let lines = value["difference"].as_array().context("the key `difference` is missing")?;
    let difference =
        lines.iter().map(|line| line.as_str().unwrap_or_default().to_owned()).collect();
    Ok(Failure {
        verdict: Verdict::from_word(&text(value, "verdict")?).context("an unknown verdict")?,
        expected: text(value, "expected")?,
        came: text(value, "came")?,
        difference,
        means: text(value, "means")?,
        by_hand: text(value, "by_hand")?,
    })
}

fn text(value: &Value, key: &str) -> anyhow::Result<String> {
    Ok(value[key].as_str().with_context(|| format!("the key `{key}` is missing"))?.to_owned())
}

/// Writes the results where [`read`] finds them: all of them or none.
///
/// # Errors
/// When the folder cannot be written.
pub fn write(path: &Path, results: &[Result]) -> anyhow::Result<()> {
    let all: Vec<Value> = results.iter().map(Result::to_json).collect();
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)
        .with_context(|| format!("write a report in {}", folder.display()))?;
    std::io::Write::write_all(&mut file, Value::from(all).to_string().as_bytes())
        .context("write the report")?;
    file.persist(path).with_context(|| format!("put the report at {}", path.display()))?;
    Ok(())
}

/// Reads the only result in a report.
///
/// # Errors
/// When there is none, more than one, or it is not a report.
pub fn read(path: &Path) -> anyhow::Result<Result> {
    let text = std::fs::read(path)
        .with_context(|| format!("read the report of a test, {}", path.display()))?;
    let all: Vec<Value> = serde_json::from_slice(&text)
        .with_context(|| format!("understand the report {}", path.display()))?;
    ensure!(all.len() == 1, "{} results in {}, not one", all.len(), path.display());
    Result::from_json(&all[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let failure = Failure {
            verdict: Verdict::Hang,
            expected: "e".to_owned(),
            came: "c\nd".to_owned(),
            difference: vec!["- a".to_owned()],
            means: "m".to_owned(),
            by_hand: "b".to_owned(),
        };
        let place = tempfile::tempdir().expect("make a directory");
        let path = place.path().join("report");
        for answer in [
            Answer::Passed,
            Answer::Failed(Box::new(failure)),
            Answer::Skipped("why".to_owned()),
            Answer::NotTried("why".to_owned()),
            Answer::Error("because".to_owned()),
        ] {
            let span = Span { began_us: 1, ended_us: u64::MAX };
            let (name, claim) = ("n".into(), "l".into());
            let result = Result { name, claim, answer, seed: u64::MAX, span };
            write(&path, std::slice::from_ref(&result)).expect("write it");
            assert_eq!(read(&path).expect("read it"), result);
        }
        std::fs::write(&path, "[]").expect("write none");
        assert!(read(&path).is_err());
    }
}
