//! An attack on the score itself.

use std::path::Path;

use anyhow::Context;
use course::Kind;
use launcher::{Ended, Launch, Limits};
use sandbox::{Contents, Place, Purpose};
use trial::Answer;

use super::{Range, Tried};
use crate::compile::{Compiled, compile};
use crate::judge::judge;
use crate::limits::GradeLimits;

/// A program that says that it passes, wherever somebody might read it. Without the judge that
/// stands outside, whoever believes an exit status or a line of output would be taken in.
pub fn forges(range: &Range<'_>) -> anyhow::Result<Tried> {
    let given = GradeLimits::read(None)?;
    let place = Place::new(range.sandboxed, given.around_program, given.around_compiler)?;
    let entry = range.course.resolve("ex-01", Kind::Exercise)?;
    let source = include_bytes!("../../attacks/run/forges.rs").to_vec();
    let (folder, work) = super::work(&place)?;
    crate::import::write(&[(Path::new("main.rs").to_owned(), source)].into(), &folder)?;
    let compiled =
        compile(&place, range.user, range.toolchain, entry, &folder, &work, &given.compile)?;
    let Compiled::Program(program) = compiled else {
        anyhow::bail!("the attack does not compile: {compiled:?}");
    };
    let first = entry.tests.first().context("a test")?;
    let result = judge(&place, range.user, entry, range.tests, &first.name, &program, 1)?;
    let broken = (!matches!(result.answer, Answer::Failed(_))).then(|| format!("{result:?}"));
    let report = place.report_folder(range.user)?;
    let contents = Contents {
        purpose: Purpose::Judge,
        program: Some(&program),
        report: report.path(),
        reads: &[],
    };
    let launch = Launch::captured("/pipeworks/program/ex-01");
    let words = place.behind_a_wall(&launch.limits(Limits::default()));
    let captured = place.run(range.user, &contents, crate::compile::outer(super::BOUND), words)?;
    let believed = captured.report.ended == (Ended::Exited { code: 0 })
        && String::from_utf8_lossy(&captured.stdout).contains("test result: ok");
    Ok(Tried {
        name: "forges",
        wants: "full marks for nothing",
        defence: "the judge is outside of the sandbox",
        broken,
        succeeds_without: Ok(believed),
    })
}
