//! What a student sees of a check.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use course::Entry;
use trial::{Answer, Failure, Result};

use crate::text::{COLUMNS, labelled, shortened};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = AnsiColor::Yellow.on_default();

/// For whom an exercise is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A student who has checked this one, with all that helps to go on.
    Alone,
    /// A student who watches it, in few rows: the reason first. The rest stands around it.
    Watched,
    /// An author.
    Ours,
}

/// One exercise: a line for each test, and all that is known of the first that failed.
pub fn exercise(
    out: &mut impl Write,
    entry: &Entry,
    results: &[Result],
    form: Form,
) -> io::Result<()> {
    if form != Form::Watched {
        writeln!(out, "{} {}: {}\n", entry.id, entry.concept, entry.title)?;
        tests(out, results)?;
    }
    let failed = results.iter().find_map(|result| Some((result, result.failure()?)));
    if let Some((result, failed)) = failed {
        if form != Form::Watched {
            writeln!(out)?;
        }
        failure(out, entry, result, failed, form)?;
    }
    if form == Form::Watched {
        if failed.is_some() {
            writeln!(out)?;
        }
        tests(out, results)?;
    }
    Ok(())
}

fn tests(out: &mut impl Write, results: &[Result]) -> io::Result<()> {
    for result in results {
        let (style, word) = word_of(&result.answer);
        writeln!(out, "  {style}{word:<8}{style:#}{}", result.claim)?;
        match &result.answer {
            Answer::Skipped(why) => writeln!(out, "          {why}")?,
            Answer::Error(error) => {
                writeln!(out, "          the test itself failed, not your program: {error}")?;
            }
            Answer::Passed | Answer::Failed(_) | Answer::NotTried(_) => {}
        }
    }
    if results.iter().any(|result| matches!(result.answer, Answer::NotTried(_))) {
        writeln!(out, "          (later: would say nothing before the one that failed passes)")?;
    }
    Ok(())
}

fn word_of(answer: &Answer) -> (Style, &'static str) {
    match answer {
        Answer::Passed => (GOOD, "passed"),
        Answer::Failed(_) => (BAD, "FAILED"),
        Answer::Skipped(_) => (DIM, "skipped"),
        Answer::NotTried(_) => (DIM, "later"),
        Answer::Error(_) => (BAD, "ERROR"),
    }
}

/// All that is known of a test that failed.
pub fn failure(
    out: &mut impl Write,
    entry: &Entry,
    result: &Result,
    failure: &Failure,
    form: Form,
) -> io::Result<()> {
    writeln!(out, "{BAD}FAILED{BAD:#}  {}\n", result.claim)?;
    write!(out, "{}", labelled("expected", &failure.expected))?;
    write!(out, "{}", labelled("came", &failure.came))?;
    if !failure.difference.is_empty() {
        writeln!(out, "          - expected, + came:")?;
    }
    for line in &failure.difference {
        let style = match line.as_bytes().first() {
            Some(b'-') => BAD,
            Some(b'+') => GOOD,
            _ => Style::new(),
        };
        writeln!(out, "          {style}{line}{style:#}")?;
    }
    write!(out, "\n{}", labelled("means", &failure.means))?;
    // A command is copied: it stands on one line, whatever its length.
    writeln!(out, "\nby hand   {}", failure.by_hand)?;
    if form == Form::Alone {
        writeln!(out, "hint      cargo xtask hint {}", entry.id)?;
        writeln!(out, "task      {}", entry.path.join("README.md").display())?;
        writeln!(out, "program   {}", entry.path.join("src/main.rs").display())?;
    }
    if form != Form::Watched {
        writeln!(out, "again     cargo xtask check {} --seed {}", entry.id, result.seed)?;
    }
    if form == Form::Alone {
        writeln!(out, "at saves  cargo xtask watch {}", entry.id)?;
    }
    Ok(())
}

/// What the compiler said of a program that it refused, or of one that it accepted.
pub fn compiler(out: &mut impl Write, said: &str) -> io::Result<()> {
    write!(out, "{said}")
}

/// How an exercise went, in the table at the end.
pub struct Row<'a> {
    pub entry: &'a Entry,
    /// `None`: it does not compile.
    pub results: Option<&'a [Result]>,
    /// There is nothing to compile.
    pub is_missing: bool,
}

impl Row<'_> {
    /// Whether all its tests passed, but for what this machine cannot make.
    pub fn passes(&self) -> bool {
        self.results.is_some_and(|results| {
            let holds = |result: &Result| match &result.answer {
                Answer::Passed | Answer::Skipped(_) => true,
                Answer::Failed(_) | Answer::Error(_) | Answer::NotTried(_) => false,
            };
            results.iter().all(holds)
        })
    }

    fn passed(&self) -> usize {
        let results = self.results.unwrap_or_default();
        results.iter().filter(|result| result.answer == Answer::Passed).count()
    }

    fn reason(&self) -> &str {
        if self.is_missing {
            return "src/main.rs is missing";
        }
        let Some(results) = self.results else { return "does not compile" };
        let failed =
            |result: &&Result| matches!(result.answer, Answer::Failed(_) | Answer::Error(_));
        results.iter().find(failed).map_or("", |result| &result.claim)
    }
}

/// One line for each exercise.
pub fn table(out: &mut impl Write, rows: &[Row<'_>]) -> io::Result<()> {
    let width = rows.iter().map(|row| row.entry.concept.len()).max().unwrap_or(0);
    for row in rows {
        let (style, word) = if row.passes() { (GOOD, "passed") } else { (BAD, "FAILED") };
        let count = format!("{}/{}", row.passed(), row.entry.tests.len());
        let line = format!("{} {:<width$} ", row.entry.id, row.entry.concept);
        let room = COLUMNS.saturating_sub(line.len() + word.len() + 1 + 5 + 2);
        let reason = shortened(row.reason(), room);
        let text = format!("{line}{style}{word}{style:#} {count:>5}  {reason}");
        writeln!(out, "{}", text.trim_end())?;
    }
    Ok(())
}
