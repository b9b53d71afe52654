//! Attacks on the score itself.

use std::path::{Path, PathBuf};

use anyhow::Context;
use course::{Entry, Kind};
use launcher::{Ended, Launch, Limits};
use sandbox::{Config, Contents, Defence, Place, Purpose};
use trial::Answer;

use super::{Range, Tried, Without};
use crate::compile::{Compiled, compile};
use crate::judge::judge;
use crate::limits::GradeLimits;

pub const ATTACKS: &[fn(&Range<'_>) -> anyhow::Result<Tried>] = &[forges, forces_a_pass];

/// Makes insta call every snapshot right, where it can get into the environment of the tests.
pub const FORCES: (&str, &str) = ("INSTA_FORCE_PASS", "1");

/// A place for an attack, and the attack's program in it.
pub struct Ready<'a> {
    pub place: Place,
    pub entry: &'a Entry,
    pub program: PathBuf,
}

impl<'a> Ready<'a> {
    /// Compiles it as any submission to this exercise is.
    pub fn new(
        range: &Range<'a>,
        id: &str,
        source: &str,
        without: &[Defence],
    ) -> anyhow::Result<Ready<'a>> {
        let given = GradeLimits::read(None)?;
        let around = Config { without: without.iter().copied().collect(), ..given.around_program };
        let place = Place::new(range.sandboxed, around, given.around_compiler)?;
        let entry = range.course.resolve(id, Kind::Exercise)?;
        let (folder, work) = super::work(&place)?;
        let sources = [(Path::new("main.rs").to_owned(), source.as_bytes().to_vec())].into();
        crate::import::write(&sources, &folder)?;
        let limits = &given.compile;
        let compiled = compile(&place, range.user, range.toolchain, entry, &folder, &work, limits)?;
        let Compiled::Program(program) = compiled else {
            anyhow::bail!("the attack does not compile: {compiled:?}");
        };
        Ok(Ready { place, entry, program })
    }

    /// What the exercise's first test says of it.
    pub fn judged(&self, range: &Range<'_>) -> anyhow::Result<Answer> {
        let first = self.entry.tests.first().context("a test")?;
        let tests = (range.tests)(&self.entry.id)?;
        let Ready { place, entry, program } = self;
        Ok(judge(place, range.user, entry, &tests, &first.name, program, 1)?.answer)
    }
}

/// Fine is only that the program has failed.
pub fn unless_failed(answer: &Answer) -> Option<String> {
    (!matches!(answer, Answer::Failed(_))).then(|| format!("{answer:?}"))
}

/// A program that says that it passes, wherever somebody might read it. Without the judge that
/// stands outside, whoever believes an exit status or a line of output would be taken in.
fn forges(range: &Range<'_>) -> anyhow::Result<Tried> {
    let source = include_str!("../../attacks/run/forges.rs");
    let ready = Ready::new(range, "ex-01", source, &[])?;
    let broken = unless_failed(&ready.judged(range)?);
    let report = ready.place.report_folder(range.user)?;
    let contents = Contents {
        purpose: Purpose::Judge,
        program: Some(&ready.program),
        report: report.path(),
        reads: &[],
    };
    let launch = Launch::captured("/pipeworks/program/ex-01");
    let words = ready.place.behind_a_wall(&launch.limits(Limits::default()));
    let limits = crate::compile::outer(super::BOUND);
    let captured = ready.place.run(range.user, &contents, limits, words)?;
    let believed = captured.report.ended == (Ended::Exited { code: 0 })
        && String::from_utf8_lossy(&captured.stdout).contains("test result: ok");
    Ok(Tried {
        name: "forges",
        wants: "full marks for nothing",
        defence: "the judge is outside of the sandbox",
        broken,
        without: Ok(Without::of(believed)),
    })
}

/// Variables that change what the tests find right, in the environment of whoever grades.
fn forces_a_pass(range: &Range<'_>) -> anyhow::Result<Tried> {
    let source = "fn main() { println!(\"0 lines\") }";
    let answer = |without: &[Defence]| Ready::new(range, "ex-01", source, without)?.judged(range);
    let broken = unless_failed(&answer(&[])?);
    // It fails all the same, by another fact than the one that the snapshot states.
    let found = |answer: &Answer| match answer {
        Answer::Failed(failure) => failure.expected.contains("on standard output"),
        _ => false,
    };
    let without = answer(&[Defence::Environment]).map(|answer| Without::of(!found(&answer)));
    Ok(Tried {
        name: "forces-a-pass",
        wants: "INSTA_FORCE_PASS for the tests",
        defence: "cleared environment",
        broken,
        without,
    })
}
