//! What can be stated about a run. Each fact says what it means in terms of pipes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use launcher::{Ended, Limit};

use crate::difference;
use crate::ended::said_lines;
use crate::outcome::{Failure, Outcome, Verdict, Wrong};
use crate::program::Ran;

const STDOUT: &str = "standard output";

impl Ran {
    /// It ended by itself with this exit code.
    ///
    /// # Errors
    /// When it did not.
    pub fn exits(&self, code: u8, means: &str) -> Outcome {
        self.ended_by_itself(&exit_code(code), means)?;
        if self.report.ended == (Ended::Exited { code }) {
            return Ok(());
        }
        // Where success was expected, or is still to be written, the program ended before what the
        // test is about.
        let is_early = code == 0 || self.reached_todo();
        let means = if is_early { self.meaning_of_its_end(means) } else { means };
        self.wrong(self.verdict(), &exit_code(code), &self.how_it_ended(), means)
    }

    /// It ended by itself, and not with success.
    ///
    /// # Errors
    /// When it did not, or panicked.
    pub fn fails(&self, means: &str) -> Outcome {
        let expected = "the program ends with an exit code that is not 0";
        self.ended_by_itself(expected, means)?;
        match self.report.ended {
            Ended::Exited { code: 1..=100 | 102.. } => Ok(()),
            _ => {
                let means = self.meaning_of_its_end(means);
                self.wrong(self.verdict(), expected, &self.how_it_ended(), means)
            }
        }
    }

    /// It printed this and nothing else.
    ///
    /// # Errors
    /// When it printed something else, or did not end by itself.
    pub fn prints(&self, expected: impl AsRef<[u8]>, means: &str) -> Outcome {
        self.wrote(STDOUT, &self.stdout, expected.as_ref(), means)
    }

    /// It wrote this on standard error and nothing else.
    ///
    /// # Errors
    /// When it wrote something else, or did not end by itself.
    pub fn complains(&self, expected: impl AsRef<[u8]>, means: &str) -> Outcome {
        self.wrote("standard error", &self.stderr, expected.as_ref(), means)
    }

    fn wrote(&self, stream: &str, came: &[u8], expected: &[u8], means: &str) -> Outcome {
        // Most runs are right, and megabytes take their time to be put into words.
        if came == expected && self.report.ended.was_its_own() {
            return Ok(());
        }
        let what = shown(stream, expected);
        // What came is wrong already, however the program ended: that matters more.
        let waits = matches!(self.verdict(), Verdict::Deadlock | Verdict::Hang);
        if !waits || expected.starts_with(came) {
            self.ended_by_itself(&what, means)?;
        }
        let mut words = difference::in_words(expected, came);
        if waits {
            words.push_str("\nand then it waited for more");
        } else if stream == STDOUT {
            words = self.with_said(words);
        }
        let mut failure = self.failure(Verdict::Fail, &what, &words, means);
        failure.difference = difference::lines(expected, came);
        Err(Wrong::Program(Box::new(failure)))
    }

    /// Its standard error contains these words.
    ///
    /// # Errors
    /// When it does not, or it did not end by itself.
    pub fn mentions(&self, words: &str, means: &str) -> Outcome {
        let expected = format!("a message on standard error with `{words}` in it");
        self.ended_by_itself(&expected, means)?;
        if String::from_utf8_lossy(&self.stderr).contains(words) {
            return Ok(());
        }
        self.wrong(Verdict::Fail, &expected, &self.said(), means)
    }

    /// It reaped every process that it had started.
    ///
    /// # Errors
    /// When it left one behind, as a zombie or alive, or did not end by itself.
    pub fn leaves_nothing(&self, means: &str) -> Outcome {
        let expected = "every process that it started has ended and was waited for";
        self.ended_by_itself(expected, means)?;
        match self.report.unreaped {
            Some(0) => Ok(()),
            Some(1) => self.wrong(Verdict::Fail, expected, "it left one process behind", means),
            count => {
                let came = format!("it left {} processes behind", count.unwrap_or_default());
                self.wrong(Verdict::Fail, expected, &came, means)
            }
        }
    }

    /// It was still there, and waited, when the launcher ended it because nothing moved, or at its
    /// deadline. A loop that never sleeps passes the limit of CPU time first; the test sets that
    /// well below the deadline.
    ///
    /// # Errors
    /// When it used up the processor, passed another limit, or ended.
    pub fn sleeps(&self, means: &str) -> Outcome {
        let expected = "the program sleeps as long as nothing happens";
        match self.report.ended {
            Ended::Deadlock
            | Ended::Limit { limit: Limit::Quiet | Limit::Asleep | Limit::Wall } => Ok(()),
            _ => self.wrong(self.verdict(), expected, &self.how_it_ended(), means),
        }
    }

    /// The same, and in calls without a timeout: nothing in it moved, so nothing would have come of
    /// waiting longer. The test sets a deadline that leaves time to see that.
    ///
    /// # Errors
    /// When it went on running, or sleeping for a time, or ended.
    pub fn sleeps_without_a_timeout(&self, means: &str) -> Outcome {
        let expected = "the program sleeps, without a timeout, until something happens";
        match self.report.ended {
            Ended::Deadlock | Ended::Limit { limit: Limit::Quiet } => Ok(()),
            _ => self.wrong(self.verdict(), expected, &self.how_it_ended(), means),
        }
    }

    /// Anything else that a test can see.
    ///
    /// # Errors
    /// When it does not hold, or the program did not end by itself.
    pub fn holds(&self, it_does: bool, expected: &str, came: &str, means: &str) -> Outcome {
        self.ended_by_itself(expected, means)?;
        if it_does { Ok(()) } else { self.wrong(Verdict::Fail, expected, came, means) }
    }

    /// Its standard output agrees with a snapshot: see [`crate::snapshot`].
    ///
    /// # Errors
    /// When insta says that it does not, or the program did not end by itself.
    pub fn agrees(&self, expected: &str, means: &str, insta: impl FnOnce(&str)) -> Outcome {
        let expected = expected.trim_start_matches('\n');
        let text = String::from_utf8_lossy(&self.stdout);
        let agrees = || catch_unwind(AssertUnwindSafe(|| insta(&text))).is_ok();
        if self.report.ended.was_its_own() && agrees() {
            return Ok(());
        }
        let what = shown(STDOUT, expected.as_bytes());
        self.ended_by_itself(&what, means)?;
        let came = self.with_said(difference::in_words(expected.as_bytes(), &self.stdout));
        let mut failure = self.failure(Verdict::Fail, &what, &came, means);
        failure.difference = difference::lines(expected.as_bytes(), &self.stdout);
        Err(Wrong::Program(Box::new(failure)))
    }

    /// Every fact begins here: of a program that was ended from outside nothing else counts.
    fn ended_by_itself(&self, expected: &str, means: &str) -> Outcome {
        match &self.report.ended {
            Ended::Exited { .. } | Ended::Signaled { .. } => Ok(()),
            Ended::Limit { .. } | Ended::Deadlock => {
                let means = self.meaning_of_its_end(means);
                self.wrong(self.verdict(), expected, &self.how_it_ended(), means)
            }
            Ended::Interrupted { signal, .. } => {
                Err(Wrong::Ours(anyhow::anyhow!("the test was stopped by {signal}")))
            }
            Ended::NotStarted { error } => {
                Err(Wrong::Ours(anyhow::anyhow!("the program could not be started: {error}")))
            }
        }
    }

    /// A program that printed something wrong may have said why.
    fn with_said(&self, came: String) -> String {
        [vec![came], said_lines(&self.stderr)].concat().join("\n")
    }

    fn said(&self) -> String {
        let said = said_lines(&self.stderr);
        if said.is_empty() { "nothing on standard error".to_owned() } else { said.join("\n") }
    }

    fn wrong(&self, verdict: Verdict, expected: &str, came: &str, means: &str) -> Outcome {
        Err(Wrong::Program(Box::new(self.failure(verdict, expected, came, means))))
    }

    fn failure(&self, verdict: Verdict, expected: &str, came: &str, means: &str) -> Failure {
        // A proved deadlock ends `run` as well.
        let waits = matches!(verdict, Verdict::Hang | Verdict::TimeLimit);
        Failure {
            verdict,
            expected: expected.to_owned(),
            came: came.to_owned(),
            difference: Vec::new(),
            means: means.to_owned(),
            by_hand: self.by_hand.command(waits),
        }
    }
}

fn exit_code(code: u8) -> String {
    format!("the program ends by itself, with exit code {code}")
}

/// `on standard output: 2 lines`, or how much where it is more than a line.
fn shown(stream: &str, bytes: &[u8]) -> String {
    match difference::harmless(bytes, 1).as_slice() {
        [] => format!("nothing on {stream}"),
        [line] => format!("{line}\n(on {stream})"),
        _ => {
            let lines = bytes.iter().filter(|&&byte| byte == b'\n').count();
            format!("{} bytes on {stream}, {lines} lines", bytes.len())
        }
    }
}
