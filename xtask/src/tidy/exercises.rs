//! Every exercise: its texts, its programs and its reference are there, and belong together.

use std::path::{Path, PathBuf};

use course::{Course, Entry, LIBRARIES};

use super::draft;
use super::tree::Tree;

/// A nudge, the idea, nearly the answer.
const HINTS: [&str; 3] = ["hints/1.md", "hints/2.md", "hints/3.md"];
/// A hint is printed as it stands.
const HINT_COLUMNS: usize = 80;
const VERDICTS: [&str; 7] =
    ["fail", "deadlock", "hang", "time-limit", "memory-limit", "output-limit", "crashed"];

pub fn check(course: &Course, tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for entry in course.exercises() {
        findings.extend(texts(tree, entry));
        findings.extend(programs(tree, entry));
        // What a draft lacks is the gate's to say: its author is not done.
        if !draft::is_draft(tree, entry) {
            findings.extend(draft::lacking(tree, entry));
        }
        findings.extend(records(entry));
        findings.extend(reference(tree, entry));
        let lesson = entry.lesson.as_deref().unwrap_or_default();
        if !course.lessons().any(|known| known.id == lesson) {
            findings.push(format!("{}: no lesson `{lesson}`", manifest(entry)));
        }
        if std::env::var("CI").is_ok_and(|value| value == "true") {
            findings.extend(untouched(tree, entry));
        }
    }
    for folder in folders(tree, Path::new("solutions")) {
        let is_known = course.exercises().any(|entry| entry.folder_name() == folder);
        if !is_known {
            findings.push(format!("solutions/{folder}: no exercise has this name"));
        }
    }
    findings
}

pub fn manifest(entry: &Entry) -> String {
    entry.path.join("Cargo.toml").display().to_string()
}

/// The task and the hints.
fn texts(tree: &Tree, entry: &Entry) -> Vec<String> {
    let mut findings = Vec::new();
    for name in ["README.md"].iter().chain(&HINTS) {
        let path = entry.path.join(name);
        match tree.texts.get(&path).map(|text| text.trim()) {
            None | Some("") => findings.push(format!("{}: missing or empty", path.display())),
            Some(text) if name.starts_with("hints") => {
                let long = text.lines().position(|line| line.chars().count() > HINT_COLUMNS);
                findings.extend(long.map(|line| {
                    format!("{}:{}: more than {HINT_COLUMNS} columns", path.display(), line + 1)
                }));
            }
            Some(text) => {
                let check = format!("cargo xtask check {}", entry.id);
                if !text.contains(&check) {
                    findings.push(format!("{}: does not name `{check}`", path.display()));
                }
            }
        }
    }
    findings
}

/// The skeleton, the tests, and a file for each wrong and each other right program.
fn programs(tree: &Tree, entry: &Entry) -> Vec<String> {
    let mut findings = Vec::new();
    let file = |folder: &str, name: &str| entry.path.join(folder).join(format!("{name}.rs"));
    let patch = |name: &String| entry.path.join("mutants").join(format!("{name}.patch"));
    let mut wanted: Vec<PathBuf> =
        [file("src", "main"), file("skeleton", "main"), file("tests", "main")].to_vec();
    wanted.extend(entry.mutants.keys().map(patch));
    wanted.extend(entry.alternatives.iter().map(|name| file("alternatives", name)));
    if !entry.hidden.is_empty() {
        wanted.push(file("hidden", "main"));
    }
    wanted.extend(
        entry
            .hidden_mutants
            .keys()
            .map(|name| entry.path.join("hidden").join(format!("{name}.patch"))),
    );
    for path in wanted.iter().filter(|path| !tree.texts.contains_key(*path)) {
        findings.push(format!("{}: missing", path.display()));
    }
    wanted.extend(draft::told(entry));
    let is_variant = |path: &&PathBuf| {
        let is_patch = path.extension().is_some_and(|ending| ending == "patch");
        ["mutants", "alternatives", "told"]
            .iter()
            .any(|folder| path.starts_with(entry.path.join(folder)))
            || (path.starts_with(entry.path.join("hidden"))
                && (is_patch || entry.hidden.is_empty()))
    };
    for path in tree.texts.keys().filter(is_variant).filter(|path| !wanted.contains(path)) {
        findings.push(format!("{}: {} does not name it", path.display(), manifest(entry)));
    }
    for test in &entry.hidden {
        // A test that nothing fails might be one that cannot fail.
        if !entry.hidden_mutants.values().any(|mutant| mutant.test == test.name) {
            findings.push(format!("{}: no hidden mutant fails `{}`", manifest(entry), test.name));
        }
    }
    findings
}

/// The recorded verdicts are words of the tests, and a skeleton does not wait for a deadline.
fn records(entry: &Entry) -> Vec<String> {
    let mut findings = Vec::new();
    let skeleton = [("skeleton", &entry.skeleton)].into_iter();
    for (name, record) in entry
        .mutants
        .iter()
        .chain(&entry.hidden_mutants)
        .map(|(name, record)| (name.as_str(), record))
        .chain(skeleton)
    {
        if !VERDICTS.contains(&record.verdict.as_str()) {
            let (verdict, known) = (&record.verdict, VERDICTS.join(", "));
            findings.push(format!(
                "{}: `{name}` has the verdict `{verdict}`; there are {known}",
                manifest(entry)
            ));
        }
    }
    if entry.skeleton.verdict == "time-limit" {
        findings.push(format!("{}: the skeleton does not fail fast", manifest(entry)));
    }
    findings
}

/// The reference program is a package of its own, linked with the same libraries.
fn reference(tree: &Tree, entry: &Entry) -> Vec<String> {
    let folder = Path::new("solutions").join(entry.folder_name());
    let path = folder.join("Cargo.toml");
    let Some(text) = tree.texts.get(&path) else {
        return vec![format!("{}: missing", path.display())];
    };
    let mut findings = Vec::new();
    let name = format!("name = \"sol-{:02}\"", entry.number);
    if !text.contains(&name) {
        findings.push(format!("{}: `{name}` is missing", path.display()));
    }
    if !tree.texts.contains_key(&folder.join("src/main.rs")) {
        findings.push(format!("{}: missing", folder.join("src/main.rs").display()));
    }
    let own = tree.texts.get(&entry.path.join("Cargo.toml")).map_or("", String::as_str);
    for (path, text) in [(path.display().to_string(), text.as_str()), (manifest(entry), own)] {
        let has = |library: &str| text.contains(&format!("\n{library}.workspace = true\n"));
        for library in LIBRARIES.iter().filter(|library| !has(library)) {
            findings.push(format!("{path}: the dependency {library} is missing"));
        }
    }
    findings
}

/// In the repository itself nobody has solved anything.
fn untouched(tree: &Tree, entry: &Entry) -> Vec<String> {
    let files = |folder: &str| -> Vec<(PathBuf, &str)> {
        let folder = entry.path.join(folder);
        let relative = |path: &Path| path.strip_prefix(&folder).unwrap_or(path).to_owned();
        tree.rust_below(&folder).map(|(path, text)| (relative(path), text)).collect()
    };
    if files("src") == files("skeleton") {
        return Vec::new();
    }
    vec![format!("{}: not as in skeleton/", entry.path.join("src").display())]
}

/// The names of the folders directly below `folder` that hold a file.
fn folders(tree: &Tree, folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = tree
        .texts
        .keys()
        .filter_map(|path| path.strip_prefix(folder).ok())
        .filter(|below| below.components().count() > 1)
        .filter_map(|below| below.iter().next())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.dedup();
    names
}
