//! Runs lessons and compares what they print with the snapshots in their folders.
//!
//! `snapshots [ID…] [--accept]`: the verb `cargo xtask snapshot` builds this program and becomes
//! it. Exit status: 0 all are the same, 1 something differs, 2 wrong usage, 125 it failed itself.

mod compare;
mod observe;
mod stored;

use std::env;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::Context;
use compare::Verdict;
use course::{Course, Entry, Kind};

/// insta is steered by its environment alone, so each variable that could make a comparison pass,
/// or write where nothing may be written, is set here. (An empty one would count as unset and fall
/// back to a configuration file.)
fn insta_environment(accept: bool) -> [(&'static str, &'static str); 5] {
    [
        ("INSTA_UPDATE", if accept { "always" } else { "no" }),
        ("INSTA_FORCE_PASS", "0"),
        ("INSTA_REQUIRE_FULL_MATCH", "0"),
        ("INSTA_OUTPUT", "diff"),
        // Keeps insta from advising commands of its own.
        ("INSTA_CARGO_INSTA", "1"),
    ]
}

/// Set for the second start of this program, whose environment is [`insta_environment`].
const PREPARED: &str = "PIPEWORKS_SNAPSHOTS_PREPARED";

fn main() -> ExitCode {
    match snapshots() {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error:#}");
            let is_usage = error.is::<course::WrongId>();
            ExitCode::from(if is_usage { 2 } else { 125 })
        }
    }
}

fn snapshots() -> anyhow::Result<u8> {
    let words: Vec<String> = env::args().skip(1).collect();
    let Asked { ids, accept, deadline } = Asked::parse(&words)?;
    let course = Course::here()?;
    if env::var_os(PREPARED).is_none() {
        if accept && env::var("CI").is_ok_and(|value| value == "true") {
            let _ = writeln!(io::stderr(), "error: with CI=true no snapshot is ever stored");
            return Ok(2);
        }
        return prepared(&words, accept, &course.root);
    }
    let lessons: Vec<&Entry> = if ids.is_empty() {
        course.lessons().collect()
    } else {
        ids.iter().map(|id| course.resolve(id, Kind::Lesson)).collect::<Result<_, _>>()?
    };
    compare_all(&course, &lessons, accept, deadline)
}

/// The command line; the verb has checked it, but for what only other programs use.
struct Asked<'a> {
    ids: Vec<&'a String>,
    accept: bool,
    /// For one run of a lesson.
    deadline: Duration,
}

impl Asked<'_> {
    fn parse(words: &[String]) -> anyhow::Result<Asked<'_>> {
        let mut asked = Asked { ids: Vec::new(), accept: false, deadline: observe::DEADLINE };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--accept" => asked.accept = true,
                "--deadline" => {
                    let seconds = words.next().context("--deadline takes seconds")?;
                    let seconds = seconds.parse().context("--deadline takes seconds")?;
                    asked.deadline = Duration::from_secs(seconds);
                }
                _ => asked.ids.push(word),
            }
        }
        Ok(asked)
    }
}

/// Starts this program again in the environment that insta is to see; returns only on failure.
fn prepared(words: &[String], accept: bool, root: &Path) -> anyhow::Result<u8> {
    let this = env::current_exe().context("find this program's own file")?;
    let mut again = Command::new(&this);
    for (name, _) in env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"INSTA_") {
            again.env_remove(name);
        }
    }
    again.args(words).envs(insta_environment(accept)).env(PREPARED, "1");
    again.env("INSTA_WORKSPACE_ROOT", root);
    Err(again.exec()).with_context(|| format!("start {}", this.display()))
}

/// Runs the lessons, two at a time, then compares and tells of one after the other.
fn compare_all(
    course: &Course,
    lessons: &[&Entry],
    accept: bool,
    deadline: Duration,
) -> anyhow::Result<u8> {
    let names: Vec<&str> = lessons.iter().map(|entry| entry.id.as_str()).collect();
    let binaries = build::binaries(&course.root, &names)?;
    let observed = observe::all(course, lessons, &binaries, deadline)?;

    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for (entry, observed) in lessons.iter().zip(&observed) {
        let verdict = compare::compare(course, entry, observed, accept)?;
        let mut out = io::stdout().lock();
        match &verdict {
            Verdict::Same => passed += 1,
            Verdict::Differs(_) => failed += 1,
            Verdict::Skipped(_) => skipped += 1,
        }
        writeln!(out, "{:<10} {verdict}", entry.id)?;
        out.flush()?;
    }
    for wrong in stored::strays(course)? {
        failed += 1;
        writeln!(io::stdout(), "{wrong}")?;
    }
    writeln!(io::stdout(), "{passed} passed, {failed} failed, {skipped} skipped")?;
    Ok(u8::from(failed > 0))
}
