//! The least that a check could do: rustc on the one file, with the words that cargo calls it with,
//! and then the tests' program on what it has made.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use files::TempDir;
use serde_json::Value;

use super::copy::{Copy, EXERCISE};
use super::{Cost, measure};

pub struct Bare {
    rustc: Vec<String>,
    tests: PathBuf,
    program: PathBuf,
    xtask: PathBuf,
    report: TempDir,
}

impl Bare {
    /// The copy must have been checked, so that all else is built.
    pub fn new(copy: &mut Copy, program: &str) -> anyhow::Result<Bare> {
        copy.save(program)?;
        let mut cargo = copy.cargo();
        let (_, output) = measure(cargo.args(["build", "--verbose", "--bins", "-p", EXERCISE]))?;
        let said = String::from_utf8_lossy(&output.stderr);
        let name = format!("--crate-name {} ", EXERCISE.replace('-', "_"));
        let line = said.lines().find(|line| line.contains(&name));
        let rustc = line.and_then(build::words_of);
        let rustc = rustc.with_context(|| format!("cargo called no rustc:\n{said}"))?;
        let after = |word: &str| rustc.iter().skip_while(move |of| *of != word).nth(1);
        let folder = after("--out-dir").context("rustc's words name no folder")?;
        let ending = rustc.iter().find_map(|word| word.strip_prefix("extra-filename="));
        let file = format!("{}{}", EXERCISE.replace('-', "_"), ending.unwrap_or_default());
        let debug = copy.root.join("target/debug");
        Ok(Bare {
            program: copy.root.join(folder).join(file),
            rustc,
            tests: debug.join(format!("examples/{EXERCISE}-tests")),
            xtask: debug.join("xtask"),
            report: TempDir::new().context("make a directory for the report")?,
        })
    }

    /// Compiles what is saved, and tests it.
    pub fn run(&self, copy: &Copy) -> anyhow::Result<Cost> {
        let mut rustc = Command::new(&self.rustc[0]);
        let (compiled, output) = measure(rustc.args(&self.rustc[1..]).current_dir(&copy.root))?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "rustc ended with {}: {said}", output.status);

        let report = self.report.path().join("report.json");
        let mut tests = Command::new(&self.tests);
        tests.arg("--report").arg(&report).arg("--").arg(&self.program);
        tests.current_dir(&copy.root).env(launcher::XTASK_VARIABLE, &self.xtask);
        // As the checker sets it: a trace of an error costs more than a test.
        tests.env("RUST_BACKTRACE", "0");
        let (tested, output) = measure(&mut tests)?;
        ensure!(output.status.success(), "the tests ended with {}", output.status);
        let text = std::fs::read(&report).context("read the report of the tests")?;
        let results: Value = serde_json::from_slice(&text).context("understand the report")?;
        let micros = results.as_array().into_iter().flatten().map(|result| {
            let at = |key: &str| result[key].as_u64().unwrap_or_default();
            at("ended_us").saturating_sub(at("began_us"))
        });
        Ok(Cost {
            elapsed: compiled.elapsed + tested.elapsed,
            processor: compiled.processor + tested.processor,
            tests: Duration::from_micros(micros.sum()),
        })
    }
}
