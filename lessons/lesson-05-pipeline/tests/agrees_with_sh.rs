//! The lesson's Pipeline and `sh -c` agree: the same bytes, the same status, and a complaint on
//! standard error from both or from none.
//!
//! Each case is one text. `sh` gets it as it is, the lesson gets its words, so no case quotes.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use launcher::{Launch, Limits, xtask_path};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson-05");

/// A pipeline that takes longer hangs.
const DEADLINE: Duration = Duration::from_secs(20);

/// What is compared.
#[derive(PartialEq, Eq)]
struct Ran {
    status: i32,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

/// Runs a program to its end with no input, in the lesson's folder and in the C locale.
fn run(program: &str, arguments: &[&str]) -> Ran {
    static XTASK: OnceLock<PathBuf> = OnceLock::new();
    let xtask = XTASK.get_or_init(|| xtask_path().expect("the runner can be built"));
    let limits = Limits { wall: Some(DEADLINE), ..Limits::default() };
    let launch = Launch::captured(program).args(arguments).limits(limits);
    let ended = launch.output(xtask, |command| {
        command.current_dir(env!("CARGO_MANIFEST_DIR")).env("LC_ALL", "C");
    });
    let ended = ended.expect("the launcher works");
    Ran {
        status: i32::from(ended.report.ended.status()),
        stdout: ended.stdout,
        stderr: ended.stderr,
    }
}

/// Both run `text`, end with `status`, write the same, and both complain or none does. Returns what
/// they write.
#[track_caller]
fn agrees(text: &str, status: i32) -> Vec<u8> {
    let (ours, shells) = run_both(text, status);
    let complain = [&ours, &shells].map(|ran| !ran.stderr.is_empty());
    assert_eq!(complain[0], complain[1], "`{text}`: does the lesson complain, does sh?");
    ours.stdout
}

/// The same, but for complaints: some shells name the signal that has ended a stage.
#[track_caller]
fn run_both(text: &str, status: i32) -> (Ran, Ran) {
    let shells = run("sh", &["-c", text]);
    let mut words = vec!["pipeline"];
    words.extend(text.split_whitespace());
    let ours = run(LESSON, &words);

    assert_eq!(shells.status, status, "status of `sh -c '{text}'`");
    assert_eq!(ours.status, status, "status of the lesson's `{text}`");
    // Not assert_eq: some outputs are large.
    assert!(
        ours.stdout == shells.stdout,
        "`{text}`: the lesson's {} bytes are not the {} bytes of sh",
        ours.stdout.len(),
        shells.stdout.len()
    );
    (ours, shells)
}

#[test]
fn the_articles_pipelines() {
    assert_eq!(agrees("cat fixtures/passwd | grep root | wc -l", 0), b"1\n");
    let five = agrees("cat fixtures/programs | sort | head -5", 0);
    assert_eq!(five, b"X11\n[\napropos\narch\nawk\n");
}

#[test]
fn from_one_stage_to_eight() {
    assert_eq!(agrees("echo hello", 0), b"hello\n");
    assert_eq!(agrees("echo hello world | wc -w", 0), b"2\n");
    assert_eq!(agrees("seq 9 | cat | cat | cat | cat | cat | cat | tail -1", 0), b"9\n");
}

#[test]
fn failing_stages() {
    agrees("false", 1);
    agrees("false | true", 0);
    agrees("true | false", 1);
    agrees("false | false | true", 0);
    agrees("cat fixtures/no-such-file | wc -c", 0);
    agrees("echo hello | cat fixtures/no-such-file", 1);
    agrees("seq 3 | grep 4", 1);
}

#[test]
fn stages_ended_by_a_signal() {
    run_both("true | sh fixtures/ends-by-signal", 128 + libc::SIGTERM);
    run_both("sh fixtures/ends-by-signal | echo hello", 0);
    run_both("sh fixtures/ends-by-signal", 128 + libc::SIGTERM);
}

#[test]
fn missing_commands() {
    agrees("no-such-command", 127);
    agrees("no-such-command | echo hello", 0);
    agrees("true | no-such-command", 127);
    assert_eq!(agrees("yes | no-such-command | wc -c", 0), b"0\n");
    agrees("true | fixtures/no-such-command", 127);
}

#[test]
fn what_cannot_be_run() {
    agrees("true | /", 126);
    agrees("true | fixtures/passwd", 126);
    agrees("fixtures/passwd | echo hello", 0);
}

#[test]
fn sigpipe_endings() {
    // Endless writers: with SIGPIPE ignored they complain, with a leaked read end they hang.
    assert_eq!(agrees("yes | head -1", 0), b"y\n");
    assert_eq!(agrees("yes | cat | cat | head -2", 0), b"y\ny\n");
    assert_eq!(agrees("cat /dev/zero | head -c 3", 0), [0; 3]);
    agrees("yes | true", 0);
}

#[test]
fn empty_output() {
    assert_eq!(agrees("true | cat", 0), b"");
    assert_eq!(agrees("cat | cat | cat", 0), b"");
    assert_eq!(agrees("echo hello | true", 0), b"");
}

#[test]
fn binary_output() {
    // A program is a file with every kind of byte.
    let bytes = agrees("cat /bin/sh | cat", 0);
    assert!(bytes.contains(&0) && bytes.iter().any(|byte| *byte > 127));
}

#[test]
fn more_than_a_pipe_holds() {
    assert_eq!(agrees("seq 100000 | cat", 0).len(), 588_895);
    assert_eq!(agrees("yes | head -c 200000", 0).len(), 200_000);
    assert_eq!(agrees("head -c 1000000 /dev/zero | cat | cat", 0).len(), 1_000_000);
    assert_eq!(agrees("seq 100000 | sort -n | tail -1", 0), b"100000\n");
}

#[test]
fn what_is_no_pipeline() {
    agrees("echo hello |", 2);
    agrees("| cat", 2);
}

#[test]
fn without_a_path() {
    let ours = run("env", &["-u", "PATH", LESSON, "pipeline", "echo", "hello", "|", "cat"]);
    assert_eq!((ours.status, ours.stdout), (0, b"hello\n".to_vec()));
}

#[test]
fn a_reader_that_goes_away() {
    // The lesson gives up its own read end as well: 128 + 13 is the status of a `yes` that SIGPIPE
    // has ended.
    let script = r#"{ "$0" pipeline yes; echo $? >&2; } | head -1"#;
    let ours = run("sh", &["-c", script, LESSON]);
    assert_eq!((ours.stdout, ours.stderr), (b"y\n".to_vec(), b"141\n".to_vec()));
}
