//! A course of two exercises that look for words in what a program prints. The second has a hidden
//! test.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use course::Course;
use fixture::Fixture;

const MANIFEST: &str = r#"
[package]
name = "ex-NN"
version = "0.0.0"
edition = "2024"
autotests = false
[package.metadata.course]
title = "Exercise NN"
concept = "concept-NN"
lesson = "lesson-01"
form = "repair"
skeleton = { test = "one", verdict = "fail", came = "no one" }
[[package.metadata.course.tests]]
name = "one"
points = 1
[[package.metadata.course.tests]]
name = "two"
points = 2
needs = "one"
[[package.metadata.course.tests]]
name = "three"
points = 0.5
[[example]]
name = "ex-NN-tests"
path = "tests/main.rs"
"#;

/// What exercise 2 has besides.
const HIDDEN: &str = r#"
[[package.metadata.course.hidden]]
name = "four"
points = 1
needs = "one"
[[example]]
name = "ex-02-hidden"
path = "hidden/main.rs"
"#;

/// Each test runs the program with its own name, through the launcher that it is given, and looks
/// for that name in what it prints. `break-one` breaks the test `one` itself.
const TESTS: &str = r##"
use std::process::Command;
fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let after = |name: &str| words.iter().skip_while(|word| *word != name).nth(1).unwrap();
    let (test, seed) = (after("--only"), after("--seed"));
    let place = std::env::temp_dir().join("ended.json");
    let output = Command::new(std::env::var_os("PIPEWORKS_XTASK").unwrap())
        .args(["__launch", "--captured", "--wall-ms=1500", "--cpu-ms=700", "--output-bytes=100000"])
        .args(["--memory-bytes=200000000", "--quiet-ms=300"])
        .args([&format!("--report={}", place.display()), "--", after("--"), test, seed])
        .output()
        .unwrap();
    let ended = std::fs::read_to_string(place).unwrap();
    let output = String::from_utf8_lossy(&output.stdout);
    assert!(!output.contains(&format!("break-{test}")), "the test is broken");
    let verdicts = [
        (r#""how":"limit","limit":"wall""#, "time-limit"),
        (r#""how":"limit","limit":"cpu""#, "time-limit"),
        (r#""how":"limit","limit":"quiet""#, "hang"),
        (r#""how":"limit","limit":"output""#, "output-limit"),
        (r#""how":"limit","limit":"memory""#, "memory-limit"),
        (r#""how":"deadlock""#, "deadlock"),
        (r#""how":"signaled""#, "crashed"),
        (r#""code":101"#, "crashed"),
    ];
    let found = verdicts.iter().find(|(words, _)| ended.contains(words));
    let verdict = found.map_or("fail", |(_, verdict)| verdict);
    let held = verdict == "fail" && output.contains(test.as_str());
    let printed: String = output.chars().filter(|c| c.is_alphanumeric()).take(20).collect();
    let detail = format!(
        r#"{{"verdict": "{verdict}", "expected": "the word {test}",
            "came": "{printed}\u001b[2J moved for 17 ms", "difference": ["- {test}", "+ other"],
            "means": "its meaning", "by_hand": "by hand"}}"#
    );
    let (outcome, detail) = if held { ("passed", "null") } else { ("failed", &*detail) };
    let report = format!(
        r#"[{{"name": "{test}", "claim": "it prints {test}", "seed": {seed},
            "outcome": "{outcome}", "detail": {detail}}}]"#
    );
    std::fs::write(after("--report"), report).unwrap();
    std::process::exit(i32::from(!held));
}
"##;

/// A program that prints these words.
pub fn prints(words: &str) -> String {
    format!("fn main() {{ print!(\"{words}\"); }}\n")
}

/// A program that passes all tests, unlike any with another number.
pub fn right(number: usize) -> String {
    format!("{}// {number}\n", prints("one two three four"))
}

fn write_course(write: &mut dyn FnMut(&str, &str)) {
    let members = "members = [\"lessons/*\", \"exercises/*\", \"solutions/*\"]";
    write("Cargo.toml", &format!("[workspace]\nresolver = \"3\"\n{members}\n"));
    write("xtask/Cargo.toml", "");
    write("lessons/lesson-01-good/src/main.rs", fixture::GOOD);
    write(
        "lessons/lesson-01-good/Cargo.toml",
        "[package]\nname = \"lesson-01\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
         [package.metadata.course]\ntitle = \"Lesson\"\nconcept = \"good\"\narticle = \"none\"\n",
    );
    for number in ["01", "02"] {
        let at = |path: &str| format!("exercises/ex-{number}-words/{path}");
        let hidden = if number == "02" { HIDDEN } else { "" };
        write(&at("Cargo.toml"), &(MANIFEST.replace("NN", number) + hidden));
        write(&at("README.md"), "The task.\n");
        write(&at("tests/main.rs"), TESTS);
        write(&at("skeleton/main.rs"), &prints(""));
        write(&at("src/main.rs"), &prints(""));
        if number == "02" {
            write(&at("hidden/main.rs"), TESTS);
        }
        let package = format!("[package]\nname = \"sol-{number}\"\nversion = \"0.0.0\"\n");
        let solution = |path: &str| format!("solutions/ex-{number}-words/{path}");
        write(&solution("Cargo.toml"), &format!("{package}edition = \"2024\"\n"));
        write(&solution("src/main.rs"), &prints("one two three four"));
    }
}

/// The course that no test changes, with what was built of it in an earlier run.
pub fn course() -> &'static Path {
    static COURSE: OnceLock<PathBuf> = OnceLock::new();
    COURSE.get_or_init(|| {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("small-course");
        write_course(&mut |path, text| {
            let path = root.join(path);
            if fs::read_to_string(&path).is_ok_and(|before| before == text) {
                return;
            }
            fs::create_dir_all(path.parent().expect("a folder")).expect("make a folder");
            fs::write(path, text).expect("write a file");
        });
        root
    })
}

/// The same course, for a test that changes it.
pub fn own_course() -> Fixture {
    let course = Fixture::new(fixture::GOOD);
    fs::remove_file(course.at("exercises/README.md")).expect("remove what is no exercise");
    write_course(&mut |path, text| course.write(path, text));
    course
}

pub fn read_course() -> Course {
    Course::read(course().to_owned()).expect("read the course")
}
