//! What a grade is, and its form as JSON.

use anyhow::Context;
use serde_json::{Value, json};

use crate::import::Refused;

/// How an exercise went, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Pass,
    Fail,
    CompileError,
    Deadlock,
    TimeLimit,
    MemoryLimit,
    OutputLimit,
    Crashed,
    /// Nothing was handed in.
    Missing,
    /// What was handed in is nothing that may be taken.
    Refused,
    /// The grader failed: nothing is known.
    Ungraded,
}

impl Verdict {
    pub const ALL: [Verdict; 11] = [
        Verdict::Pass,
        Verdict::Fail,
        Verdict::CompileError,
        Verdict::Deadlock,
        Verdict::TimeLimit,
        Verdict::MemoryLimit,
        Verdict::OutputLimit,
        Verdict::Crashed,
        Verdict::Missing,
        Verdict::Refused,
        Verdict::Ungraded,
    ];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::CompileError => "compile-error",
            Verdict::Deadlock => "deadlock",
            Verdict::TimeLimit => "time-limit",
            Verdict::MemoryLimit => "memory-limit",
            Verdict::OutputLimit => "output-limit",
            Verdict::Crashed => "crashed",
            Verdict::Missing => "missing",
            Verdict::Refused => "refused",
            Verdict::Ungraded => "ungraded",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Verdict> {
        Verdict::ALL.into_iter().find(|verdict| verdict.word() == word)
    }
}

impl From<trial::Verdict> for Verdict {
    fn from(verdict: trial::Verdict) -> Verdict {
        match verdict {
            trial::Verdict::Fail => Verdict::Fail,
            trial::Verdict::Deadlock => Verdict::Deadlock,
            // It stood still until its time was over, without a proof that it always would.
            trial::Verdict::Hang | trial::Verdict::TimeLimit => Verdict::TimeLimit,
            trial::Verdict::MemoryLimit => Verdict::MemoryLimit,
            trial::Verdict::OutputLimit => Verdict::OutputLimit,
            trial::Verdict::Crashed => Verdict::Crashed,
        }
    }
}

/// One test of one program.
#[derive(Clone, Debug, PartialEq)]
pub struct TestGrade {
    pub name: String,
    pub passed: bool,
    pub points: f64,
    pub max_points: f64,
    /// For the student; empty after a test that passed.
    pub message: String,
    /// Whether only the instructor's tree has it.
    pub hidden: bool,
}

/// One exercise of one submission.
#[derive(Clone, Debug, PartialEq)]
pub struct ExerciseGrade {
    pub id: String,
    pub verdict: Verdict,
    /// `None` where it is ungraded: neither zero nor full marks.
    pub points: Option<f64>,
    pub max_points: f64,
    /// About the exercise as a whole: what the compiler said, why nothing is known.
    pub message: String,
    pub tests: Vec<TestGrade>,
    /// What it was made of: see [`crate::keys::Made`].
    pub made: Vec<(String, String)>,
}

/// One submission.
#[derive(Clone, Debug, PartialEq)]
pub struct Grade {
    pub student: String,
    pub exercises: Vec<ExerciseGrade>,
    pub refused: Vec<Refused>,
    pub remarks: Vec<String>,
}

impl Grade {
    /// The sum, if all is graded.
    #[must_use]
    pub fn score(&self) -> Option<f64> {
        self.exercises.iter().map(|exercise| exercise.points).sum()
    }

    #[must_use]
    pub fn max_score(&self) -> f64 {
        self.exercises.iter().map(|exercise| exercise.max_points).sum()
    }

    #[must_use]
    pub fn to_json(&self) -> Value {
        let refused: Vec<Value> = self
            .refused
            .iter()
            .map(|refused| json!({"path": refused.path, "why": refused.why}))
            .collect();
        json!({
            "student": self.student, "score": self.score(), "max_score": self.max_score(),
            "exercises": self.exercises.iter().map(ExerciseGrade::to_json).collect::<Vec<_>>(),
            "refused": refused, "remarks": self.remarks,
        })
    }

    /// Reads what [`Grade::to_json`] has made.
    ///
    /// # Errors
    /// When it is something else.
    pub fn from_json(json: &Value) -> anyhow::Result<Grade> {
        let refused =
            |value: &Value| Ok(Refused { path: text(value, "path")?, why: text(value, "why")? });
        let remark = |value: &Value| value.as_str().map(str::to_owned).context("a remark");
        Ok(Grade {
            student: text(json, "student")?,
            exercises: list(json, "exercises", ExerciseGrade::from_json)?,
            refused: list(json, "refused", refused)?,
            remarks: list(json, "remarks", remark)?,
        })
    }
}

impl ExerciseGrade {
    #[must_use]
    pub fn to_json(&self) -> Value {
        let test = |test: &TestGrade| {
            json!({
                "name": test.name, "passed": test.passed, "points": test.points,
                "max_points": test.max_points, "message": test.message, "hidden": test.hidden,
            })
        };
        let made: serde_json::Map<String, Value> =
            self.made.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        json!({
            "id": self.id, "verdict": self.verdict.word(), "points": self.points,
            "max_points": self.max_points, "message": self.message,
            "tests": self.tests.iter().map(test).collect::<Vec<_>>(), "made": made,
        })
    }

    /// Reads what [`ExerciseGrade::to_json`] has made.
    ///
    /// # Errors
    /// When it is something else.
    pub fn from_json(json: &Value) -> anyhow::Result<ExerciseGrade> {
        let test = |json: &Value| {
            Ok(TestGrade {
                name: text(json, "name")?,
                passed: json["passed"].as_bool().context("the key `passed` is missing")?,
                points: number(json, "points")?,
                max_points: number(json, "max_points")?,
                message: text(json, "message")?,
                // Reports from before there were hidden tests say nothing of it.
                hidden: json["hidden"].as_bool().unwrap_or(false),
            })
        };
        // `results.json` goes without it.
        let made = json["made"].as_object();
        let made = made
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
        Ok(ExerciseGrade {
            id: text(json, "id")?,
            verdict: Verdict::from_word(&text(json, "verdict")?).context("an unknown verdict")?,
            points: json["points"].as_f64(),
            max_points: number(json, "max_points")?,
            message: text(json, "message")?,
            tests: list(json, "tests", test)?,
            made: made.collect(),
        })
    }
}

fn text(json: &Value, key: &str) -> anyhow::Result<String> {
    Ok(json[key].as_str().with_context(|| format!("the key `{key}` is missing"))?.to_owned())
}

fn number(json: &Value, key: &str) -> anyhow::Result<f64> {
    json[key].as_f64().with_context(|| format!("the key `{key}` is missing"))
}

fn list<T>(
    json: &Value,
    key: &str,
    read: impl Fn(&Value) -> anyhow::Result<T>,
) -> anyhow::Result<Vec<T>> {
    let values = json[key].as_array().with_context(|| format!("the key `{key}` is missing"))?;
    values.iter().map(read).collect::<anyhow::Result<_>>().with_context(|| format!("in `{key}`"))
}
