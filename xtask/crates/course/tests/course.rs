//! Courses made for the occasion: what is found, what is refused, and in which words.

use std::fs;
use std::path::Path;

use course::{Course, ExerciseTest, Kind, Mutant};
use tempfile::TempDir;

const LESSON_KEYS: &str = "title = 'T'\nconcept = 'CONCEPT'\narticle = 'A'\n";
const EXERCISE_KEYS: &str = "title = 'T'\nconcept = 'CONCEPT'\nlesson = 'lesson-04'\n\
    form = 'repair'\nskeleton = { test = 'runs', verdict = 'hang', came = 'it hangs' }\n\
    [[package.metadata.course.tests]]\nname = 'runs'\npoints = 2\n\
    [[package.metadata.course.tests]]\nname = 'last-line'\npoints = 0.5\nneeds = 'runs'\n";

fn add(root: &Path, folder: &str, package: &str, keys: &str) {
    let directory = root.join(folder);
    fs::create_dir_all(&directory).expect("make the folder");
    let manifest = format!("[package]\nname = '{package}'\n[package.metadata.course]\n{keys}");
    fs::write(directory.join("Cargo.toml"), manifest).expect("write the manifest");
}

fn course() -> TempDir {
    let root = TempDir::new().expect("make a directory");
    let lesson = |concept: &str| LESSON_KEYS.replace("CONCEPT", concept);
    add(root.path(), "lessons/lesson-05-pipeline", "lesson-05", &lesson("pipeline"));
    add(root.path(), "lessons/lesson-04-poll", "lesson-04", &lesson("poll"));
    let exercise = EXERCISE_KEYS.replace("CONCEPT", "lost-tail");
    add(root.path(), "exercises/ex-04-lost-tail", "ex-04", &exercise);
    root
}

fn id(course: &Course, typed: &str, bare: Kind) -> Result<String, String> {
    course.resolve(typed, bare).map(|entry| entry.id.clone()).map_err(|error| error.to_string())
}

#[track_caller]
fn refused(folder: &str, package: &str, keys: &str) -> String {
    let root = course();
    add(root.path(), folder, package, keys);
    format!("{:#}", Course::read(root.path().to_owned()).expect_err("a wrong course"))
}

#[test]
fn entries_come_in_course_order() {
    let root = course();
    let course = Course::read(root.path().to_owned()).expect("read the course");
    let ids: Vec<&str> = course.entries.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(ids, ["lesson-04", "lesson-05", "ex-04"]);
}

#[test]
fn every_form_of_an_id_is_understood() {
    let root = course();
    let course = Course::read(root.path().to_owned()).expect("read the course");
    let path = "lessons/lesson-04-poll/";
    for typed in ["lesson-04", "04", "4", "lesson-04-poll", "poll", "lesson-4", "LESSON-04", path] {
        assert_eq!(id(&course, typed, Kind::Lesson), Ok("lesson-04".to_owned()), "{typed}");
    }
    assert_eq!(id(&course, "4", Kind::Exercise), Ok("ex-04".to_owned()));
    assert_eq!(id(&course, "ex-04", Kind::Lesson), Ok("ex-04".to_owned()));
    assert_eq!(id(&course, "lost-tail", Kind::Lesson), Ok("ex-04".to_owned()));
}

#[test]
fn a_wrong_id_names_the_nearest() {
    let root = course();
    let course = Course::read(root.path().to_owned()).expect("read the course");
    let error = id(&course, "pol", Kind::Lesson).expect_err("no such lesson");
    assert!(error.contains("no lesson or exercise `pol`\n  near it: poll"), "{error}");
    let error = id(&course, "99", Kind::Lesson).expect_err("no such lesson");
    assert!(error.contains("near it: lesson-05, lesson-04\n"), "{error}");
    assert!(error.contains("cargo xtask list"), "{error}");
}

#[test]
fn a_concept_that_two_entries_share_is_ambiguous() {
    let root = course();
    let keys = EXERCISE_KEYS.replace("CONCEPT", "poll");
    add(root.path(), "exercises/ex-05-poll-again", "ex-05", &keys);
    let course = Course::read(root.path().to_owned()).expect("read the course");
    let error = id(&course, "poll", Kind::Lesson).expect_err("two of them");
    assert!(error.contains("lesson-04 or ex-05"), "{error}");
}

#[test]
fn a_wrong_manifest_is_refused_by_file_and_key() {
    let missing = refused("lessons/lesson-06-x", "lesson-06", "title = 'T'\nconcept = 'x'\n");
    assert!(missing.contains("lessons/lesson-06-x/Cargo.toml"), "{missing}");
    assert!(missing.contains("the key `article` is missing"), "{missing}");

    let unknown = format!("{LESSON_KEYS}colour = 'red'\n");
    let unknown = refused("lessons/lesson-06-x", "lesson-06", &unknown);
    let expected = "there is no key `colour`; there are title, concept, article, listings";
    assert!(unknown.contains(expected), "{unknown}");

    let listing = "[[package.metadata.course.listings]]\nlisting = 'L'\npart = 'p'\n";
    let below = format!("{LESSON_KEYS}{listing}corrected = 'c'\n{listing}");
    let below = refused("lessons/lesson-06-x", "lesson-06", &below);
    assert!(below.contains("the key `listings[1].corrected` is missing"), "{below}");

    let number = refused("lessons/lesson-06-x", "lesson-06", &LESSON_KEYS.replace("'T'", "6"));
    let expected = "the key `title` takes a string; it is of the type integer";
    assert!(number.contains(expected), "{number}");

    let syntax = refused("lessons/lesson-06-x", "lesson-06", "title = \n");
    assert!(syntax.contains("understand lessons/lesson-06-x/Cargo.toml"), "{syntax}");
    assert!(syntax.contains("line 4"), "{syntax}");

    let package = refused("lessons/lesson-06-x", "lesson-6", LESSON_KEYS);
    assert!(package.contains("package.name is `lesson-6`, not `lesson-NN`"), "{package}");

    let folder = refused("lessons/six", "lesson-06", LESSON_KEYS);
    assert!(folder.contains("is named `lesson-06-…`"), "{folder}");

    for concept in ["", "FIFO", "1", "lesson-04", "two words", "a--b"] {
        let keys = LESSON_KEYS.replace("CONCEPT", concept);
        let said = refused("lessons/lesson-06-x", "lesson-06", &keys);
        assert!(said.contains(&format!("the key `concept` is `{concept}`")), "{said}");
    }

    let keys = LESSON_KEYS.replace("CONCEPT", "again");
    let doubled = refused("lessons/lesson-04-again", "lesson-04", &keys);
    assert!(doubled.contains("both have the number 4"), "{doubled}");
}

#[test]
fn an_exercise_has_tests_and_the_sum_of_their_points() {
    let root = course();
    let keys = EXERCISE_KEYS.replace("CONCEPT", "x").replace(
        "lesson = ",
        "mutants.a = { test = 'runs', verdict = 'hang', came = 'nothing' }\nalternatives = ['b']\nlesson = ",
    );
    add(root.path(), "exercises/ex-05-x", "ex-05", &keys);
    let course = Course::read(root.path().to_owned()).expect("read the course");
    let entry = course.resolve("x", Kind::Exercise).expect("the exercise");
    let test = |name: &str, points, needs: Option<&str>| ExerciseTest {
        name: name.to_owned(),
        points,
        needs: needs.map(str::to_owned),
    };
    assert_eq!(entry.tests, [test("runs", 2.0, None), test("last-line", 0.5, Some("runs"))]);
    assert!((entry.points() - 2.5).abs() < 1e-9, "{}", entry.points());
    let mutant = Mutant {
        verdict: "hang".to_owned(),
        test: "runs".to_owned(),
        came: "nothing".to_owned(),
        varies: None,
    };
    assert_eq!(entry.mutants.get("a"), Some(&mutant));
    assert_eq!(entry.alternatives, ["b"]);
    assert_eq!(entry.lesson.as_deref(), Some("lesson-04"));
    assert!(course.lessons().all(|lesson| lesson.tests.is_empty()));
}

#[test]
fn wrong_tests_of_an_exercise_are_refused_by_key() {
    let refused = |from: &str, to: &str| {
        let keys = EXERCISE_KEYS.replace("CONCEPT", "x");
        assert!(keys.contains(from), "{from}");
        refused("exercises/ex-05-x", "ex-05", &keys.replacen(from, to, 1))
    };
    for (from, to, expected) in [
        ("points = 2\n", "", "the key `tests[0].points` is missing"),
        (
            "points = 2\n",
            "points = 0\n",
            "the key `tests[0].points` is 0: it takes a number above 0",
        ),
        ("points = 2\n", "points = -1.5\n", "the key `tests[0].points` is -1.5: it takes"),
        ("points = 2\n", "points = inf\n", "the key `tests[0].points` is inf: it takes"),
        ("points = 2\n", "points = '2'\n", "`tests[0].points` takes a decimal number; it is of"),
        ("points = 2\n", "worth = 2\n", "there is no key `tests[0].worth`; there are name, points"),
        ("name = 'runs'", "name = 'Runs'", "the key `tests[0].name` is `Runs`: it takes"),
        ("'last-line'", "'runs'", "the key `tests[1].name` is `runs`, as that of a test before it"),
        (
            "needs = 'runs'",
            "needs = 'last-line'",
            "the key `tests[1].needs` is `last-line`: no test",
        ),
        ("lesson = ", "mutants = 1\nlesson = ", "the key `mutants` takes a table; it is of"),
        ("lesson = ", "mutants.a.test = 'runs'\nlesson = ", "`mutants.a.verdict` is missing"),
        (
            "lesson = ",
            "mutants.a = { test = 'x', verdict = 'hang', came = 'c' }\nlesson = ",
            "`a` names the test `x`, which is not there",
        ),
        ("'repair'", "'mend'", "the key `form` is `mend`: it takes `repair` or `build`"),
        ("skeleton = ", "bones = ", "there is no key `bones`"),
        ("lesson = ", "alternatives = [1]\nlesson = ", "`alternatives[0]` takes a string; it is"),
        ("lesson = ", "points = 2\nlesson = ", "there is no key `points`; there are title"),
    ] {
        let said = refused(from, to);
        assert!(said.contains("exercises/ex-05-x/Cargo.toml"), "{said}");
        assert!(said.contains(expected), "{expected}\n{said}");
    }
    let none = "title = 'T'\nconcept = 'x'\nlesson = 'lesson-04'\nform = 'build'\n";
    let none = self::refused("exercises/ex-05-x", "ex-05", none);
    assert!(none.contains("the key `tests` is missing or empty"), "{none}");
}

#[test]
fn an_exercise_is_no_lesson() {
    let root = course();
    let course = Course::read(root.path().to_owned()).expect("read the course");
    let names = ["5", "poll", "lesson-04"];
    let lessons = course.lessons_named(&names).expect("two lessons, one of them twice");
    assert_eq!(lessons.iter().map(|entry| entry.number).collect::<Vec<_>>(), [5, 4]);
    let error = course.lessons_named(&["ex-04"]).expect_err("an exercise");
    assert!(error.to_string().contains("`ex-04` is an exercise"), "{error}");
}

#[test]
fn a_folder_without_a_manifest_is_refused() {
    let root = course();
    fs::create_dir(root.path().join("lessons/notes")).expect("make the folder");
    let error = Course::read(root.path().to_owned()).expect_err("a folder that is no crate");
    assert!(format!("{error:#}").contains("lessons/notes/Cargo.toml"), "{error:#}");
}
