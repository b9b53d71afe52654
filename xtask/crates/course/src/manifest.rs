//! One entry's Cargo.toml.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use toml::de::DeTable;

use crate::keys::Keys;
use crate::{Entry, Kind};

/// A listing of the article that a lesson covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// What the article calls it.
    pub listing: String,
    /// The part of the lesson where it stands.
    pub part: String,
    /// What the article has wrong there.
    pub corrected: String,
}

/// One of the tests that an exercise is checked with.
#[derive(Clone, Debug, PartialEq)]
pub struct ExerciseTest {
    pub name: String,
    /// What passing it is worth.
    pub points: f64,
    /// A test before it that must pass, or this one says nothing.
    pub needs: Option<String>,
}

/// A wrong program of an exercise, and how its tests must notice it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mutant {
    /// The test that must fail.
    pub test: String,
    /// The verdict of that test, in the word of the tests' reports: `fail`, `deadlock`, `crashed`.
    pub verdict: String,
    /// Words that must stand in what the student is told came.
    pub came: String,
    /// Why what the student is told differs from run to run, where it does.
    pub varies: Option<String>,
}

/// What a student has to do in an exercise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Find the bug in a program that is there.
    Repair,
    /// Write the program.
    Build,
}

const LESSON_KEYS: &[&str] = &["title", "concept", "article", "listings"];
const EXERCISE_KEYS: &[&str] = &[
    "title",
    "concept",
    "lesson",
    "article",
    "form",
    "tests",
    "hidden",
    "skeleton",
    "mutants",
    "hidden-mutants",
    "alternatives",
];
const MUTANT_KEYS: &[&str] = &["test", "verdict", "came", "varies"];

/// Reads the entry in `folder`, which lies below `root`.
pub fn read(kind: Kind, root: &Path, folder: &Path) -> anyhow::Result<Entry> {
    let path = folder.strip_prefix(root).unwrap_or(folder).to_owned();
    let manifest = path.join("Cargo.toml");
    let text = fs::read_to_string(folder.join("Cargo.toml")).with_context(|| {
        format!("read {}: every folder in {} is a crate", manifest.display(), kind.folder())
    })?;
    let table = DeTable::parse(&text)
        .with_context(|| format!("understand {}", manifest.display()))?
        .into_inner();
    let package = table.get("package").map(|package| package.get_ref());
    let id = package
        .and_then(|package| package.get("name")?.get_ref().as_str())
        .with_context(|| format!("{}: the key package.name is missing", manifest.display()))?;
    let course =
        package.and_then(|package| package.get("metadata")?.get_ref().get("course")).with_context(
            || format!("{}: the table [package.metadata.course] is missing", manifest.display()),
        )?;
    let number = number_of(kind, id, &path)?;

    let known = match kind {
        Kind::Lesson => LESSON_KEYS,
        Kind::Exercise => EXERCISE_KEYS,
    };
    let entry = |keys: Keys<'_>| {
        let tests = tests(kind, &keys)?;
        let entry = Entry {
            kind,
            number,
            id: id.to_owned(),
            path,
            title: keys.text("title")?,
            concept: keys.text("concept")?,
            article: match kind {
                Kind::Lesson => Some(keys.text("article")?),
                Kind::Exercise => keys.optional_text("article")?,
            },
            listings: listings(&keys)?,
            lesson: match kind {
                Kind::Lesson => None,
                Kind::Exercise => Some(keys.text("lesson")?),
            },
            form: form(kind, &keys)?,
            hidden: more_tests("hidden", &keys, &tests)?,
            tests,
            skeleton: skeleton(kind, &keys)?,
            mutants: mutants("mutants", &keys)?,
            hidden_mutants: mutants("hidden-mutants", &keys)?,
            alternatives: keys.texts("alternatives")?,
        };
        check_names(&entry)?;
        check_mutants(&entry)?;
        Ok(entry)
    };
    Keys::of(course.get_ref(), "", known)
        .and_then(entry)
        .with_context(|| format!("{}: [package.metadata.course]", manifest.display()))
}

fn listings(keys: &Keys<'_>) -> anyhow::Result<Vec<Listing>> {
    let listing = |keys: Keys<'_>| {
        let (listing, part) = (keys.text("listing")?, keys.text("part")?);
        Ok(Listing { listing, part, corrected: keys.text("corrected")? })
    };
    let tables = keys.tables("listings", &["listing", "part", "corrected"])?;
    tables.into_iter().map(listing).collect()
}

/// An exercise has at least one.
fn tests(kind: Kind, keys: &Keys<'_>) -> anyhow::Result<Vec<ExerciseTest>> {
    let tests = more_tests("tests", keys, &[])?;
    ensure!(kind == Kind::Lesson || !tests.is_empty(), "the key `tests` is missing or empty");
    Ok(tests)
}

/// The tests under a key, after others. Each name stands once, and what a test needs stands before
/// it.
fn more_tests(
    key: &str,
    keys: &Keys<'_>,
    before: &[ExerciseTest],
) -> anyhow::Result<Vec<ExerciseTest>> {
    let mut tests: Vec<ExerciseTest> = Vec::new();
    for keys in keys.tables(key, &["name", "points", "needs"])? {
        let (name, key) = (keys.text("name")?, keys.name("name"));
        ensure!(
            is_kebab(&name),
            "the key `{key}` is `{name}`: it takes lower-case words with hyphens between them"
        );
        let is_before = |name: &str| before.iter().chain(&tests).any(|test| test.name == name);
        ensure!(!is_before(&name), "the key `{key}` is `{name}`, as that of a test before it");
        let needs = keys.optional_text("needs")?;
        if let Some(needed) = needs.as_deref().filter(|needed| !is_before(needed)) {
            bail!(
                "the key `{}` is `{needed}`: no test before it has that name",
                keys.name("needs")
            );
        }
        tests.push(ExerciseTest { name, points: keys.positive("points")?, needs });
    }
    Ok(tests)
}

fn form(kind: Kind, keys: &Keys<'_>) -> anyhow::Result<Form> {
    if kind == Kind::Lesson {
        return Ok(Form::Repair);
    }
    match keys.text("form")?.as_str() {
        "repair" => Ok(Form::Repair),
        "build" => Ok(Form::Build),
        other => bail!("the key `form` is `{other}`: it takes `repair` or `build`"),
    }
}

/// How the skeleton fails, as for a mutant.
fn skeleton(kind: Kind, keys: &Keys<'_>) -> anyhow::Result<Mutant> {
    match kind {
        Kind::Lesson => Ok(Mutant::default()),
        Kind::Exercise => mutant(&keys.table("skeleton", MUTANT_KEYS)?),
    }
}

fn mutants(key: &str, keys: &Keys<'_>) -> anyhow::Result<BTreeMap<String, Mutant>> {
    let named = |(name, keys): (String, Keys<'_>)| Ok((name, mutant(&keys)?));
    keys.named_tables(key, MUTANT_KEYS)?.into_iter().map(named).collect()
}

fn mutant(keys: &Keys<'_>) -> anyhow::Result<Mutant> {
    let (test, verdict) = (keys.text("test")?, keys.text("verdict")?);
    Ok(Mutant { test, verdict, came: keys.text("came")?, varies: keys.optional_text("varies")? })
}

fn check_mutants(entry: &Entry) -> anyhow::Result<()> {
    for (name, mutant) in &entry.hidden_mutants {
        ensure!(
            entry.hidden.iter().any(|test| test.name == mutant.test),
            "`{name}` names the hidden test `{}`, which is not there",
            mutant.test
        );
    }
    let skeleton = ("skeleton", &entry.skeleton);
    let mutants = entry.mutants.iter().map(|(name, mutant)| (name.as_str(), mutant));
    let all = mutants.chain((entry.kind == Kind::Exercise).then_some(skeleton));
    for (name, mutant) in all {
        ensure!(
            entry.tests.iter().any(|test| test.name == mutant.test),
            "`{name}` names the test `{}`, which is not there",
            mutant.test
        );
    }
    Ok(())
}

/// A concept is something to type, and cannot be taken for an ID.
fn check_names(entry: &Entry) -> anyhow::Result<()> {
    let Entry { title, concept, .. } = entry;
    ensure!(!title.trim().is_empty(), "the key `title` is empty");
    let is_id = ["lesson-", "ex-"].iter().any(|prefix| concept.starts_with(prefix));
    ensure!(
        is_kebab(concept) && !is_id,
        "the key `concept` is `{concept}`: it takes lower-case words with hyphens between them, \
         and does not begin like an ID"
    );
    Ok(())
}

fn is_kebab(name: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.split('-').all(is_word)
}

/// `lesson-04` in a folder `lesson-04-…` is number 4.
fn number_of(kind: Kind, id: &str, path: &Path) -> anyhow::Result<u32> {
    let prefix = kind.prefix();
    let digits = id.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-'));
    let Some(digits) = digits.filter(|digits| digits.len() == 2) else {
        bail!("{}/Cargo.toml: package.name is `{id}`, not `{prefix}-NN`", path.display());
    };
    let number = digits.parse().ok().filter(|&number| number > 0).with_context(|| {
        format!("{}/Cargo.toml: package.name is `{id}`, not `{prefix}-NN`", path.display())
    })?;
    let folder = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    ensure!(
        folder.strip_prefix(id).is_some_and(|slug| slug.len() > 1 && slug.starts_with('-')),
        "{}: a folder for the package `{id}` is named `{id}-…`",
        path.display()
    );
    Ok(number)
}
