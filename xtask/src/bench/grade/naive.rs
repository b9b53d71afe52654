//! How a class is graded with cargo alone: the student's programs are laid over a copy of the
//! course, and built and tested there, one submission after the other.
//!
//! The tests run as `cargo test` runs them: one program after the other, all tests of an exercise
//! in one process, without a sandbox. The runner, which starts every program that is tested, is
//! built with them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use course::{Course, Entry};
use launcher::XTASK_VARIABLE;

use crate::tidy::Tree;

pub struct Naive<'a> {
    course: &'a Course,
    students: Vec<PathBuf>,
    /// A copy of the course.
    copy: PathBuf,
    place: files::TempDir,
}

impl Naive<'_> {
    pub fn new<'a>(course: &'a Course, class: &Path) -> anyhow::Result<Naive<'a>> {
        let place = files::TempDir::new().context("make a temporary directory")?;
        let copy = place.path().join("course");
        for (path, text) in &Tree::read(&course.root)?.texts {
            write(&copy.join(path), text.as_bytes())?;
        }
        let entries = fs::read_dir(class).context("list the class")?;
        let mut students: Vec<PathBuf> =
            entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
        students.sort();
        Ok(Naive { course, students, copy, place })
    }

    /// The whole class, from so many submissions with an empty target directory each.
    pub fn fresh(&self, sample: usize) -> anyhow::Result<Duration> {
        let mut sum = Duration::ZERO;
        let chosen = self.sample(sample);
        for (number, student) in chosen.iter().enumerate() {
            let target = self.place.path().join(format!("target-{number}"));
            sum += self.one(student, &target)?;
            fs::remove_dir_all(&target).context("remove a target directory")?;
        }
        Ok(sum.mul_f64(self.students.len() as f64 / chosen.len() as f64))
    }

    /// The whole class, from so many submissions in one target directory that another has filled.
    pub fn shared(&self, sample: usize) -> anyhow::Result<Duration> {
        let target = self.place.path().join("target");
        let chosen = self.sample(sample + 1);
        let first = self.one(chosen[0], &target)?;
        let mut sum = Duration::ZERO;
        for student in &chosen[1..] {
            sum += self.one(student, &target)?;
        }
        let others = (self.students.len() - 1) as f64 / (chosen.len() - 1) as f64;
        Ok(first + sum.mul_f64(others))
    }

    /// Evenly spread over the class.
    fn sample(&self, count: usize) -> Vec<&Path> {
        let count = count.min(self.students.len());
        let at = |number: usize| self.students[number * self.students.len() / count].as_path();
        (0..count).map(at).collect()
    }

    /// What one submission takes, from laying it over the course to its last test.
    fn one(&self, student: &Path, target: &Path) -> anyhow::Result<Duration> {
        let started = Instant::now();
        let mut handed_in: Vec<&Entry> = Vec::new();
        for entry in self.course.exercises() {
            let source = Path::new("exercises").join(entry.folder_name()).join("src/main.rs");
            let Ok(text) = fs::read(student.join(&source)) else { continue };
            write(&self.copy.join(&source), &text)?;
            handed_in.push(entry);
        }
        let mut cargo = Command::new(build::cargo());
        cargo.args(["build", "--offline", "--keep-going", "--bins", "--examples"]);
        cargo.args(["--package", "xtask"]);
        for entry in &handed_in {
            cargo.args(["--package", &entry.id]);
        }
        cargo.env("CARGO_TARGET_DIR", target).current_dir(&self.copy);
        // Programs that do not compile are part of the class.
        cargo.stdin(Stdio::null()).output().context("start cargo")?;
        let xtask = target.join("debug/xtask");
        let mut tested = 0;
        for entry in handed_in {
            let program = target.join("debug").join(&entry.id);
            for kind in ["tests", "hidden"] {
                let tests = target.join("debug/examples").join(format!("{}-{kind}", entry.id));
                if !program.is_file() || !tests.is_file() {
                    continue;
                }
                let mut command = Command::new(tests);
                command.args(["--seed", "1", "--"]).arg(&program).stdin(Stdio::null());
                command.env(XTASK_VARIABLE, &xtask).current_dir(self.place.path());
                command.output().with_context(|| format!("start the tests of {}", entry.id))?;
                tested += 1;
            }
            // Or the program of the one before would be taken for that of who has none.
            let _ = fs::remove_file(program);
        }
        ensure!(tested > 0, "nothing of {} could be built", student.display());
        Ok(started.elapsed())
    }
}

fn write(path: &Path, text: &[u8]) -> anyhow::Result<()> {
    let context = || format!("write {}", path.display());
    fs::create_dir_all(path.parent().unwrap_or(path)).with_context(context)?;
    fs::write(path, text).with_context(context)
}
