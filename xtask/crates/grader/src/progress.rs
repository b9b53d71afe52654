//! How far a run is: a bar on a terminal, a line for each submission elsewhere.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use grader::model::{ExerciseGrade, Grade, Verdict};
use grader::run::Watcher;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const BAR: &str = "{bar:16} {pos}/{len} exercises, {eta} left, {msg}";

pub struct Progress {
    bar: Option<ProgressBar>,
    submissions: usize,
    over: AtomicUsize,
    passed: AtomicUsize,
    known: AtomicUsize,
    ungraded: AtomicUsize,
}

impl Progress {
    pub fn new(submissions: usize, exercises: usize) -> Progress {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new((submissions * exercises) as u64);
            bar.set_draw_target(ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template(BAR) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_secs(1));
            bar
        });
        Progress {
            bar,
            submissions,
            over: AtomicUsize::new(0),
            passed: AtomicUsize::new(0),
            known: AtomicUsize::new(0),
            ungraded: AtomicUsize::new(0),
        }
    }

    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Watcher for Progress {
    fn exercise(&self, _student: &str, grade: &ExerciseGrade, was_known: bool) {
        self.passed.fetch_add(usize::from(grade.verdict == Verdict::Pass), Ordering::Relaxed);
        self.known.fetch_add(usize::from(was_known), Ordering::Relaxed);
        let is_ungraded = grade.verdict == Verdict::Ungraded;
        self.ungraded.fetch_add(usize::from(is_ungraded), Ordering::Relaxed);
        if let Some(bar) = &self.bar {
            let passed = self.passed.load(Ordering::Relaxed);
            let known = self.known.load(Ordering::Relaxed);
            let ungraded = self.ungraded.load(Ordering::Relaxed);
            let mut message = format!("{passed} pass");
            for (number, what) in [(known, "known"), (ungraded, "ungraded")] {
                if number > 0 {
                    message.push_str(&format!(", {number} {what}"));
                }
            }
            bar.set_message(message);
            bar.inc(1);
        }
    }

    fn submission(&self, grade: &Grade) {
        let over = self.over.fetch_add(1, Ordering::Relaxed) + 1;
        if self.bar.is_none() {
            let score = grade.score().map_or_else(|| "?".to_owned(), |score| score.to_string());
            // Standard error may be closed; the reports say it as well.
            let _ = writeln!(
                anstream::stderr(),
                "[{over}/{}] {}: {score} of {}",
                self.submissions,
                grade.student,
                grade.max_score()
            );
        }
    }
}
