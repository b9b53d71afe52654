//! Runs lessons and compares what they print with the snapshots in their folders.
//!
//! `snapshots [ID…] [--accept]`: the verb `cargo xtask snapshot` builds this program and becomes
//! it. Exit status: 0 all are the same, 1 something differs, 2 wrong usage, 125 it failed itself.

mod compare;
mod observe;
mod stored;

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::Context;
use compare::Verdict;
use course::{Course, Entry};

/// insta is steered by its environment alone, so each variable that could make a comparison pass,
/// or write where nothing may be written, is set here. (An empty one would count as unset and fall
/// back to a configuration file.)
fn insta_environment(accept: bool) -> [(&'static str, &'static str); 5] {
    [
        // Forced, since insta takes some files that differ to the byte for equal.
        ("INSTA_UPDATE", if accept { "force" } else { "no" }),
        ("INSTA_FORCE_PASS", "0"),
        ("INSTA_REQUIRE_FULL_MATCH", "0"),
        ("INSTA_OUTPUT", "diff"),
        // Keeps insta from advising commands of its own.
        ("INSTA_CARGO_INSTA", "1"),
    ]
}

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
    if accept && env::var("CI").is_ok_and(|value| value == "true") {
        let _ = writeln!(io::stderr(), "error: with CI=true no snapshot is ever stored");
        return Ok(2);
    }
    if !is_prepared(accept, &course.root) {
        return prepared(&words, accept, &course.root);
    }
    let lessons = course.lessons_named(&ids)?;
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
                "--" => {
                    asked.ids.extend(words);
                    break;
                }
                _ => asked.ids.push(word),
            }
        }
        Ok(asked)
    }
}

/// Whether insta sees what it is to see, and nothing else. A mark alone would not do: whoever sets
/// it could set the rest as well.
fn is_prepared(accept: bool, root: &Path) -> bool {
    let wanted = insta_environment(accept).map(|(name, value)| (name.into(), value.into()));
    let mut wanted: Vec<(OsString, OsString)> = wanted.to_vec();
    wanted.push(("INSTA_WORKSPACE_ROOT".into(), root.into()));
    wanted.sort();
    let mut found: Vec<(OsString, OsString)> = env::vars_os().filter(is_instas).collect();
    found.sort();
    found == wanted
}

fn is_instas((name, _): &(OsString, OsString)) -> bool {
    name.as_encoded_bytes().starts_with(b"INSTA_")
}

/// Starts this program again in the environment that insta is to see; returns only on failure.
fn prepared(words: &[String], accept: bool, root: &Path) -> anyhow::Result<u8> {
    let this = env::current_exe().context("find this program's own file")?;
    let mut again = Command::new(&this);
    for (name, _) in env::vars_os().filter(is_instas) {
        again.env_remove(name);
    }
    again.args(words).envs(insta_environment(accept)).env("INSTA_WORKSPACE_ROOT", root);
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
        match &verdict {
            Verdict::Same => passed += 1,
            Verdict::Differs(_) => failed += 1,
            Verdict::Skipped(_) => skipped += 1,
        }
        say(&format!("{:<10} {verdict}\n", entry.id))?;
        if let Some(diagnosis) = observed.diagnosis() {
            say(&diagnosis.text_here())?;
        }
    }
    for wrong in stored::strays(course)? {
        failed += 1;
        say(&format!("{wrong}\n"))?;
    }
    say(&format!("{passed} passed, {failed} failed, {skipped} skipped\n"))?;
    Ok(u8::from(failed > 0))
}

/// Prints. That whoever reads has gone away (`| head -1`) changes nothing of what is compared.
fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}
