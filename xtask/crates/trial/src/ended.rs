//! How a run ended: the verdict, the words for it, and what it means whatever the test is about.

use launcher::{Ended, Limit};

use crate::difference;
use crate::outcome::Verdict;
use crate::program::Ran;

/// Lines of standard error that are shown.
const SAID_LINES: usize = 3;
/// What `todo!()` says when it is reached.
const TODO: &str = "not yet implemented";

const TODO_MEANS: &str = "The part of the program that this test needs is still to be written. \
    README.md says what it is to do.";
const PANIC_MEANS: &str = "A panic ends a program in the middle of what it does, here before what \
    the test is about. Its place and its words are above.";
const GAVE_UP_MEANS: &str = "The program gave up by itself before what the test is about. Its own \
    message, where it has one, is above.";
const SIGPIPE_MEANS: &str = "A write to a pipe that nobody can read any more ends its process by \
    SIGPIPE, where that has its default action. Here it was the program itself.";
const SIGNAL_MEANS: &str = "A signal ended the program itself: SIGABRT comes from abort, SIGSEGV \
    and SIGBUS from memory that is not its own, SIGKILL from somebody who calls kill.";
const CPU_MEANS: &str = "The program keeps a processor busy and comes to no end: a loop that is \
    never left, or one that asks again at once for what cannot come (a read that returns 0, a poll \
    that always answers).";
const WALL_MEANS: &str = "The program is not stuck for good: it sleeps, or waits with a timeout, \
    again and again, for longer than any right one needs.";
const MEMORY_MEANS: &str = "The program keeps more in memory than what comes through its pipes \
    asks for: is something collected that could be passed on, or a length believed?";
const OUTPUT_MEANS: &str =
    "The program prints without end: a loop that is not left at end-of-file?";
const FILES_MEANS: &str = "The program fills the folder that it runs in, until there is no room for \
    anything: a loop that writes without end?";
const PROCESSES_MEANS: &str = "The program starts more and more processes: does a child go on in the \
    code that is meant for its parent?";

impl Ran {
    pub(crate) fn verdict(&self) -> Verdict {
        match &self.report.ended {
            Ended::Deadlock => Verdict::Deadlock,
            Ended::Limit { limit } => match limit {
                Limit::Quiet => Verdict::Hang,
                Limit::Wall | Limit::Asleep | Limit::Cpu => Verdict::TimeLimit,
                Limit::Memory => Verdict::MemoryLimit,
                Limit::Output => Verdict::OutputLimit,
                Limit::Processes | Limit::Files => Verdict::Fail,
            },
            Ended::Exited { code: 101 } | Ended::Signaled { .. } => Verdict::Crashed,
            _ => Verdict::Fail,
        }
    }

    /// What its end says about the program; `hangs` is what the test says of one that waits.
    pub(crate) fn meaning_of_its_end<'a>(&self, hangs: &'a str) -> &'a str {
        match &self.report.ended {
            Ended::Exited { .. } if self.reached_todo() => TODO_MEANS,
            Ended::Exited { code: 101 } => PANIC_MEANS,
            // It ended well, but for what the test is about.
            Ended::Exited { code: 0 } => hangs,
            Ended::Exited { .. } => GAVE_UP_MEANS,
            Ended::Signaled { signal, .. } if signal == "SIGPIPE" => SIGPIPE_MEANS,
            Ended::Signaled { .. } => SIGNAL_MEANS,
            Ended::Limit { limit } => match limit {
                Limit::Cpu => CPU_MEANS,
                Limit::Wall | Limit::Asleep => WALL_MEANS,
                Limit::Memory => MEMORY_MEANS,
                Limit::Output => OUTPUT_MEANS,
                Limit::Processes => PROCESSES_MEANS,
                Limit::Files => FILES_MEANS,
                Limit::Quiet => hangs,
            },
            Ended::Deadlock | Ended::Interrupted { .. } | Ended::NotStarted { .. } => hangs,
        }
    }

    /// In words, with what standard error says about it, or what the doctor saw.
    pub(crate) fn how_it_ended(&self) -> String {
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
                    (None, _) => "it ended with exit code 101".to_owned(),
                });
                if todo {
                    return lines.concat();
                }
            }
            ended @ Ended::Exited { .. } => lines.push(format!("it ended with {}", ended.words())),
            ended => lines.push(format!("it was {}", ended.words())),
        }
        if let Some(diagnosis) = &self.report.diagnosis {
            // Its first line says how the program ended: that is said, unless it is a proof.
            let skipped = usize::from(!diagnosis.is_proved());
            lines.extend(unwrapped(diagnosis.short()).into_iter().skip(skipped));
        }
        lines.extend(said_lines(&self.stderr));
        lines.join("\n")
    }

    pub(crate) fn reached_todo(&self) -> bool {
        self.report.ended == (Ended::Exited { code: 101 })
            && String::from_utf8_lossy(&self.stderr).contains(TODO)
    }
}

/// The first lines of standard error, without what is said elsewhere: a panic's place, how to get
/// a backtrace, and the empty line that anyhow puts between an error and its causes.
pub(crate) fn said_lines(stderr: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(stderr);
    let is_said = |line: &&str| {
        line.trim().is_empty()
            || line.starts_with("note: run with `RUST_BACKTRACE")
            || (line.starts_with("thread '") && line.contains("panicked at "))
    };
    let lines: Vec<&str> = text.lines().filter(|line| !is_said(line)).collect();
    difference::harmless(lines.join("\n").as_bytes(), SAID_LINES)
        .into_iter()
        .map(|line| format!("standard error: {line}"))
        .collect()
}

/// The doctor's lines without the breaks that they have on a terminal: whoever shows them here has
/// fewer columns. What goes on with a line is indented deeper than it.
fn unwrapped(text: &str) -> Vec<String> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut lines: Vec<String> = Vec::new();
    // The first line stands alone; `fix:` and `advice:` go on below themselves.
    let mut after_label = false;
    for line in text.lines() {
        match lines.last_mut() {
            Some(last) if indent(line) > 2 || (indent(line) == 2 && after_label) => {
                last.push(' ');
                last.push_str(line.trim_start());
            }
            _ => {
                after_label = indent(line) == 0 && !lines.is_empty();
                lines.push(line.trim_start().to_owned());
            }
        }
    }
    lines
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

    #[test]
    fn a_broken_line_is_made_whole() {
        let text = "deadlock, proved\n  parent waits: yes\n    for child-1\n  child-1 reads\nfix: close\n  it\n";
        let lines =
            ["deadlock, proved", "parent waits: yes for child-1", "child-1 reads", "fix: close it"];
        assert_eq!(unwrapped(text), lines);
    }

    #[test]
    fn what_a_panic_says_is_shown_once() {
        let said = b"\nthread 'main' (7) panicked at src/main.rs:12:5:\nthe words\n\
            note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n";
        assert_eq!(said_lines(said), ["standard error: the words"]);
    }
}
