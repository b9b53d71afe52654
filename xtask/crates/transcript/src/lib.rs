//! The frame around a lesson: which parts there are, which of them to run, and how the lesson ends.
//!
//! It prints and parses, no more. Every pipe, fork and poll stands in the lesson itself.
//!
//! A lesson's `main` names its parts in the order of the story and hands them to [`tell`]:
//!
//! ```no_run
//! use std::io::Write;
//! use transcript::{Part, Transcript, tell};
//!
//! fn one_line(out: &mut Transcript) -> anyhow::Result<()> {
//!     writeln!(out, "a pipe has two ends")?;
//!     Ok(())
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     tell(&[Part { name: "one-line", claim: "a part prints what it found", run: one_line }])
//! }
//! ```
//!
//! Without arguments all parts run; with names only those do; `--list` prints the names. A reader
//! who goes away (`| head -1`) ends the lesson quietly, with the status that SIGPIPE leaves, 141.
//! An error ends it with status 1 and says what was tried, what the kernel answered, and what to do
//! next. A wrong name is 2.

mod advice;

use std::io::{self, Write};
use std::process::ExitCode;

/// The status of a program that SIGPIPE has killed, in a shell: 128 + 13.
const READER_GONE: u8 = 141;

/// One experiment of a lesson.
#[derive(Clone, Copy)]
pub struct Part {
    /// What the student types after `--`, in kebab-case, like the name of the part's file.
    pub name: &'static str,
    /// The one sentence that the part proves; printed as its heading.
    pub claim: &'static str,
    /// The experiment. It writes its transcript and returns when nothing of it is left running.
    pub run: fn(&mut Transcript) -> anyhow::Result<()>,
}

/// Standard output, line by line, that remembers why it could not be written.
///
/// A line reaches the kernel as soon as it ends, so that a `fork` between two lines has no
/// half-filled buffer to copy.
pub struct Transcript {
    stdout: io::Stdout,
    failed: Option<io::ErrorKind>,
}

impl Transcript {
    fn note(&mut self, error: &io::Error) {
        if error.kind() != io::ErrorKind::Interrupted {
            self.failed = Some(error.kind());
        }
    }
}

impl Write for Transcript {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stdout.write(bytes).inspect_err(|error| self.note(error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stdout.flush().inspect_err(|error| self.note(error))
    }
}

/// Runs the parts that the command line names, or all of them, and turns the end into a status.
#[must_use]
pub fn tell(parts: &[Part]) -> ExitCode {
    // A name that is not UTF-8 is no part's name, and is said to be so.
    let names: Vec<String> =
        std::env::args_os().skip(1).map(|name| name.to_string_lossy().into_owned()).collect();
    let mut out = Transcript { stdout: io::stdout(), failed: None };

    let (failed_part, outcome) = if names.iter().any(|name| name == "--list") {
        ("--list", list(parts, &mut out))
    } else {
        match chosen(parts, &names) {
            Ok(chosen) => run_all(&chosen, &mut out),
            Err(unknown) => return wrong_part(parts, &unknown),
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) if out.failed == Some(io::ErrorKind::BrokenPipe) => ExitCode::from(READER_GONE),
        Err(error) => {
            let text = match out.failed {
                Some(_) => format!("standard output could not be written: {error}"),
                None => advice::explain(failed_part, &error),
            };
            // Standard error may be closed as well; there is nobody left to tell then.
            let _ = writeln!(io::stderr(), "{text}");
            ExitCode::FAILURE
        }
    }
}

/// The parts with these names in the order asked for, or the first name that no part has.
fn chosen(parts: &[Part], names: &[String]) -> Result<Vec<Part>, String> {
    if names.is_empty() {
        return Ok(parts.to_vec());
    }
    names
        .iter()
        .map(|name| parts.iter().find(|part| part.name == name).copied().ok_or(name.clone()))
        .collect()
}

fn run_all(parts: &[Part], out: &mut Transcript) -> (&'static str, anyhow::Result<()>) {
    for (index, part) in parts.iter().enumerate() {
        if let Err(error) = run_one(part, index == 0, out) {
            return (part.name, Err(error));
        }
    }
    ("", Ok(()))
}

fn run_one(part: &Part, is_first: bool, out: &mut Transcript) -> anyhow::Result<()> {
    if !is_first {
        writeln!(out)?;
    }
    writeln!(out, "== {}: {}", part.name, part.claim)?;
    (part.run)(out)?;
    out.flush()?;
    Ok(())
}

fn list(parts: &[Part], out: &mut Transcript) -> anyhow::Result<()> {
    for part in parts {
        writeln!(out, "{}", part.name)?;
    }
    out.flush()?;
    Ok(())
}

fn wrong_part(parts: &[Part], unknown: &str) -> ExitCode {
    let mut text = format!("there is no part `{unknown}` in this lesson; it has:\n");
    let width = parts.iter().map(|part| part.name.len()).max().unwrap_or(0);
    for part in parts {
        text.push_str(&format!("  {:<width$}  {}\n", part.name, part.claim));
    }
    let _ = io::stderr().write_all(text.as_bytes());
    ExitCode::from(2)
}
