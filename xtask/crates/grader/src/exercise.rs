//! One exercise of one submission: compiled, tested, and given its points.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use anyhow::Context;
use course::{Course, Entry, ExerciseTest};
use sandbox::Place;
use sandbox::user::User;
use trial::Answer;

use crate::compile::{Compiled, compile};
use crate::import::{self, Sources};
use crate::judge::judge;
use crate::keys::Common;
use crate::limits::GradeLimits;
use crate::model::{ExerciseGrade, TestGrade, Verdict};
use crate::stop;
use crate::toolchain::Toolchain;

/// All that grading needs, the same for all submissions.
pub struct Bench<'a> {
    pub course: &'a Course,
    pub place: &'a Place,
    pub toolchain: &'a Toolchain,
    pub limits: &'a GradeLimits,
    pub common: Common,
    /// By the exercises' IDs.
    pub tests: BTreeMap<String, Tests>,
    pub seed: u64,
}

/// The tests of an exercise, built.
pub struct Tests {
    /// A copy that every user can read.
    pub program: PathBuf,
    pub digest: String,
}

impl Bench<'_> {
    /// Grades it, a second time where the grader itself fails.
    #[must_use]
    pub fn grade(&self, user: User, entry: &Entry, sources: &Sources) -> ExerciseGrade {
        let made = self.tests.get(&entry.id).map(|tests| self.common.with(&tests.digest, sources));
        let made = made.map(|made| made.parts()).unwrap_or_default();
        let first = self.try_once(user, entry, sources);
        let graded = match first {
            Ok(grade) if grade.verdict != Verdict::Ungraded => Ok(grade),
            other if stop::asked().is_some() => other,
            _ => self.try_once(user, entry, sources),
        };
        let grade = graded.unwrap_or_else(|error| ungraded(entry, format!("{error:#}")));
        ExerciseGrade { made, ..grade }
    }

    fn try_once(
        &self,
        user: User,
        entry: &Entry,
        sources: &Sources,
    ) -> anyhow::Result<ExerciseGrade> {
        let work = tempfile::Builder::new()
            .permissions(std::fs::Permissions::from_mode(0o755))
            .tempdir_in(self.place.path())
            .context("make a folder for the submission")?;
        let source = work.path().join("source");
        std::fs::create_dir(&source).context("make a folder for the sources")?;
        import::write(sources, &source)?;
        let limits = &self.limits.compile;
        let compiled =
            compile(self.place, user, self.toolchain, entry, &source, work.path(), limits)?;
        let program = match compiled {
            Compiled::Program(program) => program,
            Compiled::Refused(said) => return Ok(not_compiled(entry, said)),
            Compiled::Limit(limit) => {
                let said = format!("the compiler was ended by {}", limit.words());
                return Ok(not_compiled(entry, said));
            }
        };
        let tests = self.tests.get(&entry.id).context("the exercise's tests")?;
        let mut answers: Vec<(&ExerciseTest, Answer)> = Vec::new();
        for test in &entry.tests {
            let answer = match not_before(test, &answers) {
                Some(why) => Answer::NotTried(why),
                None => {
                    let one = |user| {
                        let (name, seed) = (&test.name, self.seed);
                        judge(self.place, user, entry, &tests.program, name, &program, seed)
                    };
                    one(user)?.answer
                }
            };
            answers.push((test, answer));
        }
        Ok(counted(entry, &answers))
    }
}

/// What a test needs has to pass before it; and a second test that runs into a limit of time would
/// say nothing new.
fn not_before(test: &ExerciseTest, before: &[(&ExerciseTest, Answer)]) -> Option<String> {
    let passed = |name: &String| {
        before.iter().any(|(test, answer)| test.name == *name && *answer == Answer::Passed)
    };
    if let Some(needed) = test.needs.as_ref().filter(|needed| !passed(needed)) {
        return Some(format!("not tried: it says nothing before `{needed}` passes"));
    }
    let slow = before.iter().find(|(_, answer)| {
        matches!(answer, Answer::Failed(failure) if failure.verdict == trial::Verdict::TimeLimit)
    });
    slow.map(|(slow, _)| format!("not tried: `{}` ran into its limit of time", slow.name))
}

/// The points of what was found out.
fn counted(entry: &Entry, answers: &[(&ExerciseTest, Answer)]) -> ExerciseGrade {
    let unknown = answers.iter().find_map(|(test, answer)| match answer {
        Answer::Error(error) => Some(format!("the test `{}` failed itself: {error}", test.name)),
        Answer::Skipped(why) => {
            Some(format!("the test `{}` cannot be made on this machine: {why}", test.name))
        }
        _ => None,
    });
    if let Some(why) = unknown {
        return ungraded(entry, why);
    }
    let verdict = answers.iter().find_map(|(_, answer)| match answer {
        Answer::Failed(failure) => Some(failure.verdict.into()),
        _ => None,
    });
    let tests: Vec<TestGrade> = answers.iter().map(|(test, answer)| graded(test, answer)).collect();
    ExerciseGrade {
        id: entry.id.clone(),
        verdict: verdict.unwrap_or(Verdict::Pass),
        points: Some(tests.iter().map(|test| test.points).sum()),
        max_points: entry.points(),
        message: String::new(),
        tests,
        made: Vec::new(),
    }
}

fn graded(test: &ExerciseTest, answer: &Answer) -> TestGrade {
    let passed = *answer == Answer::Passed;
    let message = match answer {
        Answer::Failed(failure) => {
            let mut text =
                format!("expected: {}\ncame: {}\n", failure.expected, timeless(&failure.came));
            for line in &failure.difference {
                text.push_str(&format!("    {line}\n"));
            }
            text.push_str(&format!("means: {}\nby hand: {}", failure.means, failure.by_hand));
            text
        }
        Answer::NotTried(why) | Answer::Skipped(why) | Answer::Error(why) => why.clone(),
        Answer::Passed => String::new(),
    };
    TestGrade {
        name: test.name.clone(),
        passed,
        points: if passed { test.points } else { 0.0 },
        max_points: test.points,
        message,
    }
}

/// All tests of an exercise that came to none of them.
fn untested(entry: &Entry, verdict: Verdict, message: String) -> ExerciseGrade {
    let tests = entry.tests.iter().map(|test| TestGrade {
        name: test.name.clone(),
        passed: false,
        points: 0.0,
        max_points: test.points,
        message: String::new(),
    });
    ExerciseGrade {
        id: entry.id.clone(),
        verdict,
        points: Some(0.0),
        max_points: entry.points(),
        message,
        tests: tests.collect(),
        made: Vec::new(),
    }
}

fn not_compiled(entry: &Entry, said: String) -> ExerciseGrade {
    untested(entry, Verdict::CompileError, said)
}

/// Nothing was handed in.
#[must_use]
pub fn missing(entry: &Entry) -> ExerciseGrade {
    untested(entry, Verdict::Missing, "no src/main.rs was handed in".to_owned())
}

/// What was handed in may not be taken.
#[must_use]
pub fn refused(entry: &Entry, why: &str) -> ExerciseGrade {
    untested(entry, Verdict::Refused, why.to_owned())
}

/// The grader failed.
#[must_use]
pub fn ungraded(entry: &Entry, why: String) -> ExerciseGrade {
    ExerciseGrade { points: None, tests: Vec::new(), ..untested(entry, Verdict::Ungraded, why) }
}

/// Without how long a proof or a wait took: the same program gets the same words in every run.
fn timeless(came: &str) -> String {
    let mut text = came.to_owned();
    for before in [" after ", " for "] {
        let mut pieces = text.split(before);
        let mut kept = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let digits = piece.trim_start_matches(|c: char| c.is_ascii_digit());
            match digits.strip_prefix(" ms") {
                Some(behind) if digits.len() < piece.len() => kept.push_str(behind),
                _ => {
                    kept.push_str(before);
                    kept.push_str(piece);
                }
            }
        }
        text = kept;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::timeless;

    #[test]
    fn how_long_a_proof_took_is_left_out() {
        assert_eq!(timeless("deadlock, proved after 24 ms\nparent"), "deadlock, proved\nparent");
        assert_eq!(timeless("a after b after 7 ms."), "a after b.");
        assert_eq!(timeless("nothing moved for 402 ms; x"), "nothing moved; x");
        assert_eq!(timeless("it ended after all"), "it ended after all");
    }
}
