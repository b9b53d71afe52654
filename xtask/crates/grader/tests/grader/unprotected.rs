//! Without a sandbox, or with less of one: the same grades, and it is said.

use std::path::Path;

use grader::exercise::Bench;
use grader::ground::{Bare, Ground};
use grader::import::Sources;
use grader::keys::Common;
use grader::limits::GradeLimits;
use grader::prepare;
use grader::toolchain::Toolchain;
use sandbox::Level;
use sandbox::user::User;

use crate::kit::{
    Class, Counting, exercise, has_sandbox, prints, read_course, run, same_files, we_are_root,
};
use crate::reports::check_format;

/// The same programs with a sandbox and, by the grader's own parts, without: whoever is root is
/// refused that on the command line.
#[test]
fn it_comes_to_the_same_without_a_sandbox() {
    if !has_sandbox() {
        return;
    }
    let sleeps = "fn main() { if std::env::args().nth(1).unwrap() == \"two\" \
                  { std::thread::sleep(std::time::Duration::from_secs(60)) } print!(\"one three\") }";
    let programs = [
        ("right", prints("one two three four")),
        ("half", prints("one three")),
        ("sleeps", sleeps.to_owned()),
        ("wrong", "fn main() { other() }".to_owned()),
        // Without arguments of the compiler's own it would be outside of `src`.
        ("modules", "mod part; fn main() { print!(\"{}\", part::WORDS) }".to_owned()),
    ];
    let class = Class::new();
    for (student, source) in &programs {
        class.hand_in(student, "02", source);
    }
    let part = "pub const WORDS: &str = \"one two\";";
    class.write("modules/exercises/ex-02-words/src/part/mod.rs", part);
    class.grade("out").ends(0);
    let results = class.results("out");

    let course = read_course();
    let limits = GradeLimits::read(None).expect("the limits");
    let ground = Ground::Bare(Bare::new().expect("a place"));
    let own = Err(anyhow::anyhow!("nothing is mounted"));
    let toolchain = Toolchain::prepare(&course, ground.path(), User::Caller, &own);
    let toolchain = toolchain.expect("a compiler");
    let bench = Bench {
        course: &course,
        ground: &ground,
        toolchain: &toolchain,
        limits: &limits,
        common: Common::of(&toolchain, &limits, &Level::None, 7).expect("its digests"),
        tests: prepare::tests(&course, ground.path()).expect("the tests"),
        seed: 7,
    };
    let entry = course.exercise("ex-02").expect("the exercise");
    for (student, source) in programs {
        let mut sources: Sources = [(Path::new("main.rs").to_owned(), source.into_bytes())].into();
        if student == "modules" {
            sources.insert(Path::new("part/mod.rs").to_owned(), part.as_bytes().to_vec());
        }
        let mut bare = bench.grade(User::Caller, entry, &sources).to_json();
        bare.as_object_mut().expect("an object").remove("made");
        assert_eq!(&bare, exercise(&results, student, "ex-02"), "{student}");
    }
}

#[test]
fn it_is_said_and_written_down() {
    if we_are_root() {
        // Root is refused: see `usage`.
        return;
    }
    let class = Class::of(2);
    let grade = |out: &str| {
        let mut command = class.command(out);
        command.arg("--no-sandbox");
        run(command).ends(0)
    };
    let said = grade("out").stderr;
    assert_eq!(said.matches("warning: NO SANDBOX").count(), 2, "{said}");
    let results = class.results("out");
    check_format(&results);
    assert_eq!(results["environment"]["sandbox"]["level"], "none");
    grade("other");
    same_files(&class.out("out"), &class.out("other"));
}

/// bubblewrap before 0.8 knows no `--disable-userns`.
#[test]
fn an_older_bubblewrap_makes_less_of_a_sandbox_which_is_said() {
    if !has_sandbox() {
        return;
    }
    let class = Class::of(1);
    let older = Counting::with(
        "case \"$*\" in *--disable-userns*) echo 'Unknown option --disable-userns' >&2; exit 1;; esac",
    );
    let mut command = class.command("out");
    older.before(&mut command);
    let said = run(command).ends(0).stderr;
    let warning = "warning: the sandbox of this machine is degraded: it lacks user-namespaces";
    assert!(said.contains(warning), "{said}");
    let sandbox = class.results("out")["environment"]["sandbox"].clone();
    assert_eq!(sandbox["level"], "degraded");
    assert_eq!(sandbox["missing"], serde_json::json!(["user-namespaces"]));
    assert_eq!(class.results("out")["submissions"][0]["score"], 8.0, "the rest is graded");
}

#[test]
fn where_bubblewrap_can_make_nothing_there_is_no_grade() {
    if !has_sandbox() {
        return;
    }
    let class = Class::of(1);
    let mut command = class.command("out");
    let none = Counting::with("echo 'bwrap: No permissions to create new namespace' >&2; exit 1");
    none.before(&mut command);
    let graded = run(command);
    assert_eq!(graded.status, 125, "{}", graded.stderr);
    for words in ["no sandbox can be made on this machine", "No permissions to create"] {
        assert!(graded.stderr.contains(words), "{}", graded.stderr);
    }
    assert!(!class.out("out/results.json").exists());
}
