//! The steps of `test`.

use std::ffi::OsString;
use std::path::Path;

use course::Course;

use super::step::Step;
use crate::tidy::{Tree, is_the_students};

const CLIPPY: Option<(&str, &str)> =
    Some(("cargo clippy --version", "rustup component add clippy"));
const RUSTFMT: Option<(&str, &str)> = Some(("cargo fmt --version", "rustup component add rustfmt"));
const DENY: Option<(&str, &str)> =
    Some(("cargo deny --version", "cargo install cargo-deny --version 0.20.2 --locked"));

const BWRAP: Option<(&str, &str)> = Some(("bwrap --version", "apt-get install bubblewrap"));
const TYPOS: Option<(&str, &str)> =
    Some(("typos --version", "cargo install typos-cli --version 1.52.0 --locked"));

/// All of them, in the order in which they run. What the students write is left out of every one:
/// who has solved an exercise, or has not yet, has broken nothing.
pub const ALL: &[Step] = &[
    Step {
        needs: RUSTFMT,
        more: not_the_students,
        ..step("format", "rustfmt would change nothing", "rustfmt --check --edition 2024")
    },
    Step {
        needs: CLIPPY,
        in_ci: "-- -D warnings",
        ..step(
            "clippy",
            "the lints; with CI=true a warning is an error",
            "cargo clippy --workspace --exclude ex-* --all-targets",
        )
    },
    Step {
        needs: CLIPPY,
        in_ci: "-- -D warnings",
        ..step(
            "clippy-tests",
            "the lints on the exercises' tests",
            "cargo clippy --package ex-* --examples",
        )
    },
    Step {
        needs: DENY,
        ..step(
            "deny",
            "licences, bans and sources of the dependencies",
            "cargo deny --locked check licenses bans sources",
        )
    },
    step(
        "unit",
        "unit tests",
        "cargo test --workspace --exclude ex-* --lib --bins -- --show-output",
    ),
    step(
        "docs",
        "the documentation's examples",
        "cargo test --workspace --exclude ex-* --doc --no-fail-fast",
    ),
    step(
        "launcher",
        "programs that misbehave end, with all they started",
        "cargo test -p launcher --test launcher -- --show-output",
    ),
    step(
        "museum",
        "what the doctor says of programs that hang, and of others",
        "cargo test -p doctor --test museum -- --show-output",
    ),
    step(
        "interface",
        "every verb, every exit status",
        "cargo test -p xtask --test interface -- --show-output",
    ),
    step(
        "comparing",
        "the comparison of snapshots, on small courses",
        "cargo test -p snapshots --test verb -- --show-output",
    ),
    step(
        "refusals",
        "lessons that the kernel refuses something end with a clear message",
        "cargo test -p snapshots --test refusals -- --show-output",
    ),
    step(
        "grader",
        "submissions are graded as they deserve, and no result is lost",
        "cargo test -p grader --test grader --test forms -- --show-output",
    ),
    Step {
        needs: BWRAP,
        ..step(
            "attacks",
            "the grader's sandbox holds on this machine, and nothing is left",
            "cargo test -p grader --test attacks -- --show-output",
        )
    },
    // All integration tests that have no step of their own.
    step(
        "parts",
        "tests of the course's own crates and lessons",
        "cargo test --workspace --exclude ex-* --exclude launcher --exclude xtask \
         --exclude snapshots --exclude doctor --exclude grader --test * --no-fail-fast -- --show-output",
    ),
    step("snapshots", "every lesson prints what is stored", "xtask snapshot"),
    Step { needs: TYPOS, ..step("spelling", "spelling", "typos --config .ci/typos.toml") },
    step("book", "command lines in the book print what it says", "xtask book --check"),
    step("exercises", "wrong programs fail as recorded, right ones pass", "xtask check --gate"),
    step("tidy", "the repository's own rules", "xtask tidy"),
];

const fn step(name: &'static str, what: &'static str, command: &'static str) -> Step {
    Step { name, what, command, more: nothing, in_ci: "", needs: None }
}

fn nothing(_: &Course) -> anyhow::Result<Vec<OsString>> {
    Ok(Vec::new())
}

/// Every Rust file but theirs.
fn not_the_students(course: &Course) -> anyhow::Result<Vec<OsString>> {
    let tree = Tree::read(&course.root)?;
    let files = tree.rust_below(Path::new("")).map(|(path, _)| path);
    Ok(files.filter(|path| !is_the_students(path)).map(OsString::from).collect())
}
