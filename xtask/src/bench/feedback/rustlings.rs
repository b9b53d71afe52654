//! The peer: `rustlings run` on an exercise of its own that has tests.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, ensure};
use course::Course;
use files::TempDir;

use super::{Cost, ensure_said, measure};
use crate::bench::RUSTLINGS;

/// Our answer to its exercise `if1`. Its tests take less than a millisecond: nothing to leave out.
const ANSWER: &str = "fn bigger(a: i32, b: i32) -> i32 {\n    if a > b { a } else { b }\n}\n\n";

pub struct Rustlings {
    program: PathBuf,
    folder: TempDir,
    solved: String,
}

impl Rustlings {
    /// Installs it where it is not yet.
    pub fn new(course: &Course) -> anyhow::Result<Rustlings> {
        let root = course.root.join(format!("target/bench/rustlings-{RUSTLINGS}"));
        let program = root.join("bin/rustlings");
        if !program.exists() {
            let version = format!("rustlings@{RUSTLINGS}");
            let mut install = Command::new("cargo");
            install.args(["install", &version, "--locked", "--root"]).arg(&root);
            let (_, output) = measure(&mut install)?;
            ensure!(
                output.status.success(),
                "cargo could not install {version}: {}",
                String::from_utf8_lossy(&output.stderr).trim_end()
            );
        }
        let folder = TempDir::new().context("make a folder for rustlings")?;
        // `init` waits for Enter, and so does the first run, which is not measured.
        for (words, below) in [("init", ""), ("run if1", "rustlings")] {
            let mut command = Command::new("sh");
            command.args(["-c", &format!("yes '' | \"$0\" {words}")]).arg(&program);
            measure(command.current_dir(folder.path().join(below)))?;
        }
        let mut rustlings = Rustlings { program, folder, solved: String::new() };
        let text = fs::read_to_string(rustlings.source()).context("read the exercise if1")?;
        let (_, rest) = text.split_once("fn main").context("if1 is another than we know")?;
        rustlings.solved = format!("{ANSWER}fn main{rest}");
        Ok(rustlings)
    }

    fn source(&self) -> PathBuf {
        self.folder.path().join("rustlings/exercises/03_if/if1.rs")
    }

    /// Saves the exercise, a little different each time, and runs it.
    pub fn run(&self, turn: usize) -> anyhow::Result<Cost> {
        let text = format!("{}// saved {turn}\n", self.solved);
        fs::write(self.source(), text).context("save the exercise if1")?;
        let mut run = Command::new(&self.program);
        run.args(["run", "if1"]).current_dir(self.folder.path().join("rustlings"));
        let (cost, output) = measure(&mut run)?;
        ensure_said(&output, 0, "Successfully ran")?;
        Ok(cost)
    }
}
