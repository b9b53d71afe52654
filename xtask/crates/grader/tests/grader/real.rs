//! The course's own programs, and classes made of them. What takes more than minutes is only done
//! when it is asked for: `cargo test -p grader --test grader -- --ignored --show-output real`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use course::Course;
use grader::class::{self, Known, known};
use serde_json::Value;
use tempfile::TempDir;

use crate::kit::{Class, exercise, grader, has_sandbox, prints, right, same_files, wait_for};
use crate::reports::check_format;

/// Where a class is large.
const DEADLINE: Duration = Duration::from_secs(2 * 60 * 60);

fn course() -> Course {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    Course::read(root.canonicalize().expect("the root")).expect("read the course")
}

fn command(course: &Course, class: &Path, out: &Path) -> Command {
    let mut command = grader(&course.root);
    command.args(["class", "--seed", "11", "--submissions"]).arg(class).arg("--out").arg(out);
    command
}

#[track_caller]
fn grade(course: &Course, class: &Path, out: &Path) -> Value {
    let mut command = assert_cmd::Command::from_std(command(course, class, out));
    let output = command.timeout(DEADLINE).output().expect("run the grader");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", output.status);
    let text = fs::read(out.join("results.json")).expect("read the results");
    serde_json::from_slice(&text).expect("understand the results")
}

/// A student for each program.
fn name(known: &Known<'_>) -> String {
    format!("{}-{}", known.entry.id, known.name.replace(' ', "-"))
}

fn hand_in(class: &Path, known: &Known<'_>) {
    let folder = class.join(name(known)).join("exercises").join(known.entry.folder_name());
    fs::create_dir_all(folder.join("src")).expect("make a folder");
    fs::write(folder.join("src/main.rs"), &known.source).expect("write a program");
}

/// What is wrong with a grade; nothing where it is as the record says.
fn wrong(known: &Known<'_>, graded: &Value) -> Option<String> {
    let tests = graded["tests"].as_array().expect("tests");
    let Some(record) = known.record else {
        let is_full = graded["verdict"] == "pass" && graded["points"] == graded["max_points"];
        return (!is_full).then(|| format!("{graded:#}"));
    };
    let first = tests.iter().find(|test| test["passed"] == false);
    let first = first.map_or("", |test| test["name"].as_str().expect("a name"));
    // It stands still without a proof that it always would.
    let verdict = if record.verdict == "hang" { "time-limit" } else { &record.verdict };
    let message = tests.iter().find(|test| test["name"] == first);
    let message = message.and_then(|test| test["message"].as_str()).unwrap_or_default();
    let words: Vec<&str> = message.split_ascii_whitespace().collect();
    let is_told = known.is_subtle || words.join(" ").contains(&record.came);
    let is_so = first == record.test && graded["verdict"] == verdict && is_told;
    (!is_so).then(|| format!("recorded {record:?}, graded {graded:#}"))
}

#[track_caller]
fn all_as_recorded(course: &Course, wanted: impl Fn(&Known<'_>) -> bool) {
    let all = known(course).expect("the course's programs");
    let all: Vec<&Known<'_>> = all.iter().filter(|known| wanted(known)).collect();
    let folder = TempDir::new().expect("make a folder");
    let (class, out) = (folder.path().join("class"), folder.path().join("out"));
    all.iter().for_each(|known| hand_in(&class, known));
    let started = Instant::now();
    let results = grade(course, &class, &out);
    check_format(&results);
    let mut failed = Vec::new();
    for known in &all {
        let graded = exercise(&results, &name(known), &known.entry.id);
        failed.extend(wrong(known, graded).map(|why| format!("{}: {why}", name(known))));
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    let count = |is_right| all.iter().filter(|known| known.record.is_none() == is_right).count();
    println!(
        "{} right and {} wrong programs as recorded, {:.0} s",
        count(true),
        count(false),
        started.elapsed().as_secs_f64()
    );
}

#[test]
fn right_programs_get_full_marks_and_wrong_ones_what_is_recorded() {
    if !has_sandbox() {
        return;
    }
    let few = ["solution", "skeleton", "mutant zombie"];
    all_as_recorded(&course(), |known| known.entry.id == "ex-01" && few.contains(&&*known.name));
}

#[test]
#[ignore = "takes minutes, up to half an hour"]
fn all_right_programs_get_full_marks_and_all_wrong_ones_what_is_recorded() {
    if has_sandbox() {
        all_as_recorded(&course(), |_| true);
    }
}

#[test]
fn a_made_class_is_the_same_each_time() {
    let folders = [TempDir::new().expect("a folder"), TempDir::new().expect("a folder")];
    let course = course();
    let class = class::Class { students: 30, seed: 5, distinct: false };
    for folder in &folders {
        class::make(&course, class, folder.path()).expect("make a class");
    }
    same_files(folders[0].path(), folders[1].path());
    let mut programs: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    for (_, text) in crate::kit::files(folders[0].path()) {
        *programs.entry(text).or_default() += 1;
    }
    let same = programs.values().filter(|&&count| count > 1).count();
    assert!(programs.len() > 20 && same > 5, "{} programs, {same} of several", programs.len());
}

fn class_of(course: &Course, students: usize, seed: u64) -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("make a folder");
    let path = folder.path().join("class");
    let class = class::Class { students, seed, distinct: false };
    class::make(course, class, &path).expect("make a class");
    (folder, path)
}

/// Without messages: what a wrong program whose processes race has done differs from run to run,
/// and what it is worth does not.
fn scores(results: &Value) -> Value {
    let mut results = results["submissions"].clone();
    for submission in results.as_array_mut().expect("submissions") {
        for exercise in submission["exercises"].as_array_mut().expect("exercises") {
            exercise["message"].take();
            for test in exercise["tests"].as_array_mut().expect("tests") {
                test["message"].take();
            }
        }
    }
    results
}

/// Grades it up to a SIGKILL when so many are graded, again and again; tells how often it was
/// killed.
pub fn killed(mut command: impl FnMut() -> Command, out: &Path, at: &[usize]) -> usize {
    let mut times = 0;
    for &at in at {
        let mut command = command();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("start the grader");
        wait_for("some of it is graded", 6 * DEADLINE, || {
            let over = child.try_wait().expect("look at it").is_some();
            over || fs::read_dir(out.join("submissions")).is_ok_and(|all| all.count() >= at)
        });
        times += usize::from(child.try_wait().expect("look at it").is_none());
        child.kill().expect("kill it");
        child.wait().expect("wait for it");
    }
    times
}

#[test]
#[ignore = "takes minutes, up to half an hour"]
fn a_class_of_200_that_is_killed_goes_on_and_comes_to_the_same() {
    if !has_sandbox() {
        return;
    }
    let course = course();
    let (folder, class) = class_of(&course, 200, 1);
    let (whole, ended) = (folder.path().join("whole"), folder.path().join("killed"));
    let started = Instant::now();
    let undisturbed = grade(&course, &class, &whole);
    let seconds = started.elapsed().as_secs();
    check_format(&undisturbed);
    let times = killed(|| command(&course, &class, &ended), &ended, &[25, 100, 175]);
    assert_eq!(scores(&undisturbed), scores(&grade(&course, &class, &ended)));
    assert!(times > 0, "it was never killed");
    println!("200 submissions, {seconds} s; killed {times} times, the same scores");
}

/// The programs of the small course do the same each time.
#[test]
#[ignore = "takes minutes, up to half an hour"]
fn a_class_of_200_that_is_killed_comes_to_the_same_bytes() {
    if !has_sandbox() {
        return;
    }
    let class = Class::new();
    for number in 0..200 {
        let student = format!("student-{number:03}");
        class.hand_in(&student, "01", &right(number % 40));
        let half = format!("{}// {}", prints("one three"), number % 30);
        class.hand_in(&student, "02", if number % 7 == 0 { "fn main() {" } else { &half });
    }
    class.grade("whole").ends(0);
    let times = killed(|| class.command("killed"), &class.out("killed"), &[25, 100, 175]);
    class.grade("killed").ends(0);
    same_files(&class.out("whole"), &class.out("killed"));
    assert!(times > 0, "it was never killed");
    println!("200 submissions to the small course; killed {times} times, the same bytes");
}

#[test]
#[ignore = "takes minutes, up to half an hour"]
fn a_class_gets_the_same_five_times_with_the_processors_loaded() {
    if !has_sandbox() {
        return;
    }
    let course = course();
    let (folder, class) = class_of(&course, 12, 2);
    let is_over = AtomicBool::new(false);
    let graded = thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let graded = std::panic::catch_unwind(|| {
            let out = |turn| folder.path().join(format!("out-{turn}"));
            [0, 1, 2, 3, 4].map(|turn| scores(&grade(&course, &class, &out(turn))))
        });
        is_over.store(true, Ordering::Relaxed);
        graded.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    assert!(graded.iter().all(|scores| *scores == graded[0]), "{graded:#?}");
    println!("12 submissions five times with the processors loaded: the same scores");
}
