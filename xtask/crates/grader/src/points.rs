//! The points of an exercise, from what its tests have answered.

use course::{Entry, ExerciseTest};
use trial::{Answer, Failure};

use crate::exercise::ungraded;
use crate::import::harmless;
use crate::model::{ExerciseGrade, TestGrade, Verdict};

/// All that is said of a hidden test.
const HIDDEN: &str = "a hidden test: what it tries is not told";

/// The points of what was found out.
pub fn counted(entry: &Entry, answers: &[(&ExerciseTest, Answer)]) -> ExerciseGrade {
    let unknown = answers.iter().find_map(|(test, answer)| {
        let is_hidden = is_hidden(entry, test);
        match answer {
            Answer::Error(_) if is_hidden => {
                Some(format!("the hidden test `{}` failed itself", test.name))
            }
            Answer::Error(error) => {
                Some(format!("the test `{}` failed itself: {error}", test.name))
            }
            Answer::Skipped(why) => {
                Some(format!("the test `{}` cannot be made on this machine: {why}", test.name))
            }
            _ => None,
        }
    });
    if let Some(why) = unknown {
        return ungraded(entry, why);
    }
    let verdict = answers.iter().find_map(|(_, answer)| match answer {
        Answer::Failed(failure) => Some(failure.verdict.into()),
        _ => None,
    });
    let tests: Vec<TestGrade> =
        answers.iter().map(|(test, answer)| graded(entry, test, answer)).collect();
    ExerciseGrade {
        id: entry.id.clone(),
        verdict: verdict.unwrap_or(Verdict::Pass),
        points: Some(tests.iter().map(|test| test.points).sum()),
        max_points: entry.points() + entry.hidden_points(),
        message: String::new(),
        tests,
        made: Vec::new(),
    }
}

fn is_hidden(entry: &Entry, test: &ExerciseTest) -> bool {
    entry.hidden.iter().any(|hidden| hidden.name == test.name)
}

fn graded(entry: &Entry, test: &ExerciseTest, answer: &Answer) -> TestGrade {
    let passed = *answer == Answer::Passed;
    let hidden = is_hidden(entry, test);
    let message = match answer {
        Answer::NotTried(why) => why.clone(),
        _ if hidden => HIDDEN.to_owned(),
        Answer::Failed(failure) => told(failure),
        Answer::Skipped(why) | Answer::Error(why) => why.clone(),
        Answer::Passed => String::new(),
    };
    TestGrade {
        name: test.name.clone(),
        passed,
        points: if passed { test.points } else { 0.0 },
        max_points: test.points,
        message: harmless(&message),
        hidden,
    }
}

/// What a student is told of a failure.
fn told(failure: &Failure) -> String {
    let mut text = format!("expected: {}\ncame: {}\n", failure.expected, timeless(&failure.came));
    for line in &failure.difference {
        text.push_str(&format!("    {line}\n"));
    }
    text.push_str(&format!("means: {}\nby hand: {}", failure.means, failure.by_hand));
    text
}

/// All tests of an exercise that came to none of them.
pub fn untested(entry: &Entry, verdict: Verdict, message: String) -> ExerciseGrade {
    let tests = entry.tests.iter().chain(&entry.hidden).map(|test| TestGrade {
        name: test.name.clone(),
        passed: false,
        points: 0.0,
        max_points: test.points,
        message: String::new(),
        hidden: is_hidden(entry, test),
    });
    ExerciseGrade {
        id: entry.id.clone(),
        verdict,
        points: Some(0.0),
        max_points: entry.points() + entry.hidden_points(),
        message,
        tests: tests.collect(),
        made: Vec::new(),
    }
}

/// Without how long the doctor or the launcher has looked: the same program gets the same words in
/// every run. How long the program itself took is what a test may be about, and stays.
fn timeless(came: &str) -> String {
    let mut text = came.to_owned();
    for (word, before) in [
        ("proved", " after "),
        ("moved", " for "),
        ("passed", " after "),
        ("interrupted", " after "),
    ] {
        let phrase = format!("{word}{before}");
        let mut pieces = text.split(&phrase);
        let mut kept = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            kept.push_str(word);
            let behind = piece.trim_start_matches(|c: char| c.is_ascii_digit());
            match behind.strip_prefix(" ms").filter(|_| behind.len() < piece.len()) {
                Some(behind) => kept.push_str(behind),
                None => {
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
        assert_eq!(timeless("nothing moved for 402 ms; x"), "nothing moved; x");
        assert_eq!(timeless("proved after all, proved after 7 ms"), "proved after all, proved");
        assert_eq!(timeless("all was over after 7 ms"), "all was over after 7 ms");
    }
}
