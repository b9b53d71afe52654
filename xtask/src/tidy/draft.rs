//! An exercise that is being written: a draft, as long as a line of it says what is to be written.
//!
//! Tidy leaves a draft in peace, so that its author can run everything else. The gate refuses it,
//! and says all that it lacks in one go.

use std::path::{Path, PathBuf};

use course::{Entry, Form};

use super::exercises::manifest;
use super::tree::Tree;

/// Behind it a line says what belongs there.
const MARK: &str = "To be written: ";
const MUTANTS_MIN: usize = 4;
/// Of an exercise that is built from nothing, so that its tests do not ask for one design.
const ALTERNATIVES_MIN: usize = 2;

/// Everything that a draft lacks, a line each; nothing where the exercise is no draft.
pub fn unfinished(tree: &Tree, entry: &Entry) -> Vec<String> {
    let mut findings: Vec<String> = marks(tree, entry).collect();
    if !findings.is_empty() {
        findings.extend(lacking(tree, entry));
    }
    findings
}

pub fn is_draft(tree: &Tree, entry: &Entry) -> bool {
    marks(tree, entry).next().is_some()
}

/// The lines that say what is to be written, but for those in the copy of the skeleton.
fn marks(tree: &Tree, entry: &Entry) -> impl Iterator<Item = String> {
    let (own, reference) = (&entry.path, reference(entry));
    let students = entry.path.join("src");
    let is_its = move |path: &Path| {
        (path.starts_with(own) || path.starts_with(&reference)) && !path.starts_with(&students)
    };
    tree.texts.iter().filter(move |(path, _)| is_its(path)).flat_map(|(path, text)| {
        text.lines().enumerate().filter_map(move |(index, line)| {
            let (_, what) = line.split_once(MARK)?;
            let what = what.trim_end_matches('"');
            Some(format!("{}:{}: to be written: {what}", path.display(), index + 1))
        })
    })
}

fn reference(entry: &Entry) -> PathBuf {
    Path::new("solutions").join(entry.folder_name())
}

/// What no line stands for: programs that are not there yet, and what is told of them.
pub fn lacking(tree: &Tree, entry: &Entry) -> Vec<String> {
    let mut findings = Vec::new();
    let (path, manifest) = (entry.path.display(), manifest(entry));
    if entry.mutants.len() < MUTANTS_MIN {
        findings.push(format!(
            "{path}/mutants: {} wrong programs of at least {MUTANTS_MIN}: make each mistake in a \
             copy of the solution, `diff -u {}/src/main.rs COPY > {path}/mutants/NAME.patch`, and \
             record in {manifest} how it fails",
            entry.mutants.len(),
            reference(entry).display()
        ));
    }
    if entry.form == Form::Build && entry.alternatives.len() < ALTERNATIVES_MIN {
        findings.push(format!(
            "{path}/alternatives: {} other right programs of at least {ALTERNATIVES_MIN}: write \
             NAME.rs, built otherwise than the solution, and name it in {manifest}",
            entry.alternatives.len()
        ));
    }
    for path in told(entry).iter().filter(|path| !tree.texts.contains_key(*path)) {
        findings.push(format!(
            "{}: missing: record it with `cargo xtask check --gate --accept {}` when all else is \
             there",
            path.display(),
            entry.id
        ));
    }
    findings
}

/// The records of what students are told of the skeleton and of each mutant.
pub fn told(entry: &Entry) -> Vec<PathBuf> {
    let recorded = entry.mutants.iter().filter(|(_, mutant)| mutant.varies.is_none());
    let names = ["skeleton"].into_iter().chain(recorded.map(|(name, _)| name.as_str()));
    names.map(|name| entry.path.join("told").join(format!("{name}.txt"))).collect()
}
