//! Runs the tests of the exercises: for a student, and on the exercises themselves.
//!
//! A program of its own, built when it is first used: the verbs `check` and `test` start it. Its
//! command line comes from them and is checked there.
//!
//! ```text
//! checker [--watched FILE | --solutions [--repeat N] | --gate [--accept]] [--seed N] [--times]
//!         -- [ID…]
//! ```
//!
//! With `--watched`, what is said of the first failure is in FILE as soon as it is known.

mod check;
mod gate;
mod head_start;
mod place;
mod programs;
mod show;
mod tests;
mod text;
mod times;
mod told;

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use check::Student;
use course::Course;
use head_start::HeadStart;
use place::Place;

/// What to run the tests on.
#[derive(Default)]
enum Subject {
    /// What the student has written.
    #[default]
    Student,
    /// The same, for `watch`; where to leave what is known before all is.
    Watched(PathBuf),
    Solutions,
    /// Skeletons and wrong programs, which must fail as recorded; solutions and other right ones.
    Gate,
}

#[derive(Default)]
struct Asked {
    subject: Subject,
    /// Record what is told of the wrong programs.
    accept: bool,
    /// How many times in a row, for solutions.
    repeat: usize,
    seed: u64,
    /// Tell how long the tests took.
    times: bool,
    ids: Vec<String>,
}

fn main() -> ExitCode {
    match run() {
        Ok(holds) => ExitCode::from(u8::from(!holds)),
        Err(error) if text::is_broken_pipe(&error) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::from(if error.is::<course::WrongId>() { 2 } else { 125 })
        }
    }
}

fn run() -> anyhow::Result<bool> {
    let asked = parse(env::args().skip(1))?;
    let root = Course::root_here()?;
    match &asked.subject {
        Subject::Student => student(root, &asked, None),
        Subject::Watched(early) => student(root, &asked, Some(early)),
        Subject::Solutions => {
            let course = Course::read(root)?;
            let exercises = course.exercises_named(&asked.ids)?;
            check::solutions(&course, &exercises, asked.seed, asked.repeat, asked.times)
        }
        Subject::Gate => {
            let course = Course::read(root)?;
            let exercises = course.exercises_named(&asked.ids)?;
            gate::gate(&course, &exercises, asked.seed, asked.accept)
        }
    }
}

fn student(root: PathBuf, asked: &Asked, early: Option<&Path>) -> anyhow::Result<bool> {
    let place = Place::new(&root)?;
    let begun = HeadStart::of(&root, &asked.ids, &place);
    let course = Course::read(root)?;
    let exercises = course.exercises_named(&asked.ids)?;
    let student = Student { course: &course, exercises: &exercises, place: &place, early };
    student.check(begun, asked.seed, asked.times)
}

fn parse(mut words: impl Iterator<Item = String>) -> anyhow::Result<Asked> {
    let mut asked = Asked { repeat: 1, ..Asked::default() };
    while let Some(word) = words.next() {
        let mut number = || {
            let value = words.next().and_then(|value| value.parse::<u64>().ok());
            value.with_context(|| format!("{word} takes a number"))
        };
        match word.as_str() {
            "--watched" => {
                let file = words.next().context("--watched takes a file")?;
                asked.subject = Subject::Watched(file.into());
            }
            "--solutions" => asked.subject = Subject::Solutions,
            "--gate" => asked.subject = Subject::Gate,
            "--times" => asked.times = true,
            "--accept" => asked.accept = true,
            "--repeat" => asked.repeat = usize::try_from(number()?).context("too many")?,
            "--seed" => asked.seed = number()?,
            "--" => {
                asked.ids = words.collect();
                break;
            }
            _ => bail!("unknown option {word}"),
        }
    }
    Ok(asked)
}
