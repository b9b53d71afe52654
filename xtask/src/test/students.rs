//! The steps of `test` in the students' copy of the course.

use std::ffi::OsString;

use course::Course;

use super::step::Step;

/// All of them. What the students write is left out: who has not solved an exercise yet has broken
/// nothing.
pub const ALL: &[Step] = &[
    step(
        "tools",
        "the runner and what it stands on compile",
        "cargo build --workspace --exclude ex-*",
    ),
    step("tasks", "the exercises' tests compile", "cargo build --package ex-* --examples"),
    step(
        "parts",
        "the lessons' own tests",
        "cargo test --package lesson-* --no-fail-fast -- --show-output",
    ),
    step("snapshots", "every lesson prints what is stored", "xtask snapshot"),
];

const fn step(name: &'static str, what: &'static str, command: &'static str) -> Step {
    Step { name, what, command, more: nothing, in_ci: "", needs: None }
}

fn nothing(_: &Course) -> anyhow::Result<Vec<OsString>> {
    Ok(Vec::new())
}
