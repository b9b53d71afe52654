//! No line of a solution is in the students' copy that is not in a skeleton or a lesson.
//!
//! A line counts without the blanks around it, and if it has at least three names, numbers or words
//! of a text; Rust's keywords are none. What has fewer (`}`, `break;`, `for &byte in bytes {`) says
//! nothing of how an exercise is solved. The runner's own sources know nothing of the exercises,
//! but are in the same language: in them one line that a solution has as well is a phrase
//! (`Err(error) => return Err(error),`), and only three in succession are a leak.

use std::collections::BTreeSet;
use std::path::Path;

use crate::kit::{copy, course, texts};

const KEYWORDS: &[&str] = &[
    "as", "const", "crate", "else", "enum", "fn", "for", "if", "impl", "in", "let", "loop",
    "match", "mod", "mut", "pub", "ref", "return", "self", "static", "struct", "use", "where",
    "while",
];

/// Whether a line says something.
fn counts(line: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let words = line.split(|c| !is_part(c));
    words.filter(|word| !word.is_empty() && !KEYWORDS.contains(word)).count() >= 3
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| counts(line))
}

/// The lines of right programs that are in no lesson and no skeleton.
fn secrets() -> BTreeSet<String> {
    let of = |folder: &str, wanted: &dyn Fn(&Path) -> bool| {
        let texts = texts(&course().join(folder));
        let wanted = texts.into_iter().filter(|(path, _)| {
            path.extension().is_some_and(|ending| ending == "rs") && wanted(path)
        });
        let all: String = wanted.map(|(_, text)| text + "\n").collect();
        lines(&all).map(str::to_owned).collect::<BTreeSet<String>>()
    };
    let below = |path: &Path, name: &str| path.iter().any(|part| part == name);
    let mut secrets = of("solutions", &|_| true);
    secrets.extend(of("exercises", &|path| below(path, "alternatives")));
    for known in [of("lessons", &|_| true), of("exercises", &|path| below(path, "skeleton"))] {
        secrets.retain(|line| !known.contains(line));
    }
    assert!(secrets.len() > 500, "{} lines to look for", secrets.len());
    secrets
}

/// What of the secrets is in a text, `successive` lines after each other.
fn found<'a>(text: &'a str, secrets: &BTreeSet<String>, successive: usize) -> Vec<&'a str> {
    let all: Vec<&str> = lines(text).collect();
    let leaks =
        all.windows(successive).filter(|few| few.iter().all(|line| secrets.contains(*line)));
    leaks.flatten().copied().collect()
}

#[test]
fn no_line_of_a_solution_is_in_it() {
    let secrets = secrets();
    for (path, text) in texts(copy()) {
        let successive = if path.starts_with("xtask") { 3 } else { 1 };
        let leaks = found(&text, &secrets, successive);
        assert_eq!(leaks, Vec::<&str>::new(), "{}", path.display());
    }
}

#[test]
fn a_line_of_a_solution_would_be_found_anywhere() {
    let secrets = secrets();
    let mut solutions = texts(&course().join("solutions"));
    solutions.retain(|path, _| path.ends_with("src/main.rs"));
    assert!(solutions.len() >= 12);
    for (path, text) in solutions {
        let own = found(&text, &secrets, 1);
        assert!(!own.is_empty(), "{}", path.display());
        let quoted = format!("## A hint\n\n    {}\n", own[0]);
        assert_eq!(found(&quoted, &secrets, 1), [own[0]]);
    }
}

#[test]
fn nothing_that_is_kept_from_students_is_in_it() {
    let all = texts(copy());
    let forbidden = [
        "alternatives",
        "bench",
        "grader",
        "handout",
        "hidden",
        "mutants",
        "sandbox",
        "solutions",
        "told",
    ];
    for path in all.keys() {
        let part = path.iter().find(|part| {
            let stem = Path::new(part).file_stem().and_then(|stem| stem.to_str());
            stem.is_some_and(|stem| forbidden.contains(&stem))
        });
        // The runner's own words for a program that may be right.
        let is_source = path.starts_with("xtask/crates");
        assert!(
            part.is_none() || (is_source && !path.ends_with("Cargo.toml")),
            "{}",
            path.display()
        );
    }
    let manifests = all.iter().filter(|(path, _)| path.starts_with("exercises"));
    for (path, text) in manifests.filter(|(path, _)| path.ends_with("Cargo.toml")) {
        for word in ["hidden", "mutants", "alternatives"] {
            assert!(!text.contains(word), "{word} in {}", path.display());
        }
    }
    let names = hidden_tests();
    assert!(!names.is_empty());
    for (path, text) in all.iter().filter(|(path, _)| path.starts_with("exercises")) {
        let named = names.iter().find(|name| text.contains(&format!("\"{name}\"")));
        assert_eq!(named, None, "a hidden test in {}", path.display());
    }
}

fn hidden_tests() -> Vec<String> {
    let course = course::Course::read(course()).expect("read the course");
    let hidden = course.exercises().flat_map(|exercise| &exercise.hidden);
    hidden.map(|test| test.name.clone()).collect()
}

/// Whatever stands in this checkout.
#[test]
fn every_exercise_begins_with_its_skeleton() {
    let all = texts(copy());
    let is_skeleton = |path: &&std::path::PathBuf| path.ends_with("skeleton/main.rs");
    let skeletons: Vec<_> = all.keys().filter(is_skeleton).collect();
    assert!(skeletons.len() >= 12);
    for path in skeletons {
        let src = path.parent().and_then(Path::parent).expect("an exercise").join("src/main.rs");
        assert_eq!(all.get(&src), all.get(path), "{}", src.display());
    }
}
