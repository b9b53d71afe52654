//! A copy of the course, for files that are saved again and again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use course::{Course, Entry};

use super::{Cost, ensure_said, measure};
use crate::tidy::Tree;

/// The exercise that is saved.
pub const EXERCISE: &str = "ex-01";

pub struct Copy {
    pub root: PathBuf,
    entry: Entry,
    /// How often something was saved.
    saved: usize,
}

impl Copy {
    /// Below the target directory; what is built in it stays, all else is copied anew.
    pub fn new(course: &Course) -> anyhow::Result<Copy> {
        let entry = course.exercise(EXERCISE)?.clone();
        let root = course.root.join("target/bench/course");
        fs::create_dir_all(&root).context("make a folder for the copy of the course")?;
        for old in fs::read_dir(&root).context("list the copy of the course")? {
            let old = old.context("list the copy of the course")?;
            if old.file_name() == "target" {
                continue;
            }
            let path = old.path();
            let is_folder = old.file_type().is_ok_and(|kind| kind.is_dir());
            let removed =
                if is_folder { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.with_context(|| format!("remove {}", path.display()))?;
        }
        let copy = Copy { root, entry, saved: 0 };
        for (path, text) in &Tree::read(&course.root)?.texts {
            copy.write(path, text)?;
        }
        Ok(copy)
    }

    fn write(&self, path: &Path, text: &str) -> anyhow::Result<()> {
        let path = self.root.join(path);
        let context = || format!("write {}", path.display());
        fs::create_dir_all(path.parent().unwrap_or(&self.root)).with_context(context)?;
        fs::write(&path, text).with_context(context)
    }

    /// The text of the exercise's solution.
    pub fn solution(&self) -> anyhow::Result<String> {
        self.read(&Path::new("solutions").join(self.entry.folder_name()).join("src/main.rs"))
    }

    pub fn skeleton(&self) -> anyhow::Result<String> {
        self.read(&self.entry.path.join("skeleton/main.rs"))
    }

    fn read(&self, path: &Path) -> anyhow::Result<String> {
        fs::read_to_string(self.root.join(path)).with_context(|| format!("read {}", path.display()))
    }

    /// Saves this program as the student's, each time a little different.
    pub fn save(&mut self, program: &str) -> anyhow::Result<()> {
        self.saved += 1;
        let text = format!("{program}// saved {}\n", self.saved);
        self.write(&self.entry.path.join("src/main.rs"), &text)
    }

    /// `cargo xtask check` of the exercise. The student must be told these words.
    pub fn check(&self, told: &str) -> anyhow::Result<Cost> {
        let (cost, output) = measure(self.cargo().args(["xtask", "check", "--times", EXERCISE]))?;
        ensure_said(&output, i32::from(told != "It passes"), told)?;
        let (tests, _) = times(&String::from_utf8_lossy(&output.stdout))?;
        Ok(Cost { tests, ..cost })
    }

    /// `cargo xtask check --solutions`; also what its tests take one after the other.
    pub fn check_solutions(&self) -> anyhow::Result<(Cost, Duration)> {
        let (cost, output) =
            measure(self.cargo().args(["xtask", "check", "--solutions", "--times"]))?;
        ensure_said(&output, 0, EXERCISE)?;
        let (tests, sum) = times(&String::from_utf8_lossy(&output.stdout))?;
        Ok((Cost { tests, ..cost }, sum))
    }

    /// The cargo that a student's shell finds.
    pub fn cargo(&self) -> Command {
        let mut command = Command::new("cargo");
        command.current_dir(&self.root);
        command
    }
}

/// From the line `times     tests ran for 1.0 ms; one after the other 1.5 ms`.
pub fn times(said: &str) -> anyhow::Result<(Duration, Duration)> {
    let line = said.lines().find(|line| line.starts_with("times ")).context("no line of times")?;
    let numbers: Vec<f64> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
    ensure!(numbers.len() == 2, "not two times: {line}");
    let millis = |number: f64| Duration::from_secs_f64(number / 1000.0);
    Ok((millis(numbers[0]), millis(numbers[1])))
}
