//! `run`: what is the program's own, what is the runner's.

use std::process::{Command, Stdio};

use fixture::{Fixture, GOOD};

use super::{run, stderr, stdout, xtask};

#[track_caller]
fn run_other(main: &str) -> assert_cmd::assert::Assert {
    let course = Fixture::new(main);
    run(course.root(), ["run", "2"])
}

#[test]
fn output_and_arguments_are_the_programs_own() {
    let course = Fixture::new(GOOD);
    let whole = "== one: the first\n1\n\n== two: the second\n2\n";
    assert_eq!(stdout(&run(course.root(), ["run", "lesson-01"]).success()), whole);
    let part = run(course.root(), ["run", "good", "--", "two"]).success();
    assert_eq!(stdout(&part), "== two: the second\n2\n");
}

#[test]
fn standard_input_reaches_the_program() {
    let main =
        "fn main() { std::io::copy(&mut std::io::stdin(), &mut std::io::stdout()).unwrap(); }";
    let course = Fixture::new(main);
    let echoed = xtask(course.root()).args(["run", "2"]).write_stdin("a line\n").assert().success();
    assert_eq!(stdout(&echoed), "a line\n");
}

#[test]
fn exit_statuses() {
    run_other("fn main() {}").code(0);
    run_other("fn main() { std::process::exit(7) }").code(7);
    let aborted = run_other("fn main() { std::process::abort() }").code(128 + 6);
    assert!(stderr(&aborted).contains("lesson-02 was killed by SIGABRT"), "{}", stderr(&aborted));
}

#[test]
fn a_deadline_ends_a_program_that_hangs() {
    let main = "fn main() { std::thread::sleep(std::time::Duration::from_secs(60)) }";
    let course = Fixture::new(main);
    let ended = run(course.root(), ["run", "2", "--deadline", "0.3"]).code(124);
    let said = stderr(&ended);
    assert!(said.contains("lesson-02 was ended by its deadline"), "{said}");
    assert!(said.contains("parent (lesson-02) sleeps in clock_nanosleep"), "{said}");
    run(course.root(), ["run", "2", "--deadline", "soon"]).code(2);
    run(course.root(), ["run", "2", "--deadline", "-1"]).code(2);
}

#[test]
fn a_proved_deadlock_ends_a_program() {
    let main = "use std::io::Read;\n\
                fn main() {\n\
                let (mut reader, _writer) = std::io::pipe().unwrap();\n\
                println!(\"before\");\n\
                reader.read_exact(&mut [0]).unwrap();\n\
                }";
    let ended = run_other(main).code(123);
    assert_eq!(stdout(&ended), "before\n");
    let said = stderr(&ended);
    assert!(said.contains("lesson-02 was ended by the runner, because of a deadlock"), "{said}");
    assert!(said.contains("fix: parent (lesson-02) never closed fd "), "{said}");
    assert!(said.contains("see: cargo xtask run lesson-01 -- leaked-write-end"), "{said}");
}

#[test]
fn a_lesson_that_does_not_compile_is_125_with_the_compilers_message() {
    let outcome = run_other("fn main() { let x: u32 = \"no\"; }").code(125);
    let said = stderr(&outcome);
    assert!(said.contains("mismatched types"), "{said}");
    assert!(said.contains("lessons/lesson-02-other/src/main.rs:1"), "{said}");
    assert_eq!(stdout(&outcome), "");
}

#[test]
fn what_runs_is_what_was_just_built() {
    let course = Fixture::new("fn main() { println!(\"old\") }");
    assert_eq!(stdout(&run(course.root(), ["run", "2"]).success()), "old\n");
    course.lesson(2, "other", "fn main() { println!(\"new one\") }");
    assert_eq!(stdout(&run(course.root(), ["run", "2"]).success()), "new one\n");
}

#[test]
fn a_binary_that_is_known_is_run_until_its_source_changes() {
    let course = Fixture::new("fn main() { println!(\"old\") }");
    // Nothing is known of files that have changed within the last seconds.
    let began = std::time::Instant::now();
    while !course.at(".pipeworks/built/lesson-02").exists() {
        run(course.root(), ["run", "2"]).success();
        assert!(began.elapsed() < super::DEADLINE, "cargo is asked again and again");
    }

    // cargo is not asked: a manifest that it would refuse is not even looked at.
    let other = course.read("lessons/lesson-01-good/Cargo.toml");
    course.write("lessons/lesson-01-good/Cargo.toml", &other.replace("edition", "editon"));
    let known = run(course.root(), ["run", "2"]).success();
    assert_eq!((stdout(&known), stderr(&known)), ("old\n".to_owned(), String::new()));
    course.write("lessons/lesson-01-good/Cargo.toml", &other);

    course.lesson(2, "other", "fn main() { println!(\"new one\") }");
    assert_eq!(stdout(&run(course.root(), ["run", "2"]).success()), "new one\n");
}

#[test]
fn wrong_ids_are_2_with_the_nearest_names() {
    let course = Fixture::new(GOOD);
    for (typed, near) in
        [("3", "lesson-02"), ("lesson-3", "lesson-0"), ("goood", "good"), ("otter", "other")]
    {
        let outcome = run(course.root(), ["run", typed]).code(2);
        let said = stderr(&outcome);
        let expected = format!("there is no lesson or exercise `{typed}`\n  near it: {near}");
        assert!(said.contains(&expected), "{said}");
    }
    run(course.root(), ["run"]).code(2);
}

#[test]
fn a_named_lesson_wins_over_any_state() {
    let course = Fixture::new("fn main() { println!(\"the other\") }");
    run(course.root(), ["run", "1"]).success();
    assert_eq!(stdout(&run(course.root(), ["run", "2"]).success()), "the other\n");
}

/// Writes lines until nobody reads them, then ends with 7.
const ENDLESS: &str = "fn main() { use std::io::Write; let mut out = std::io::stdout(); \
    while out.write_all(b\"line\\n\").is_ok() {} std::process::exit(7) }";

#[test]
fn a_reader_that_goes_away_is_the_programs_affair() {
    let course = Fixture::new(ENDLESS);
    let mut shell = Command::new("bash");
    let script = r#""$0" run 2 | head -1; echo ${PIPESTATUS[0]}"#;
    shell.args(["-c", script, env!("CARGO_BIN_EXE_xtask")]).current_dir(course.root());
    let Ok(output) = shell.stdin(Stdio::null()).output() else {
        eprintln!("SKIPPED: a_reader_that_goes_away: bash is not installed");
        return;
    };
    assert_eq!(String::from_utf8_lossy(&output.stdout), "line\n7\n");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("panicked") && !said.contains("error"), "{said}");
}
