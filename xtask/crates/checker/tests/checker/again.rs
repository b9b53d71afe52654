//! A saved exercise is compiled without asking cargo, and the same comes of it.

use std::fs::{self, File};
use std::time::{Duration, Instant};

use assert_cmd::assert::Assert;
use fixture::Fixture;
use nix::fcntl::{Flock, FlockArg};

use crate::course::{command, course, prints, run, stdout, write};

const CHECK: [&str; 4] = ["--seed", "1", "--", "1"];
/// Manifests must be two seconds old before anything is known of them; a busy machine needs minutes
/// for the few checks that it takes.
const PATIENCE: Duration = Duration::from_secs(240);

/// Cargo says what it compiles; we do not.
fn asked_cargo(checked: &Assert) -> bool {
    String::from_utf8_lossy(&checked.get_output().stderr).contains("Compiling ex-01")
}

/// Saves programs, each another one, until one is compiled without cargo.
#[track_caller]
fn known(course: &Fixture) {
    let began = Instant::now();
    for number in 0.. {
        write(course, &prints(&format!("one {number}")));
        if !asked_cargo(&run(course, &CHECK)) {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "cargo is still asked for every change");
    }
}

#[test]
fn what_is_saved_is_what_is_tested() {
    let course = course();
    known(&course);
    for (words, code) in [("one two", 0), ("one", 1), ("one two three", 0), ("two", 1)] {
        write(&course, &prints(words));
        let checked = run(&course, &CHECK).code(code);
        assert!(!asked_cargo(&checked), "{words}");
    }
    // In the twinkling of an eye, and as long as the one before.
    write(&course, &prints("one two"));
    run(&course, &CHECK).success();
    write(&course, &prints("one tWo"));
    run(&course, &CHECK).code(1);
    let left = fs::read_dir(course.at(".pipeworks/tmp")).expect("list what is left").count();
    assert_eq!(left, 0, "a check leaves its program behind");
}

#[test]
fn the_compiler_says_the_same_with_and_without_cargo() {
    let course = course();
    known(&course);
    for program in [
        "fn main() { let x: u8 = \"text\"; }\n",
        "fn main() { let unused = 1; print!(\"one two\"); }\n",
        "fn main() { let (a, b) = (1, 2); let c = 3; print!(\"one two\"); }\n",
        "fn main() { let a = 1; let b: u8 = \"b\"; missing() }\n",
        "use nix::unistd::pipe;\nfn main() {\n",
    ] {
        write(&course, program);
        let checked = run(&course, &CHECK);
        assert!(!asked_cargo(&checked), "{program}");
        let note = course.at(".pipeworks/built/ex-01.rustc");
        let noted = fs::read(&note).expect("read the note");
        fs::remove_file(&note).expect("remove the note");
        // Cargo would tell again what it has told already, but not that it compiles.
        write(&course, program);
        let by_cargo = run(&course, &CHECK);
        assert!(asked_cargo(&by_cargo), "{program}");
        assert_eq!(stdout(&checked), stdout(&by_cargo));
        fs::write(&note, noted).expect("put the note back");
    }
}

#[test]
fn a_check_beside_another_asks_cargo() {
    let course = course();
    known(&course);
    let lock = File::options().read(true).open(course.at("target/debug/again/ex_01.lock"));
    let lock = Flock::lock(lock.expect("open the lock"), FlockArg::LockExclusive);
    let lock = lock.map_err(|(_, why)| why).expect("lock it");
    write(&course, &prints("one two"));
    assert!(asked_cargo(&run(&course, &CHECK).success()));
    lock.unlock().map_err(|(_, why)| why).expect("unlock it");
    write(&course, &prints("two"));
    assert!(!asked_cargo(&run(&course, &CHECK).code(1)));
}

#[test]
fn what_cargo_would_do_otherwise_is_left_to_cargo() {
    let course = course();
    known(&course);
    let at = |path: &str| format!("exercises/ex-01-concept/{path}");
    // A variable that cargo sets for the package, where the program has it and where it asks.
    for asks in ["env!(\"CARGO_PKG_NAME\")", "option_env!(\"CARGO_PKG_NAME\").unwrap()"] {
        let program = format!(
            "fn main() {{ if {asks} == \"ex-01\" {{ print!(\"one two\") }} else {{ print!(\"one\") }} }}\n"
        );
        write(&course, &program);
        run(&course, &CHECK).success();
    }
    // A library, where there was none.
    course.write(&at("src/lib.rs"), "pub const WORDS: &str = \"one two\";\n");
    write(&course, "fn main() { print!(\"{}\", ex_01::WORDS) }\n");
    assert!(asked_cargo(&run(&course, &CHECK).success()));
    // Another edition has other words that are reserved.
    fs::remove_file(course.at(&at("src/lib.rs"))).expect("remove the library");
    known(&course);
    write(&course, "fn main() { let gen = \"one two\"; print!(\"{gen}\"); }\n");
    run(&course, &CHECK).code(1);
    let manifest = course.read(&at("Cargo.toml"));
    course.write(&at("Cargo.toml"), &manifest.replace("2024", "2021"));
    run(&course, &CHECK).success();
    // What steers a build from outside.
    known(&course);
    write(
        &course,
        "fn main() { print!(\"{}\", if cfg!(wanted) { \"one two\" } else { \"one\" }) }\n",
    );
    run(&course, &CHECK).code(1);
    command(&course, &CHECK).env("RUSTFLAGS", "--cfg wanted").assert().success();
    run(&course, &CHECK).code(1);
}
