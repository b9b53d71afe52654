//! The kit: what it says of programs that do this or that.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use assert_cmd::Command;
use fixture::skip::has;
use serde_json::Value;
use trial::{Answer, Failure, Verdict, report};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../..");

fn kit() -> &'static Path {
    static KIT: OnceLock<PathBuf> = OnceLock::new();
    KIT.get_or_init(|| {
        let built = build::each(Path::new(ROOT), &["trial"], &["--example", "kit"]);
        built.expect("build the kit").binaries.remove("kit").expect("the kit compiles")
    })
}

fn command() -> Command {
    prepared(Command::new(kit()))
}

fn prepared(mut command: Command) -> Command {
    static XTASK: OnceLock<PathBuf> = OnceLock::new();
    let xtask = XTASK.get_or_init(|| launcher::xtask_path().expect("build the runner"));
    command.timeout(Duration::from_secs(120)).env(launcher::XTASK_VARIABLE, xtask);
    command.envs([("INSTA_UPDATE", "no"), ("INSTA_FORCE_PASS", "0"), ("RUST_BACKTRACE", "0")]);
    command.env("INSTA_WORKSPACE_ROOT", ROOT);
    command
}

/// Root may search every folder: it gives up its capabilities.
fn command_of_somebody() -> Option<Command> {
    if !nix::unistd::geteuid().is_root() {
        return Some(command());
    }
    if !has("setpriv") {
        return None;
    }
    let mut command = Command::new("setpriv");
    command.arg("--bounding-set=-all").arg(kit());
    Some(prepared(command))
}

/// What the test says of this command.
#[track_caller]
fn answer(test: &str, program: &[&str]) -> Answer {
    answer_of(command(), test, program)
}

#[track_caller]
fn answer_of(mut command: Command, test: &str, program: &[&str]) -> Answer {
    let place = tempfile::tempdir().expect("make a directory");
    let path = place.path().join("report");
    command.args(["--only", test, "--report"]).arg(&path).arg("--").args(program);
    let status = command.output().expect("run the kit").status.code();
    let result = report::read(&path).expect("a report");
    let fails = matches!(result.answer, Answer::Failed(_) | Answer::Error(_));
    assert_eq!(status, Some(i32::from(fails)));
    result.answer
}

#[track_caller]
fn failure(test: &str, program: &[&str]) -> Failure {
    match answer(test, program) {
        Answer::Failed(failure) => *failure,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_holds_passes() {
    for (test, program) in [
        ("prints", &["printf", r"one\ntwo\n"][..]),
        ("exits", &["true"]),
        ("fails", &["false"]),
        ("reaps", &["sh", "-c", "true; true"]),
        ("agrees", &["printf", r"one\ntwo\n"]),
        ("complains", &["sh", "-c", "echo oh >&2"]),
        ("feeds", &["sh", "-c", "cat"]),
        ("much", &["cat"]),
        ("random", &["printf", "%s"]),
        ("talks", &["cat"]),
        ("drops", &["sh", "-c", "echo $$; exec sleep 1000"]),
        ("two-at-once", &["sh", "-c", "cat; exit 0"]),
        ("scripted", &["echo"]),
        ("leaves", &["sh", "-c", "echo after > file"]),
    ] {
        assert_eq!(answer(test, program), Answer::Passed, "{test}");
    }
}

#[test]
fn a_prefix_may_stand_before_the_program() {
    assert_eq!(answer("prints", &["env", "X=1", "printf", r"one\ntwo\n"]), Answer::Passed);
    let scripted = ["env", "X=1", "sh", "-c", "exec sh -c 'exit 0'"];
    assert_eq!(answer("scripted", &scripted), Answer::Passed);
}

#[test]
fn an_output_that_differs_is_shown_as_a_small_difference() {
    for test in ["prints", "agrees"] {
        let failure = failure(test, &["printf", r"one\nthree\n"]);
        assert_eq!(failure.verdict, Verdict::Fail);
        assert_eq!(failure.difference, ["  one", "- two", "+ three"], "{test}");
        assert_eq!(failure.came, "10 bytes, the first 5 of them right");
        assert_eq!(failure.means, "what it means");
        assert_eq!(failure.by_hand, "cargo xtask run ex-00");
    }
    assert_eq!(failure("prints", &["printf", r"one\ntwo"]).difference.len(), 3);
    assert_eq!(failure("complains", &["true"]).came, "nothing");
}

#[test]
fn the_end_of_a_program_is_told_as_it_was() {
    let exited = failure("exits", &["sh", "-c", "echo why >&2; exit 3"]);
    assert_eq!(exited.verdict, Verdict::Fail);
    assert_eq!(exited.came, "it ended with exit code 3\nstandard error: why");
    assert!(exited.means.contains("gave up by itself"), "{}", exited.means);
    let killed = failure("exits", &["sh", "-c", "kill -SEGV $$"]);
    assert_eq!((killed.verdict, &*killed.came), (Verdict::Crashed, "it was killed by SIGSEGV"));
    let spins = failure("exits", &["sh", "-c", "while :; do :; done"]);
    assert_eq!(spins.verdict, Verdict::TimeLimit);
    assert!(spins.came.contains("its limit of CPU time"), "{}", spins.came);
    assert!(spins.means.contains("keeps a processor busy"), "{}", spins.means);
    assert!(spins.by_hand.contains("--deadline 2"), "{}", spins.by_hand);
    let large = failure("exits", &["sh", "-c", "head -c 200000000 /dev/zero | tail"]);
    assert_eq!(large.verdict, Verdict::MemoryLimit);
    let loud = failure("exits", &["yes"]);
    assert_eq!(loud.verdict, Verdict::OutputLimit);
    let succeeded = failure("fails", &["true"]);
    assert_eq!(succeeded.came, "it ended with exit code 0");
}

#[test]
fn who_only_sleeps_is_told_soon_where_somebody_waits() {
    let mut impatient = command();
    impatient.args(["--asleep-ms", "600"]);
    let answer = answer_of(impatient, "exits", &["sleep", "1000"]);
    let Answer::Failed(sleeps) = answer else { panic!("{answer:?}") };
    assert_eq!(sleeps.verdict, Verdict::TimeLimit);
    assert!(sleeps.came.contains("did nothing but sleep\nparent (sleep) sleeps"), "{sleeps:?}");
    assert!(sleeps.means.contains("not stuck for good"), "{sleeps:?}");
    // For a grade, he may sleep for as long as the test's own limit lets him.
    assert_eq!(answer_of(command(), "scripted", &["sh", "-c", "sleep 2; exit 0"]), Answer::Passed);
}

#[test]
fn a_hang_says_who_waits_for_whom() {
    // The second command of the pipeline reads from a FIFO that it holds open itself.
    let script = "mkfifo f; exec 3<>f; rm f; cat <&3";
    let hangs = failure("exits", &["sh", "-c", script]);
    assert_eq!(hangs.verdict, Verdict::Deadlock);
    assert!(hangs.came.contains("child-1 (cat) is blocked in read(0)"), "{}", hangs.came);
    assert_eq!(hangs.by_hand, "cargo xtask run ex-00");
    assert_eq!(hangs.means, "what it means");
}

#[test]
fn a_reply_that_does_not_come_is_a_hang() {
    // It reads, answers once, and waits for more although the test waits for it.
    let silent = failure("talks", &["sh", "-c", "read a; echo one; read b; read c"]);
    assert_eq!(silent.verdict, Verdict::Hang, "{}", silent.came);
    let wrong = failure("talks", &["sh", "-c", "read a; echo one; read b; echo six; read c"]);
    assert_eq!(wrong.difference, ["  one", "- two", "+ six"]);
    // A wrong reply after which it waits for more than the test will ever send.
    let waits = failure("talks", &["sh", "-c", "read a; echo on; read b; read c"]);
    assert_eq!(waits.verdict, Verdict::Fail, "{}", waits.came);
    assert_eq!(waits.difference, ["- one", "+ on"]);
    let gone = failure("talks", &["sh", "-c", "read a; echo one; exit 4"]);
    assert!(gone.came.contains("the first 4 of 8 bytes"), "{}", gone.came);
}

#[test]
fn processes_are_counted_while_the_program_runs() {
    // Of the third the shell is not the program: that is the file named last.
    let inside = ["sh", "-c", r#""$0"; exit 0"#, "/bin/cat"];
    for program in [&["sh", "-c", "exec cat"][..], &inside] {
        let failure = failure("two-at-once", program);
        assert_eq!(failure.expected, "2 processes at the same time", "{program:?}");
        assert_eq!(failure.came, "one process", "{program:?}");
    }
    assert_eq!(failure("two-at-once", &["true"]).verdict, Verdict::Fail);
}

#[test]
fn a_process_that_is_left_behind_is_counted() {
    let left = failure("reaps", &["sh", "-c", "sleep 1000 & exit 0"]);
    assert_eq!(left.came, "it left one process behind");
    let left = failure("reaps", &["sh", "-c", "sleep 1000 & sleep 1001 & exit 0"]);
    assert_eq!(left.came, "it left 2 processes behind");
}

#[test]
fn an_input_that_cannot_be_typed_is_kept_in_a_file() {
    let place = tempfile::tempdir().expect("make a directory");
    let (report, inputs) = (place.path().join("report"), place.path().join("inputs"));
    let mut command = command();
    command.args(["--only", "much", "--report"]).arg(&report).arg("--inputs").arg(&inputs);
    command.args(["--", "true"]).output().expect("run the kit");
    let result = report::read(&report).expect("a report");
    let Answer::Failed(failure) = result.answer else { panic!("{:?}", result.answer) };
    let kept = inputs.join("ex-00-much");
    assert_eq!(std::fs::read(&kept).expect("the kept input").len(), 1_000_000);
    assert_eq!(failure.by_hand, format!("cargo xtask run ex-00 < {}", kept.display()));
    let typed = self::failure("feeds", &["sh", "-c", "true"]);
    let expected = r"printf 'a\tb\n' | cargo xtask run ex-00 -- '--an argument'";
    assert_eq!(typed.by_hand, expected);
}

/// Who keeps the own test from going on has failed it. None of these may hold it up, either.
#[test]
fn what_a_program_does_to_the_folder_is_its_own_failure() {
    for does in [
        "rm file",
        "rm file; mkfifo file",
        "rm file; mkdir file",
        "rm file; ln -s /dev/zero file",
        "echo after > other; rm file; ln -s other file",
        "rm file; cd ..; rmdir $OLDPWD",
    ] {
        let failure = failure("leaves", &["sh", "-c", does]);
        assert_eq!(failure.verdict, Verdict::Fail, "{does}");
        assert!(failure.came.contains("could not go on there"), "{does}: {}", failure.came);
    }
    // Before it has run there, nothing can be its doing.
    assert!(matches!(answer("nothing-there", &["true"]), Answer::Error(_)));
}

#[test]
fn what_a_test_cannot_do_is_no_failure_of_the_program() {
    let skipped = Answer::Skipped("why it cannot be made".to_owned());
    assert_eq!(answer("skips", &["true"]), skipped);
    let Answer::Error(panicked) = answer("panics", &["true"]) else { panic!("no error") };
    assert!(panicked.contains("the test's own mistake"), "{panicked}");
    let Answer::Error(missing) = answer("exits", &["/no/such/program"]) else { panic!("no error") };
    assert!(missing.contains("/no/such/program"), "{missing}");
}

/// Which folders a student has in `PATH` says nothing about the program.
#[test]
fn a_missing_command_is_missing_whatever_path_says() {
    let place = tempfile::tempdir().expect("make a directory");
    let locked = place.path().join("locked");
    std::fs::create_dir(&locked).expect("make another");
    let nothing = std::os::unix::fs::PermissionsExt::from_mode(0o000);
    std::fs::set_permissions(&locked, nothing).expect("lock it");
    let path = std::env::var_os("PATH").expect("a PATH");
    let folders = std::iter::once(locked).chain(std::env::split_paths(&path));
    let path = std::env::join_paths(folders).expect("a longer PATH");
    let Some(mut command) = command_of_somebody() else { return };
    command.env("PATH", path);
    let answer = answer_of(command, "exits", &["env", "no-such-command"]);
    let Answer::Failed(failure) = answer else { panic!("{answer:?}") };
    assert!(failure.came.starts_with("it ended with exit code 127"), "{}", failure.came);
}

#[test]
fn a_seed_makes_the_same_input_again() {
    let drawn = |seed: &str| {
        let mut command = command();
        command.args(["--only", "random", "--seed", seed, "--", "true"]);
        let output = command.output().expect("run the kit").stdout;
        let result: Value = serde_json::from_slice(&output).expect("a result");
        assert_eq!(result["seed"].to_string(), seed);
        result["detail"]["by_hand"].to_string()
    };
    assert_eq!(drawn("7"), drawn("7"));
    assert_ne!(drawn("7"), drawn("8"));
}
