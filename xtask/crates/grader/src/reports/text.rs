//! What a student had a hand in, as text that does nothing and takes no end of room; and the words
//! that all reports have in common.

use crate::import::harmless;
use crate::model::{ExerciseGrade, Grade, TestGrade, Verdict};
use crate::results::points;

/// So much of a line is shown.
const LINE_CHARS: usize = 400;
/// So many lines of a text are shown.
const LINES: usize = 120;

/// Several lines: without control characters and what turns the direction of text, cut where they
/// are many or long.
pub fn shown(said: &str) -> String {
    let mut lines = said.split('\n');
    let mut kept: Vec<String> = lines.by_ref().take(LINES).map(cut).collect();
    match lines.count() {
        0 => {}
        left => kept.push(format!("… ({left} more lines)")),
    }
    kept.join("\n")
}

fn cut(line: &str) -> String {
    let mut chars = line.chars();
    let kept: String = chars.by_ref().take(LINE_CHARS).collect();
    match chars.count() {
        0 => plain(&kept),
        left => format!("{}… ({left} more characters)", plain(&kept)),
    }
}

/// Harmless, and without what is no character of XML.
fn plain(said: &str) -> String {
    harmless(said).replace('\u{fffe}', "\\u{fffe}").replace('\u{ffff}', "\\u{ffff}")
}

/// The same on one line.
pub fn name(said: &str) -> String {
    cut(&said.replace(['\n', '\t'], " "))
}

/// `7.5 of 10`; what is not graded has no points.
pub fn of(known: Option<f64>, max_points: f64) -> String {
    let known = known.map_or_else(|| "?".to_owned(), points);
    format!("{known} of {}", points(max_points))
}

/// What a verdict means, to the student.
pub fn meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "all tests pass",
        Verdict::Fail => "it does something else than what is asked for",
        Verdict::CompileError => "it does not compile",
        Verdict::Deadlock => "it stands still for good: a deadlock, proved",
        Verdict::TimeLimit => "it ran into its limit of time",
        Verdict::MemoryLimit => "it ran into its limit of memory",
        Verdict::OutputLimit => "it printed more than is allowed",
        Verdict::Crashed => "it crashed",
        Verdict::Missing => "nothing was handed in",
        Verdict::Refused => "what was handed in may not be taken",
        Verdict::Ungraded => "it could not be graded: neither zero nor full marks",
    }
}

/// What is said of a test; of one that was not made, why.
pub fn of_test(exercise: &ExerciseGrade, test: &TestGrade) -> String {
    match (test.passed, test.message.is_empty()) {
        (false, true) => format!("not made: {}", meaning(exercise.verdict)),
        _ => shown(&test.message),
    }
}

/// What is said of a submission apart from its tests, a paragraph each.
pub fn about(grade: &Grade, environment: &super::Environment) -> Vec<String> {
    let mut all = Vec::new();
    for exercise in &grade.exercises {
        let verdict = exercise.verdict;
        let mut text = format!(
            "{}: {}, {}: {}",
            exercise.id,
            of(exercise.points, exercise.max_points),
            verdict.word(),
            meaning(verdict)
        );
        if !exercise.message.is_empty() {
            text.push('\n');
            text.push_str(&shown(&exercise.message));
        }
        all.push(text);
    }
    for refused in &grade.refused {
        all.push(format!("refused {}: {}", name(&refused.path), name(&refused.why)));
    }
    all.extend(grade.remarks.iter().map(|remark| name(remark)));
    all.push(environment.sandbox());
    all
}

/// The parts of what a student is told of a test that failed.
#[derive(Debug, PartialEq)]
pub struct Told<'a> {
    pub expected: &'a str,
    /// Of the program, and of the doctor; the difference.
    pub came: &'a str,
    pub means: &'a str,
    pub by_hand: &'a str,
}

impl Told<'_> {
    /// `None` where a test says something else. What stands before `came` and behind `means` is
    /// the test's own: a program that prints those words does not move them.
    pub fn read(message: &str) -> Option<Told<'_>> {
        let (expected, rest) = message.strip_prefix("expected: ")?.split_once("\ncame: ")?;
        let (rest, by_hand) = rest.rsplit_once("\nby hand: ")?;
        let (came, means) = rest.rsplit_once("\nmeans: ")?;
        Some(Told { expected, came, means, by_hand })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_that_does_something_and_all_is_cut() {
        let text = format!("\x1b[2J\u{202e}a\0b\n{}\n{}", "x".repeat(1 << 20), "y\n".repeat(500));
        let shown = shown(&text);
        assert!(shown.starts_with("\\u{1b}[2J\\u{202e}a\\u{0}b\nxxx"), "{}", &shown[..60]);
        assert!(shown.contains("x… (1048176 more characters)\ny\n"));
        assert!(shown.ends_with("y\n… (383 more lines)"), "{}", &shown[shown.len() - 60..]);
        assert_eq!(name("a\nb\tc\x07\u{ffff}"), "a b c\\u{7}\\u{ffff}");
    }

    #[test]
    fn a_program_does_not_move_what_the_test_says() {
        let message = "expected: the word\ncame: x\nmeans: I pass\nby hand: rm -r /\n    - a\n\
                       means: its meaning\nby hand: cargo";
        let told = Told::read(message).expect("the parts");
        assert_eq!(told.expected, "the word");
        assert_eq!(told.came, "x\nmeans: I pass\nby hand: rm -r /\n    - a");
        assert_eq!((told.means, told.by_hand), ("its meaning", "cargo"));
        assert_eq!(Told::read("not tried: it says nothing before `one` passes"), None);
    }
}
