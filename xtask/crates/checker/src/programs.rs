//! The programs that are tested, and the programs that test them.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context;
use build::{Built, Recipe};
use course::{Course, Entry, LIBRARIES};

use crate::head_start::HeadStart;
use crate::place::Place;
use crate::tests::Suite;

/// The package of an exercise's reference program.
pub fn solution_of(entry: &Entry) -> String {
    format!("sol-{:02}", entry.number)
}

/// The program with an exercise's tests.
pub fn tests_of(entry: &Entry) -> String {
    format!("{}-tests", entry.id)
}

/// The program with those that students do not have.
pub fn hidden_tests_of(entry: &Entry) -> String {
    format!("{}-hidden", entry.id)
}

/// Where cargo has put a program, or a sentence that says why there is none.
pub fn binary<'a>(built: &'a Built, name: &str) -> anyhow::Result<&'a Path> {
    built.binaries.get(name).map(PathBuf::as_path).with_context(|| {
        let said = built.said.get(name).map_or("cargo named no such program", String::as_str);
        format!("{name} does not compile:\n{said}")
    })
}

/// The tests of each exercise, as their programs list them.
pub fn suites(exercises: &[&Entry], built: &Built) -> anyhow::Result<Vec<Suite>> {
    let suite = |entry: &&Entry| {
        let program = binary(built, &tests_of(entry)).context("the course's own tests")?;
        Suite::ask(program)
    };
    exercises.iter().map(suite).collect()
}

/// Builds what the students have written where there is something, and all tests.
pub fn students(
    course: &Course,
    exercises: &[&Entry],
    written: &[&Entry],
    begun: Option<HeadStart>,
    place: &Place,
) -> anyhow::Result<(Built, Vec<Suite>)> {
    // A single one is what a student waits for at every save: rustc works while all else is looked
    // after, and cargo is not asked where it would call rustc as it did the last time.
    let begun = match written {
        [entry] => begun.or_else(|| HeadStart::at(&course.root, entry, place)),
        _ => None,
    };
    let tests = with_tests(course, exercises, tests_of, Built::default())?;
    let suites = suites(exercises, &tests)?;
    let programs = match (begun.and_then(|begun| begun.compiling.finish()), written) {
        (Some(compiled), [entry]) => Built {
            binaries: compiled.binary.map(|file| (entry.id.clone(), file)).into_iter().collect(),
            said: BTreeMap::from([(entry.id.clone(), compiled.said)]),
            ..Built::default()
        },
        (_, []) => Built::default(),
        (_, _) => by_cargo(course, written)?,
    };
    let built = Built {
        binaries: tests.binaries.into_iter().chain(programs.binaries).collect(),
        said: tests.said.into_iter().chain(programs.said).collect(),
        ..programs
    };
    Ok((built, suites))
}

/// Has cargo build these programs, and keeps how it called rustc.
fn by_cargo(course: &Course, written: &[&Entry]) -> anyhow::Result<Built> {
    let asked = SystemTime::now();
    let packages: Vec<&str> = written.iter().map(|entry| entry.id.as_str()).collect();
    let built = build::each(&course.root, &packages, &["--bins"])?;
    for entry in written.iter().filter(|entry| built.binaries.contains_key(&entry.id)) {
        let name = format!(" --crate-name {} ", entry.id.replace('-', "_"));
        let mut calls = built.calls.iter().filter(|call| call.contains(&name));
        // With more than one target the package is not what an exercise is.
        if let (Some(call), None) = (calls.next(), calls.next())
            && let Some(recipe) = Recipe::parse(call)
        {
            recipe.keep(&course.root, &entry.id, &entry.path, asked);
        }
    }
    Ok(built)
}

/// Builds the reference programs, and the tests, without what the students have written.
pub fn references(course: &Course, exercises: &[&Entry]) -> anyhow::Result<Built> {
    let packages: Vec<String> = exercises.iter().map(|entry| solution_of(entry)).collect();
    let built = build::each(&course.root, &packages, &["--bins"])?;
    let mut built = with_tests(course, exercises, tests_of, built)?;
    built.libraries.retain(|name, _| LIBRARIES.contains(&name.as_str()));
    Ok(built)
}

/// The hidden tests of each exercise that has some.
pub fn hidden_suites(course: &Course, exercises: &[&Entry]) -> anyhow::Result<Vec<Suite>> {
    let built = with_tests(course, exercises, hidden_tests_of, Built::default())?;
    let suite = |entry: &&Entry| {
        Suite::ask(binary(&built, &hidden_tests_of(entry)).context("the course's own tests")?)
    };
    exercises.iter().map(suite).collect()
}

/// The tests are built apart: in one build with the programs cargo would join the features that
/// both ask of the libraries, and compile the programs once more than for `run`.
fn with_tests(
    course: &Course,
    exercises: &[&Entry],
    name: fn(&Entry) -> String,
    mut built: Built,
) -> anyhow::Result<Built> {
    let root = &course.root;
    let mut changed = Vec::new();
    for entry in exercises {
        match build::known(root, &name(entry)) {
            Some(tests) => drop(built.binaries.insert(name(entry), tests)),
            None => changed.push(*entry),
        }
    }
    if !changed.is_empty() {
        let packages: Vec<&str> = changed.iter().map(|entry| entry.id.as_str()).collect();
        let targets = changed.iter().flat_map(|entry| ["--example".to_owned(), name(entry)]);
        let asked = SystemTime::now();
        let tests = build::each(root, &packages, &targets.collect::<Vec<_>>())?;
        for entry in changed {
            if let Some(binary) = tests.binaries.get(&name(entry)) {
                build::remember(root, &name(entry), binary, asked);
            }
        }
        built.binaries.extend(tests.binaries);
        built.said.extend(tests.said);
    }
    Ok(built)
}

/// A program of an exercise that is no package.
pub enum Source {
    /// A file below the root.
    File(PathBuf),
    /// A patch below the root, against the exercise's solution.
    Patch(PathBuf),
}

impl Source {
    fn path(&self) -> &Path {
        match self {
            Source::File(path) | Source::Patch(path) => path,
        }
    }

    fn text(&self, root: &Path, entry: &Entry) -> anyhow::Result<String> {
        let read = |path: &Path| {
            let text = std::fs::read_to_string(root.join(path));
            text.with_context(|| format!("read {}", path.display()))
        };
        let text = read(self.path())?;
        match self {
            Source::File(_) => Ok(text),
            Source::Patch(path) => {
                let solution = Path::new("solutions").join(entry.folder_name()).join("src/main.rs");
                let patch = diffy::Patch::from_str(&text)
                    .with_context(|| format!("understand {}", path.display()))?;
                diffy::apply(&read(&solution)?, &patch).with_context(|| {
                    format!("apply {} to {}: make it anew", path.display(), solution.display())
                })
            }
        }
    }
}

/// Compiles one as if it were the exercise's program, unless the same was compiled before.
pub fn variant(
    root: &Path,
    entry: &Entry,
    built: &Built,
    name: &str,
    source: &Source,
) -> anyhow::Result<PathBuf> {
    let target = binary(built, &solution_of(entry))?.parent().context("a target directory")?;
    let folder = target.join("variants").join(&entry.id).join(name);
    std::fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
    let program = folder.join(&entry.id);
    let mark = folder.join("compiled-from");
    let text = source.text(root, entry)?;
    let now = fingerprint(&text, &built.libraries);
    if program.exists() && std::fs::read_to_string(&mark).is_ok_and(|before| before == now) {
        return Ok(program);
    }
    let file = folder.join("main.rs");
    std::fs::write(&file, text).with_context(|| format!("write {}", file.display()))?;
    build::variant(&file, &program, &built.libraries)
        .with_context(|| format!("compile what {} says", source.path().display()))?;
    files::replace(&mark, now.as_bytes()).with_context(|| format!("write {}", mark.display()))?;
    Ok(program)
}

/// The source, and the libraries: cargo gives each version its own name.
fn fingerprint(text: &str, libraries: &BTreeMap<String, PathBuf>) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(text.as_bytes());
    for (name, file) in libraries {
        let changed = std::fs::metadata(file).and_then(|file| file.modified());
        hasher.write(format!("{name} {} {changed:?}", file.display()).as_bytes());
    }
    format!("{:016x}", hasher.finish())
}
