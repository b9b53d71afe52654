//! `list`, colours, widths, help, and where the runner may be called from.

use std::process::{Command, Stdio};

use fixture::{Fixture, GOOD};

use super::{run, stderr, stdout, xtask};

const VERBS: [&str; 13] = [
    "list", "book", "run", "check", "watch", "hint", "reset", "solution", "snapshot", "test",
    "tidy", "new", "bench",
];

#[test]
fn lessons_come_in_order_with_their_state() {
    let course = Fixture::new(GOOD);
    let before = run(course.root(), ["list"]).success();
    assert_eq!(
        stdout(&before),
        "lesson-01  never tried  good   Lesson 1\nlesson-02  never tried  other  Lesson 2\n\n\
         next lesson:   cargo xtask run lesson-01\n"
    );
    run(course.root(), ["run", "1"]).success();
    course.lesson(2, "other", "fn main() { std::process::exit(3) }");
    run(course.root(), ["run", "2"]).code(3);
    let after = stdout(&run(course.root(), ["list"]).success());
    assert!(after.contains("lesson-01  done"), "{after}");
    assert!(after.contains("lesson-02  open"), "{after}");
    assert!(after.ends_with("\n\nnext lesson:   cargo xtask run lesson-02\n"), "{after}");
    // Nothing is next when all is done.
    course.lesson(2, "other", "fn main() {}");
    run(course.root(), ["run", "2"]).success();
    let done = stdout(&run(course.root(), ["list"]).success());
    assert!(done.ends_with("other  Lesson 2\n"), "{done}");
}

#[test]
fn json_has_the_same_entries() {
    let course = Fixture::new(GOOD);
    let text = stdout(&run(course.root(), ["list", "--format", "json"]).success());
    let all: serde_json::Value = serde_json::from_str(&text).expect("valid JSON");
    assert_eq!(all["format"], "pipeworks-list/1");
    assert_eq!(all["entries"][1]["id"], "lesson-02");
    assert_eq!(all["entries"][1]["state"], "never tried");
}

#[test]
fn colours_come_only_where_they_are_wanted() {
    let course = Fixture::new(GOOD);
    let escape = '\x1b';
    let list = |words: &[&str]| run(course.root(), [&["list"], words].concat()).success();
    assert!(!stdout(&list(&[])).contains(escape), "a pipe is no terminal");
    assert!(stdout(&list(&["--color", "always"])).contains(escape));
    assert!(!stdout(&list(&["--color", "never"])).contains(escape));
    let forced = xtask(course.root()).arg("list").env("CLICOLOR_FORCE", "1").assert().success();
    assert!(stdout(&forced).contains(escape));
    let both = [("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")];
    let both = xtask(course.root()).arg("list").envs(both).assert();
    assert!(!stdout(&both.success()).contains(escape));
}

#[test]
fn nothing_is_wider_than_a_terminal() {
    let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let mut texts = vec![stdout(&run(root, ["list"]).success())];
    for verb in VERBS {
        texts.push(stdout(&run(root, [verb, "--help"]).success()));
    }
    for line in texts.iter().flat_map(|text| text.lines()) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn every_verb_has_help_with_an_example() {
    let course = Fixture::new(GOOD);
    for verb in VERBS {
        let help = stdout(&run(course.root(), [verb, "--help"]).success());
        assert!(help.contains("Example"), "{verb}: {help}");
        assert!(help.contains(&format!("cargo xtask {verb}")), "{verb}: {help}");
    }
    let help = stdout(&run(course.root(), ["--help"]).success());
    for verb in VERBS {
        assert!(help.contains(verb), "{help}");
    }
}

#[test]
fn a_subfolder_is_as_good_as_the_root() {
    let course = Fixture::new(GOOD);
    let below = course.at("lessons/lesson-01-good/src");
    assert!(stdout(&run(&below, ["list"]).success()).starts_with("lesson-01"));
    assert_eq!(stdout(&run(&below, ["run", "1", "--", "one"]).success()), "== one: the first\n1\n");
}

#[test]
fn outside_a_course_the_runner_says_where_to_go() {
    let elsewhere = tempfile::TempDir::new().expect("make a directory");
    let outcome = run(elsewhere.path(), ["list"]).code(125);
    assert!(stderr(&outcome).contains("go to the folder that holds lessons/"));
}

#[test]
fn a_wrong_manifest_is_named_by_file_and_key() {
    let course = Fixture::new(GOOD);
    let manifest = course.read("lessons/lesson-02-other/Cargo.toml").replace("title", "titel");
    course.write("lessons/lesson-02-other/Cargo.toml", &manifest);
    let said = stderr(&run(course.root(), ["list"]).code(125));
    assert!(said.contains("lessons/lesson-02-other/Cargo.toml"), "{said}");
    assert!(said.contains("titel"), "{said}");
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let course = Fixture::new(GOOD);
    let xtask = env!("CARGO_BIN_EXE_xtask");
    for script in [r#""$0" list | head -1"#, r#""$0" list --format json | head -1"#] {
        let mut shell = Command::new("sh");
        shell.args(["-c", script, xtask]).current_dir(course.root()).stdin(Stdio::null());
        let output = shell.output().expect("start sh");
        assert!(output.status.success(), "{script}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{script}");
    }
}
