//! The verbs around an exercise: `hint`, `solution`, its state in `list`, and what they refuse.

use std::fs;
use std::process::Command;

use course::progress::{self, Progress};
use course::{Course, Entry};
use fixture::{Fixture, GOOD};

use super::{run, stderr, stdout};

pub const SKELETON: &str = "fn main() { todo!() }\n";
pub const MINE: &str = "fn main() { println!(\"mine\") }\n";
pub const SOURCE: &str = "exercises/ex-01-close/src/main.rs";

/// Two exercises; nobody has touched them.
pub fn course() -> Fixture {
    let course = Fixture::new(GOOD);
    course.exercise(1, "close", &[("main.rs", SKELETON)]);
    course.exercise(2, "frames", &[("main.rs", SKELETON), ("wire/mod.rs", "// The wire.\n")]);
    course
}

/// Writes into the progress what a check of the exercise as it is would.
#[track_caller]
pub fn checked(course: &Fixture, id: &str, passed: bool) {
    let read = Course::read(course.root().to_owned()).expect("read the course");
    let entry: &Entry = read.exercise(id).expect("an exercise");
    let content = progress::content(course.root(), entry).expect("read its content");
    let mark = |mark: &mut progress::Mark| (mark.passed, mark.content) = (Some(passed), content);
    Progress::change(course.root(), id, mark).expect("write the progress");
}

/// The states that `list` tells, of the exercises only.
#[track_caller]
pub fn states(course: &Fixture) -> Vec<String> {
    let text = stdout(&run(course.root(), ["list"]).success());
    // Columns are two spaces or more apart, and a state may have one space in it.
    let columns = |line: &str| line.split("  ").map(str::trim).map(str::to_owned).collect();
    let rows = text.lines().filter(|line| line.starts_with("ex-")).map(columns);
    rows.filter_map(|row: Vec<String>| row.into_iter().filter(|cell| !cell.is_empty()).nth(1))
        .collect()
}

#[test]
fn hints_come_one_after_the_other_and_the_last_one_again() {
    let course = course();
    for (level, text) in [(1, "the nudge"), (2, "the idea"), (3, "nearly"), (3, "nearly")] {
        let said = stdout(&run(course.root(), ["hint", "ex-01"]).success());
        assert!(said.starts_with(&format!("ex-01 close, hint {level} of 3\n\n{text}")), "{said}");
        let next = if level < 3 { "cargo xtask hint ex-01" } else { "solution ex-01 --anyway" };
        assert!(said.trim_end().ends_with(next), "{said}");
    }
    // The other exercise's are still to come.
    let said = stdout(&run(course.root(), ["hint", "frames"]).success());
    assert!(said.starts_with("ex-02 frames, hint 1 of 3"), "{said}");
}

#[test]
fn a_level_that_is_asked_for_is_shown_and_an_old_one_does_not_go_back() {
    let course = course();
    let level = |words: &[&str]| {
        let said = stdout(&run(course.root(), [&["hint", "1"], words].concat()).success());
        said.split(", hint ").nth(1).and_then(|rest| rest.chars().next()).expect("a level")
    };
    assert_eq!(level(&["--level", "2"]), '2');
    assert_eq!(level(&["--level", "1"]), '1');
    assert_eq!(level(&[]), '3', "after the second comes the third");
    for wrong in ["0", "4", "many"] {
        run(course.root(), ["hint", "1", "--level", wrong]).code(2);
    }
}

#[test]
fn hints_leave_the_rest_of_the_progress_alone() {
    let course = course();
    checked(&course, "ex-01", true);
    run(course.root(), ["hint", "ex-01"]).success();
    run(course.root(), ["hint", "ex-02"]).success();
    // Who has only read a hint has tried nothing.
    assert_eq!(states(&course), ["done", "never tried"]);
}

#[test]
fn a_hint_from_below_the_exercise() {
    let course = course();
    let below = course.at("exercises/ex-02-frames/src/wire");
    let said = stdout(&run(&below, ["hint", "ex-02"]).success());
    assert!(said.contains("the nudge"), "{said}");
}

#[test]
fn a_missing_hint_is_named() {
    let course = course();
    fs::remove_file(course.at("exercises/ex-01-close/hints/1.md")).expect("remove a hint");
    let said = stderr(&run(course.root(), ["hint", "ex-01"]).code(125));
    assert!(said.contains("read exercises/ex-01-close/hints/1.md"), "{said}");
}

#[test]
fn states_are_what_the_checks_said_of_this_content() {
    let course = course();
    assert_eq!(states(&course), ["never tried", "never tried"]);
    checked(&course, "ex-01", false);
    assert_eq!(states(&course), ["open", "never tried"]);
    course.write(SOURCE, MINE);
    checked(&course, "ex-01", true);
    assert_eq!(states(&course), ["done", "never tried"]);
    // Of this content nothing is known.
    course.write(SOURCE, &MINE.replace("mine", "other"));
    assert_eq!(states(&course), ["open", "never tried"]);
    course.write(SOURCE, MINE);
    assert_eq!(states(&course), ["done", "never tried"]);
    // A newer course has other tests.
    course.write("exercises/ex-01-close/tests/main.rs", "// Other tests.\n");
    assert_eq!(states(&course), ["open", "never tried"]);
}

#[test]
fn the_next_exercise_is_the_first_that_is_not_done() {
    let course = course();
    let next = |id: &str, folder: &str| {
        let said = stdout(&run(course.root(), ["list"]).success());
        let watch = format!("cargo xtask watch {id}");
        let last = format!("next exercise: exercises/{folder}/README.md\n               {watch}\n");
        assert!(said.ends_with(&last), "{said}");
    };
    checked(&course, "ex-02", false);
    next("ex-01", "ex-01-close");
    checked(&course, "ex-01", true);
    next("ex-02", "ex-02-frames");
    checked(&course, "ex-02", true);
    let said = stdout(&run(course.root(), ["list"]).success());
    assert!(!said.contains("next exercise"), "{said}");
}

#[test]
fn json_tells_the_states_of_exercises_too() {
    let course = course();
    checked(&course, "ex-02", true);
    let text = stdout(&run(course.root(), ["list", "--format", "json"]).success());
    let all: serde_json::Value = serde_json::from_str(&text).expect("valid JSON");
    let entry = &all["entries"][3];
    assert_eq!((&entry["id"], &entry["kind"]), (&"ex-02".into(), &"ex".into()));
    assert_eq!((&entry["state"], &entry["concept"]), (&"done".into(), &"frames".into()));
}

#[test]
fn a_progress_that_is_not_understood_is_no_error() {
    let course = course();
    course.write(".pipeworks/progress", "ex-01 passed\nnonsense\n\u{0}\n");
    assert_eq!(states(&course), ["never tried", "never tried"]);
    run(course.root(), ["hint", "ex-01"]).success();
}

#[test]
fn a_solution_is_shown_once_the_exercise_passes() {
    let course = course();
    let refused = |said: &str| said.contains("cargo xtask check ex-01");
    let before = run(course.root(), ["solution", "ex-01"]).code(1);
    assert_eq!(stdout(&before), "");
    assert!(refused(&stderr(&before)), "{}", stderr(&before));
    checked(&course, "ex-01", false);
    assert!(refused(&stderr(&run(course.root(), ["solution", "ex-01"]).code(1))));
    checked(&course, "ex-01", true);
    let after = run(course.root(), ["solution", "ex-01"]).success();
    let file = "solutions/ex-01-close/src/main.rs";
    assert_eq!(stdout(&after), course.read(file));
    assert_eq!(stderr(&after), format!("{file}:\n"));
    // Passed, and changed since.
    course.write(SOURCE, MINE);
    run(course.root(), ["solution", "ex-01"]).code(1);
}

#[test]
fn a_solution_is_shown_anyway() {
    let course = course();
    let shown = run(course.root(), ["solution", "ex-02", "--anyway"]).success();
    assert_eq!(stdout(&shown), course.read("solutions/ex-02-frames/src/main.rs"));
    assert_eq!(states(&course), ["never tried", "never tried"]);
}

#[test]
fn a_course_without_solutions_says_so() {
    let course = course();
    fs::remove_dir_all(course.at("solutions")).expect("remove the solutions");
    let said = stderr(&run(course.root(), ["solution", "ex-01", "--anyway"]).code(1));
    assert!(said.contains("not in this edition of the course"), "{said}");
}

#[test]
fn a_wrong_exercise_is_2_with_the_nearest_names() {
    let course = course();
    for verb in ["check", "hint", "reset", "solution"] {
        for (typed, near) in [("3", "ex-02, ex-01"), ("ex-3", "ex-0"), ("frame", "frames")] {
            let said = stderr(&run(course.root(), [verb, typed]).code(2));
            let expected = format!("there is no lesson or exercise `{typed}`\n  near it: {near}");
            assert!(said.contains(&expected), "{verb}: {said}");
        }
    }
}

#[test]
fn a_lesson_is_no_exercise() {
    let course = course();
    for verb in ["check", "hint", "reset", "solution"] {
        for typed in ["lesson-01", "good", "lesson-1"] {
            let said = stderr(&run(course.root(), [verb, typed]).code(2));
            let expected = format!("`{typed}` is a lesson, and this is for exercises");
            assert!(said.contains(&expected), "{verb}: {said}");
        }
    }
    for verb in ["hint", "reset", "solution"] {
        run(course.root(), [verb]).code(2);
    }
    let said = stderr(&run(course.root(), ["snapshot", "ex-01"]).code(2));
    assert!(said.contains("`ex-01` is an exercise, and this is for lessons"), "{said}");
}

#[test]
fn a_reader_that_goes_away_changes_nothing_about_what_is_done() {
    let course = course();
    course.write(SOURCE, MINE);
    for (words, status) in [
        ("hint ex-01", 0),
        ("reset ex-01", 0),
        ("solution ex-01", 1),
        ("solution ex-01 --anyway", 0),
        ("list", 0),
    ] {
        // Nobody has the read end any more when the program begins to write.
        let (reader, writer) = std::io::pipe().expect("make a pipe");
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(words.split(' ')).current_dir(course.root());
        command.stdout(writer.try_clone().expect("a second write end")).stderr(writer);
        assert_eq!(command.status().expect("start xtask").code(), Some(status), "{words}");
    }
    assert_eq!(course.read(SOURCE), SKELETON);
    assert_eq!(Progress::read(course.root()).marks["ex-01"].hints, 1);
}

#[test]
fn closed_outputs_change_nothing_either() {
    let course = course();
    course.write(SOURCE, MINE);
    for words in ["hint ex-01", "reset ex-01", "solution ex-01 --anyway", "list"] {
        let script = format!(r#""$0" {words} >&- 2>&-"#);
        let mut shell = Command::new("sh");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_xtask")]).current_dir(course.root());
        let status = shell.status().expect("start sh");
        assert_eq!(status.code(), Some(0), "{words}");
    }
    assert_eq!(course.read(SOURCE), SKELETON);
}
