//! `grade merge PART… --out REPORT`: the reports of all shards of a class become the report that
//! one run of the whole class would have written, byte for byte.
//!
//! Everything is looked at before anything is written: parts that do not belong together are
//! refused, and what differs is said.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use course::Course;
use serde_json::json;

use crate::model::{ExerciseGrade, Grade};
use crate::record::{MadeWith, Record};
use crate::shard::Shard;
use crate::store::Store;

/// The finished run of one shard.
struct Part {
    folder: PathBuf,
    store: Store,
    shard: Shard,
    record: Record,
    made: MadeWith,
}

/// All shards of one class.
pub struct Parts {
    parts: Vec<Part>,
    /// What the run of the whole class would have remembered.
    pub record: Record,
    /// In order.
    pub students: Vec<String>,
}

/// What is remarkable about parts that were merged.
#[derive(Debug, Default)]
pub struct Merged {
    /// Programs that two parts have graded, each with another result.
    pub ambiguous: usize,
}

impl Parts {
    /// Looks through them.
    ///
    /// # Errors
    /// When they do not belong together, or one cannot be read.
    pub fn read(course: &Course, folders: &[PathBuf]) -> anyhow::Result<Parts> {
        let parts: Vec<Part> = folders.iter().map(|f| Part::read(f)).collect::<Result<_, _>>()?;
        let first = parts.first().context("name the folders of all shards")?;
        for part in &parts[1..] {
            same(first, part)?;
        }
        all_there(&parts)?;
        let exercises: BTreeSet<&str> = course.exercises().map(|entry| entry.id.as_str()).collect();
        let theirs: BTreeSet<&str> = first.made.tests.keys().map(String::as_str).collect();
        ensure!(
            exercises == theirs,
            "the shards have the exercises {}, and this course has {}: merge them where they were \
             graded",
            listed(&theirs),
            listed(&exercises)
        );
        let mut students = Vec::new();
        for part in &parts {
            students.extend(part.students()?);
        }
        students.sort();
        ensure!(
            students.len() as u64 == first.record.students,
            "the class has {} students, and the shards have {} of them: give the `grade` commands \
             of the shards once more",
            first.record.students,
            students.len()
        );
        let mut environment = first.made.environment.clone();
        let kernels: BTreeSet<&str> =
            parts.iter().filter_map(|part| part.made.environment["kernel"].as_str()).collect();
        environment["kernel"] = json!(listed(&kernels));
        let made = Some(MadeWith { environment, ..first.made.clone() });
        let record = Record { shard: None, made, ..first.record.clone() };
        Ok(Parts { parts, record, students })
    }

    /// Puts all grades into one folder.
    ///
    /// # Errors
    /// When one cannot be read or written.
    pub fn write(&self, to: &Store) -> anyhow::Result<Merged> {
        let mut merged = Merged::default();
        for part in &self.parts {
            for path in part.files("submissions")? {
                let text = read(&path)?;
                let grade = grade(&path, &text)?;
                to.write_text(&to.submission(&grade.student), &text)?;
            }
            for path in part.files("cache")? {
                let name = path.file_name().context("a file's name")?;
                let (text, at) = (read(&path)?, to.path("cache").join(name));
                match fs::read(&at) {
                    Ok(before) => merged.ambiguous += usize::from(!same_points(&before, &text)),
                    Err(_) => to.write_text(&at, &text)?,
                }
            }
        }
        self.record.write(to)?;
        Ok(merged)
    }
}

impl Part {
    fn read(folder: &Path) -> anyhow::Result<Part> {
        let record = Record::read(folder)?;
        let name = folder.display();
        let Some(shard) = record.shard else {
            bail!("{name} is the report of a whole class: only shards are merged");
        };
        let Some(made) = record.made.clone() else {
            bail!("shard {shard} in {name} is not finished: give its `grade` command once more");
        };
        Ok(Part { folder: folder.to_owned(), store: Store::at(folder), shard, record, made })
    }

    /// The names of its students; all its grades must be made of what the record says.
    fn students(&self) -> anyhow::Result<Vec<String>> {
        let mut names = Vec::new();
        for path in self.files("submissions")? {
            let grade = grade(&path, &read(&path)?)?;
            ensure!(
                self.shard.has(&grade.student),
                "{} does not belong to shard {}",
                path.display(),
                self.shard
            );
            for exercise in &grade.exercises {
                ensure!(
                    self.is_made_with(exercise),
                    "{} in {} was not made with what shard {} was made with: give its `grade` \
                     command once more",
                    exercise.id,
                    path.display(),
                    self.shard
                );
            }
            names.push(grade.student);
        }
        Ok(names)
    }

    /// What nothing was tried on has no digests.
    fn is_made_with(&self, exercise: &ExerciseGrade) -> bool {
        let seed = self.record.seed.to_string();
        exercise.made.iter().all(|(name, digest)| match name.as_str() {
            "submission" => true,
            "seed" => *digest == seed,
            "tests" => self.made.tests.get(&exercise.id) == Some(digest),
            other => self.made.common.get(other) == Some(digest),
        })
    }

    fn files(&self, folder: &str) -> anyhow::Result<Vec<PathBuf>> {
        let folder = self.store.path(folder);
        let context = || format!("list {}", folder.display());
        let entries = fs::read_dir(&folder).with_context(context)?;
        let all = entries.map(|entry| entry.map(|entry| entry.path()));
        let mut all: Vec<PathBuf> = all.collect::<Result<_, _>>().with_context(context)?;
        all.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
        all.sort();
        Ok(all)
    }
}

/// Two parts of one class, made with the same.
fn same(one: &Part, other: &Part) -> anyhow::Result<()> {
    let (first, second) = (&one.record, &other.record);
    let mut differ: Vec<String> = Vec::new();
    let mut compare = |what: &str, is_same: bool, values: Option<[String; 2]>| {
        if !is_same {
            let values = values.map(|[one, other]| format!(" ({one} and {other})"));
            differ.push(format!("{what}{}", values.unwrap_or_default()));
        }
    };
    let shards = [one.shard.of, other.shard.of];
    compare("number of shards", shards[0] == shards[1], Some(shards.map(|of| of.to_string())));
    let seeds = [first.seed, second.seed];
    compare("seed", seeds[0] == seeds[1], Some(seeds.map(|seed| seed.to_string())));
    let is_same_class = (first.students, &first.names) == (second.students, &second.names);
    let sizes = [first.students, second.students].map(|students| format!("{students} students"));
    compare("class", is_same_class, Some(sizes));
    let version = |part: &Part| part.made.environment["toolchain"].as_str().map(str::to_owned);
    for (name, digest) in &one.made.common {
        let values = match (name.as_str(), version(one), version(other)) {
            ("toolchain", Some(one), Some(other)) => Some([one, other]),
            _ => None,
        };
        compare(name, other.made.common.get(name) == Some(digest), values);
    }
    let tests: Vec<&str> = changed(&one.made.tests, &other.made.tests);
    compare(&format!("tests of {}", tests.join(", ")), tests.is_empty(), None);
    ensure!(
        differ.is_empty(),
        "{} and {} do not belong together. Different are: {}",
        one.folder.display(),
        other.folder.display(),
        differ.join("; ")
    );
    Ok(())
}

fn changed<'a>(
    one: &'a BTreeMap<String, String>,
    other: &'a BTreeMap<String, String>,
) -> Vec<&'a str> {
    let names: BTreeSet<&str> = one.keys().chain(other.keys()).map(String::as_str).collect();
    names.into_iter().filter(|name| one.get(*name) != other.get(*name)).collect()
}

/// Each shard once.
fn all_there(parts: &[Part]) -> anyhow::Result<()> {
    let mut found: BTreeMap<usize, &Part> = BTreeMap::new();
    for part in parts {
        if let Some(before) = found.insert(part.shard.index, part) {
            let (one, other) = (before.folder.display(), part.folder.display());
            bail!("{one} and {other} are both shard {}", part.shard);
        }
    }
    let of = parts[0].shard.of;
    let missing = (1..=of).filter(|index| !found.contains_key(index));
    let missing: Vec<String> = missing.map(|index| Shard { index, of }.to_string()).collect();
    ensure!(missing.is_empty(), "missing shards: {}", missing.join(", "));
    Ok(())
}

fn listed(words: &BTreeSet<&str>) -> String {
    words.iter().copied().collect::<Vec<_>>().join(", ")
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("read {}", path.display()))
}

fn grade(path: &Path, text: &[u8]) -> anyhow::Result<Grade> {
    let context = || format!("read {}", path.display());
    let json = serde_json::from_slice(text).with_context(context)?;
    Grade::from_json(&json).with_context(context)
}

/// Whether two grades of one program, made of the same, are worth the same.
fn same_points(one: &[u8], other: &[u8]) -> bool {
    let points = |text: &[u8]| {
        let json = serde_json::from_slice(text).ok()?;
        let grade = ExerciseGrade::from_json(&json).ok()?;
        Some((grade.points, grade.verdict))
    };
    points(one) == points(other)
}
