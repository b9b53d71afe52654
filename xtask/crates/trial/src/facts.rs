//! What can be stated about a run. Each fact says what it means in terms of pipes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use launcher::{Ended, Limit};

use crate::difference;
use crate::outcome::{Failure, Outcome, Verdict, Wrong};
use crate::program::Ran;

/// Lines of standard error that are shown.
const SAID_LINES: usize = 3;
const STDOUT: &str = "standard output";
/// What `todo!()` says when it is reached.
const TODO: &str = "not yet implemented";

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
            _ => self.wrong(self.verdict(), expected, &self.how_it_ended(), means),
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
        let what = shown(stream, expected);
        self.ended_by_itself(&what, means)?;
        if came == expected {
            return Ok(());
        }
        let mut words = difference::in_words(expected, came);
        if stream == STDOUT {
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
            Ended::Limit { limit: Limit::Quiet | Limit::Wall } => Ok(()),
            _ => {
                self.ended_by_itself(expected, means)?;
                self.wrong(self.verdict(), expected, &self.how_it_ended(), means)
            }
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
        self.ended_by_itself(&shown(STDOUT, expected.as_bytes()), means)?;
        let text = String::from_utf8_lossy(&self.stdout);
        if catch_unwind(AssertUnwindSafe(|| insta(&text))).is_ok() {
            return Ok(());
        }
        let what = shown(STDOUT, expected.as_bytes());
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

    fn verdict(&self) -> Verdict {
        match &self.report.ended {
            Ended::Deadlock => Verdict::Deadlock,
            Ended::Limit { limit } => match limit {
                Limit::Quiet => Verdict::Hang,
                Limit::Wall | Limit::Cpu => Verdict::TimeLimit,
                Limit::Memory => Verdict::MemoryLimit,
                Limit::Output => Verdict::OutputLimit,
                Limit::Processes => Verdict::Fail,
            },
            Ended::Exited { code: 101 } | Ended::Signaled { .. } => Verdict::Crashed,
            _ => Verdict::Fail,
        }
    }

    /// In words, with what standard error says about it, or what the launcher saw.
    fn how_it_ended(&self) -> String {
        let mut lines = Vec::new();
        match &self.report.ended {
            Ended::Deadlock => {}
            Ended::Limit { limit: Limit::Quiet } => {
                lines.push("it hangs: nothing in it moves any more".to_owned());
            }
            Ended::Exited { code: 101 } => {
                let stderr = String::from_utf8_lossy(&self.stderr);
                let todo = self.reached_todo();
                lines.push(match (panic_place(&stderr), todo) {
                    (Some(place), true) => format!("it reached the `todo!()` at {place}"),
                    (Some(place), false) => format!("it panicked at {place}"),
                    (None, _) => "exit code 101".to_owned(),
                });
                if todo {
                    return lines.concat();
                }
            }
            ended => lines
                .push(format!("it was {}", ended.words()).replace("was exit", "ended with exit")),
        }
        if let Some(diagnosis) = &self.report.diagnosis {
            // Its first line says how it ended: that is said already, unless it is a proof.
            let skipped = usize::from(!diagnosis.is_proved());
            lines.extend(diagnosis.short().lines().skip(skipped).map(str::to_owned));
        }
        lines.extend(said_lines(&self.stderr));
        lines.join("\n")
    }

    /// A program that printed something wrong may have said why.
    fn with_said(&self, came: String) -> String {
        [vec![came], said_lines(&self.stderr)].concat().join("\n")
    }

    fn said(&self) -> String {
        let said = said_lines(&self.stderr);
        if said.is_empty() { "nothing on standard error".to_owned() } else { said.join("\n") }
    }

    fn reached_todo(&self) -> bool {
        self.report.ended == (Ended::Exited { code: 101 })
            && String::from_utf8_lossy(&self.stderr).contains(TODO)
    }

    fn wrong(&self, verdict: Verdict, expected: &str, came: &str, means: &str) -> Outcome {
        Err(Wrong::Program(Box::new(self.failure(verdict, expected, came, means))))
    }

    fn failure(&self, verdict: Verdict, expected: &str, came: &str, means: &str) -> Failure {
        let hangs = matches!(verdict, Verdict::Deadlock | Verdict::Hang | Verdict::TimeLimit);
        Failure {
            verdict,
            expected: expected.to_owned(),
            came: came.to_owned(),
            difference: Vec::new(),
            means: if self.reached_todo() { TODO_MEANS } else { means }.to_owned(),
            by_hand: self.by_hand.command(hangs),
        }
    }
}

/// Not yet a matter of pipes.
const TODO_MEANS: &str = "The part of the program that this test needs is still to be written. README.md says what it \
     is to do.";

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

/// Without the empty line that anyhow puts between an error and its causes.
fn said_lines(stderr: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    difference::harmless(lines.join("\n").as_bytes(), SAID_LINES)
        .into_iter()
        .map(|line| format!("standard error: {line}"))
        .collect()
}

/// `src/main.rs:12:5` of `thread 'main' (4711) panicked at src/main.rs:12:5:`.
fn panic_place(stderr: &str) -> Option<&str> {
    let (_, rest) = stderr.split_once("panicked at ")?;
    rest.lines().next()?.strip_suffix(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_panic_is_found() {
        let said = "\nthread 'main' (7) panicked at src/main.rs:12:5:\nnot yet implemented\n";
        assert_eq!(panic_place(said), Some("src/main.rs:12:5"));
        assert_eq!(panic_place("nothing of that kind"), None);
    }
}
