//! One exercise of one submission: compiled, tested, and given its points.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use anyhow::Context;
use course::{Course, Entry, ExerciseTest};
use sandbox::user::User;
use trial::Answer;

use crate::compile::Compiled;
use crate::ground::Ground;
use crate::import::{self, Sources};
use crate::keys::Common;
use crate::limits::GradeLimits;
use crate::model::{ExerciseGrade, Verdict};
use crate::points::{counted, untested};
use crate::stop;
use crate::toolchain::Toolchain;

/// All that grading needs, the same for all submissions.
pub struct Bench<'a> {
    pub course: &'a Course,
    pub ground: &'a Ground,
    pub toolchain: &'a Toolchain,
    pub limits: &'a GradeLimits,
    pub common: Common,
    /// By the exercises' IDs.
    pub tests: BTreeMap<String, Tests>,
    pub seed: u64,
}

/// The tests of an exercise, built. Copies that every user can read.
pub struct Tests {
    pub program: PathBuf,
    /// Those that only the instructor's tree has.
    pub hidden: Option<PathBuf>,
    pub digest: String,
}

impl Bench<'_> {
    /// Grades it, a second time where the grader itself fails.
    #[must_use]
    pub fn grade(&self, user: User, entry: &Entry, sources: &Sources) -> ExerciseGrade {
        let made = self.tests.get(&entry.id).map(|tests| self.common.with(&tests.digest, sources));
        let made = made.map(|made| made.parts()).unwrap_or_default();
        let once = || {
            let graded = self.try_once(user, entry, sources);
            graded.unwrap_or_else(|error| ungraded(entry, format!("{error:#}")))
        };
        let mut grade = once();
        if grade.verdict == Verdict::Ungraded && stop::asked().is_none() {
            grade = once();
        }
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
            .tempdir_in(self.ground.path())
            .context("make a folder for the submission")?;
        let source = work.path().join("source");
        std::fs::create_dir(&source).context("make a folder for the sources")?;
        import::write(sources, &source)?;
        let limits = &self.limits.compile;
        let compiled = self.ground.compile(user, self.toolchain, entry, work.path(), limits)?;
        let program = match compiled {
            Compiled::Program(program) => program,
            Compiled::Refused(said) => return Ok(not_compiled(entry, &said)),
            Compiled::Limit(limit) => {
                let said = format!("the compiler was ended by {}", limit.words());
                return Ok(not_compiled(entry, &said));
            }
        };
        let tests = self.tests.get(&entry.id).context("the exercise's tests")?;
        let mut answers: Vec<(&ExerciseTest, Answer)> = Vec::new();
        for test in entry.tests.iter().chain(&entry.hidden) {
            let is_hidden = answers.len() >= entry.tests.len();
            let built = if is_hidden { tests.hidden.as_ref() } else { Some(&tests.program) };
            let of_tests = built.context("the exercise's hidden tests")?;
            let judge =
                || self.ground.judge(user, entry, of_tests, &test.name, &program, self.seed);
            let answer = match not_before(test, &answers) {
                Some(why) => Answer::NotTried(why),
                // What went wrong may tell what it tries.
                None if is_hidden => judge().map_err(|_| hidden_failed(test))?.answer,
                None => judge()?.answer,
            };
            answers.push((test, answer));
        }
        Ok(counted(entry, &answers))
    }
}

fn hidden_failed(test: &ExerciseTest) -> anyhow::Error {
    anyhow::anyhow!("the hidden test `{}` failed itself", test.name)
}

/// So many tests of one program may run into their limits of time: each takes long.
const SLOW_TESTS: usize = 3;

/// Why a test is not tried after those before it: what it needs has to pass. One that runs into its
/// limit of time keeps none after it from being tried; several do.
pub fn not_before(test: &ExerciseTest, before: &[(&ExerciseTest, Answer)]) -> Option<String> {
    let passed = |name: &String| {
        before.iter().any(|(test, answer)| test.name == *name && *answer == Answer::Passed)
    };
    if let Some(needed) = test.needs.as_ref().filter(|needed| !passed(needed)) {
        return Some(format!("not tried: it says nothing before `{needed}` passes"));
    }
    let is_slow = |answer: &Answer| match answer {
        Answer::Failed(failure) => failure.verdict == trial::Verdict::TimeLimit,
        _ => false,
    };
    let slow = before.iter().filter(|(_, answer)| is_slow(answer)).count();
    (slow >= SLOW_TESTS)
        .then(|| format!("not tried: {slow} tests before it ran into their limits of time"))
}

fn not_compiled(entry: &Entry, said: &str) -> ExerciseGrade {
    untested(entry, Verdict::CompileError, import::harmless(said))
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
    let why = import::harmless(&why);
    ExerciseGrade { points: None, tests: Vec::new(), ..untested(entry, Verdict::Ungraded, why) }
}
