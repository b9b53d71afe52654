//! What a beginner is told to type next, on a terminal.

use std::process::Command;

use fixture::terminal::Terminal;

use crate::course::Watched;

#[track_caller]
fn runner(watched: &Watched, words: &[&str]) -> Terminal {
    let xtask = launcher::xtask_path().expect("build the runner");
    let mut command = Command::new(xtask);
    command.args(words).current_dir(watched.course.root()).env("TERM", "xterm");
    command.env_remove("CARGO_TARGET_DIR");
    Terminal::start(&command)
}

#[test]
fn a_lesson_leads_to_its_source_to_its_exercise_and_to_the_next_lesson() {
    let watched = Watched::new();
    let mut terminal = runner(&watched, &["run", "1"]);
    terminal.expect("== two: the second");
    terminal.expect("read       lessons/lesson-01-good/src/main.rs");
    terminal.expect("then try   cargo xtask watch ex-01");
    terminal.expect("or go on   cargo xtask run lesson-02");
    assert!(terminal.wait().success());
    // A part of it is no end of it.
    let mut part = runner(&watched, &["run", "1", "--", "one"]);
    assert!(part.wait().success());
    assert!(!part.screen().contains("cargo xtask"), "{}", part.screen());
}

#[test]
fn the_list_leads_to_the_first_that_is_open() {
    let watched = Watched::new();
    let mut terminal = runner(&watched, &["list"]);
    terminal.expect("next exercise: exercises/ex-01-concept/README.md");
    terminal.expect("cargo xtask watch ex-01");
    assert!(terminal.wait().success());
}
