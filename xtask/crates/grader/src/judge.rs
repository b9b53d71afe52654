//! One test of one program, in a box of its own.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use course::Entry;
use launcher::{Captured, Ended, Limit};
use sandbox::user::User;
use sandbox::{Contents, Place, Purpose, REPORT};
use trial::{Answer, report};

use crate::compile::outer;

/// A test of a right program is over long before, as far as it need not wait for a processor. Each
/// of its runs has a limit of its own.
pub const DEADLINE: Duration = Duration::from_secs(180);

/// Address space of the test's own process. It may have to compare 96 MiB of output.
const TEST_BYTES: u64 = 4 << 30;

/// Runs one test on the program in `program`, a folder.
///
/// # Errors
/// When the sandbox or the test itself fails: nothing is known about the program then.
pub fn judge(
    place: &Place,
    user: User,
    entry: &Entry,
    tests: &Path,
    name: &str,
    program: &Path,
    seed: u64,
) -> anyhow::Result<trial::Result> {
    let report = place.report_folder(user)?;
    let reads = [(tests, Path::new("/pipeworks/tests"))];
    let contents = Contents {
        purpose: Purpose::Judge,
        program: Some(program),
        report: report.path(),
        reads: &reads,
    };
    let to = Path::new(REPORT).join("result.json");
    let mut words: Vec<OsString> =
        ["/pipeworks/tests", "--only", name, "--seed", &seed.to_string(), "--report"]
            .map(OsString::from)
            .into();
    words.push(to.into());
    words.push("--".into());
    words.push(Path::new("/pipeworks/program").join(&entry.id).into());
    let mut limits = outer(DEADLINE);
    limits.queued = Some(2 * DEADLINE);
    // Whatever a program may leave for its test to read: no control group is around an ordinary
    // user's box.
    limits.address_bytes = Some(place.config(Purpose::Judge).address_bytes.max(TEST_BYTES));
    let captured = place.run(user, &contents, limits, words)?;
    answer(&captured, &report.path().join("result.json"), name)
}

/// What the tests' program has left. One that was itself ended may have seen its subject being
/// ended as well, whatever it says.
///
/// # Errors
/// When it has left nothing that can be relied on.
pub fn answer(captured: &Captured, file: &Path, name: &str) -> anyhow::Result<trial::Result> {
    let said = || {
        let said = String::from_utf8_lossy(&captured.stderr);
        let ended = captured.report.ended.words();
        format!("the test `{name}` left no result ({ended}); it said: {}", said.trim_end())
    };
    if captured.report.ended == (Ended::Limit { limit: Limit::Wall }) {
        return Ok(trial::Result {
            name: name.to_owned(),
            claim: String::new(),
            answer: Answer::too_slow(DEADLINE),
            seed: 0,
            span: report::Span::default(),
        });
    }
    ensure!(matches!(captured.report.ended, Ended::Exited { code: 0 | 1 }), said());
    let found = fs::symlink_metadata(file).with_context(said)?;
    ensure!(found.is_file(), "the result of `{name}` is no regular file");
    report::read(file).with_context(said)
}

#[cfg(test)]
mod tests {
    use launcher::Report;
    use trial::Verdict;

    use super::*;

    fn captured(ended: Ended) -> Captured {
        let report = Report {
            ended,
            wall_ms: 0,
            cpu_ms: 0,
            peak_memory_kib: 0,
            stdout_bytes: 0,
            stderr_bytes: 0,
            unreaped: Some(0),
            left_behind: 0,
            stuck: Vec::new(),
            diagnosis: None,
        };
        Captured { report, stdout: Vec::new(), stderr: b"said".to_vec() }
    }

    #[test]
    fn what_a_test_says_that_was_ended_does_not_count() {
        let folder = tempfile::tempdir().expect("make a folder");
        let file = folder.path().join("result.json");
        let result = trial::Result {
            name: "one".to_owned(),
            claim: String::new(),
            answer: trial::Answer::Passed,
            seed: 1,
            span: report::Span::default(),
        };
        report::write(&file, std::slice::from_ref(&result)).expect("write a result");
        let of = |ended| answer(&captured(ended), &file, "one");
        assert_eq!(of(Ended::Exited { code: 0 }).expect("a result"), result);
        for ended in [
            Ended::Exited { code: 125 },
            Ended::Interrupted { signal: "SIGTERM".to_owned(), number: 15 },
            Ended::Signaled { signal: "SIGKILL".to_owned(), number: 9 },
            Ended::Limit { limit: Limit::Memory },
        ] {
            let error = of(ended).expect_err("no result").to_string();
            assert!(error.contains("`one`") && error.contains("said"), "{error}");
        }
        // Whatever it has left: its program has kept it from coming to an end.
        let slow = of(Ended::Limit { limit: Limit::Wall }).expect("a result").answer;
        assert!(matches!(slow, Answer::Failed(failure) if failure.verdict == Verdict::TimeLimit));
        std::fs::remove_file(&file).expect("remove it");
        assert!(of(Ended::Exited { code: 0 }).is_err());
    }
}
