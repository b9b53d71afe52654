//! `doctor`: a program of anybody's, and why it hangs.

use std::fs::{self, Permissions};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use assert_cmd::assert::Assert;
use fixture::Fixture;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

use super::{run, stderr, stdout, xtask};

/// Two FIFOs, each opened for reading first: nobody opens either for writing.
const OPPOSITE: &str = "mkfifo a b; cat <a >b & cat <b >a; wait";
/// The same in a directory of which nobody else knows.
const HIDDEN: &str = "cd $(mktemp -d ./own-XXXXXX) && mkfifo a b; cat <a >b & cat <b >a; wait";

/// A folder that only this test's programs know, so that what stands in it is out of reach.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("make a directory");
    fs::set_permissions(&folder, Permissions::from_mode(0o700)).expect("keep others out of it");
    folder
}

#[track_caller]
fn doctor(folder: &Path, options: &[&str], script: &str) -> Assert {
    let program = ["--", "sh", "-c", script];
    run(folder, ["doctor"].iter().chain(options).chain(&program))
}

#[track_caller]
fn json(assert: &Assert) -> Value {
    let printed = stdout(assert);
    // Behind whatever the program printed.
    let line = printed.lines().last().expect("a line");
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

#[test]
fn a_program_that_ends_keeps_its_status_and_its_output() {
    let folder = folder();
    let ended = doctor(folder.path(), &[], "echo out; echo err >&2; exit 7").code(7);
    assert_eq!(stdout(&ended), "out\n");
    let said = stderr(&ended);
    assert!(said.starts_with("err\nfinished after "), "{said}");
    let killed = doctor(folder.path(), &["--format", "json"], "kill -9 $$").code(128 + 9);
    let json = json(&killed);
    assert_eq!((&json["verdict"], &json["exit_status"]), (&"finished".into(), &137.into()));
    run(folder.path(), ["doctor", "--", "/no/such/program"]).code(125);
}

#[test]
fn a_deadlock_is_proved_and_explained() {
    let folder = folder();
    let proved = doctor(folder.path(), &["--ascii"], HIDDEN).code(123);
    let said = stderr(&proved);
    assert!(said.starts_with("deadlock, proved after "), "{said}");
    for words in [
        "child-1 (sh) waits to open FIFO B (a) for reading",
        "see: cargo xtask run lesson-02 -- open-blocks",
        "read: book/src/hangs/fifo-order.md",
        "`- opens FIFO B -> nobody opens it for writing",
    ] {
        assert!(said.contains(words), "{words} is not in {said}");
    }
    assert!(said.is_ascii(), "{said}");
}

#[test]
fn as_json_it_is_one_object() {
    let folder = folder();
    let proved = doctor(folder.path(), &["--format=json"], HIDDEN).code(123);
    let json = json(&proved);
    assert_eq!(json["format"], "pipeworks-doctor/1");
    assert_eq!((&json["verdict"], &json["proved"]), (&"deadlock".into(), &true.into()));
    assert_eq!(json["kind"], "fifo-order");
    assert_eq!(json["pipes"][0]["kind"], "fifo");
    assert_eq!(stderr(&proved), "");
}

#[test]
fn what_others_could_still_open_is_explained_and_not_proved() {
    // The second is the user's own, as mktemp makes them; the user knows of it.
    for mode in [0o755, 0o700] {
        let folder = folder();
        fs::set_permissions(&folder, Permissions::from_mode(mode)).expect("let others in");
        let ended = doctor(folder.path(), &["--format=json", "--deadline=0.5"], OPPOSITE).code(124);
        let json = json(&ended);
        assert_eq!((&json["verdict"], &json["proved"]), (&"deadline".into(), &false.into()));
        assert_eq!(json["kind"], "fifo-order");
        let words = "FIFO A could still be opened by a program outside the tree";
        assert_eq!(json["not_proved"][0], words);
    }
}

#[test]
fn a_wait_for_standard_input_is_no_deadlock() {
    let folder = folder();
    let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["doctor", "--format=json", "--deadline=0.5", "--", "cat"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("start the doctor");
    let stdin = child.stdin.take();
    // Its deadline ends it.
    let output = child.wait_with_output().expect("wait for the doctor");
    drop(stdin);
    assert_eq!(output.status.code(), Some(124));
    let json: Value = serde_json::from_slice(&output.stdout).expect("an object");
    assert_eq!((&json["verdict"], &json["kind"]), (&"deadline".into(), &Value::Null));
}

/// Waits to open a FIFO that others could still open.
const NO_PEER: &str = "mkfifo a; echo ready; read x <a";
const SLEEPS: &str = "echo ready; exec sleep 600";

/// What the runner said on standard error after this signal. It comes after ever longer pauses,
/// until the doctor has looked: on a loaded machine that may take its time.
#[track_caller]
fn interrupted(folder: &Path, words: &[&str], signal: Signal, looked: &str) -> String {
    for pause in [300, 1000, 4000, 16_000] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(words)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("start the runner");
        let mut ready = [0; 6];
        child.stdout.as_mut().expect("a pipe").read_exact(&mut ready).expect("ready");
        // Not to put things in order: it is the pause that is tested.
        thread::sleep(Duration::from_millis(pause));
        kill(Pid::from_raw(child.id().cast_signed()), signal).expect("signal the runner");
        let output = child.wait_with_output().expect("wait for the runner");
        assert_eq!(output.status.code(), Some(128 + signal as i32));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if said.contains(looked) {
            return said;
        }
        let _ = fs::remove_file(folder.join("a"));
    }
    panic!("{looked} was not said");
}

#[test]
fn who_interrupts_what_stands_still_is_told_why_it_did() {
    let folder = folder();
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).expect("let others in");
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let words = ["doctor", "--", "sh", "-c", NO_PEER];
        let said = interrupted(folder.path(), &words, signal, "probably a deadlock");
        assert!(said.starts_with("interrupted after "), "{said}");
        for words in ["waits to open FIFO A (a) for reading", "see: cargo xtask run lesson-02"] {
            assert!(said.contains(words), "{words} is not in {said}");
        }
        fs::remove_file(folder.path().join("a")).expect("remove the FIFO");
    }
    let words = ["doctor", "--", "sh", "-c", SLEEPS];
    let said = interrupted(folder.path(), &words, Signal::SIGINT, "not a deadlock");
    assert!(said.contains("parent (sleep) sleeps in "), "{said}");
}

#[test]
fn run_explains_only_what_hung() {
    let main = |script: &str| {
        format!(
            "fn main() {{ use std::os::unix::process::CommandExt; \
             panic!(\"{{}}\", std::process::Command::new(\"sh\").args([\"-c\", {script:?}]).exec()) }}"
        )
    };
    let course = Fixture::new(&main(NO_PEER));
    fs::set_permissions(course.root(), Permissions::from_mode(0o755)).expect("let others in");
    let said = interrupted(course.root(), &["run", "2"], Signal::SIGTERM, "probably a deadlock");
    assert!(said.contains("lesson-02 was stopped by SIGTERM\ninterrupted after "), "{said}");
    course.lesson(2, "other", &main(SLEEPS));
    let said = interrupted(course.root(), &["run", "2"], Signal::SIGTERM, "stopped by SIGTERM");
    assert!(said.ends_with("lesson-02 was stopped by SIGTERM\n"), "{said}");
}

/// A process that runs beside the doctor, until it is dropped.
struct Beside(Child);

impl Beside {
    fn start(folder: &Path, script: &str) -> Beside {
        let mut command = Command::new("sh");
        command.args(["-c", script]).current_dir(folder).stdin(Stdio::null());
        Beside(command.spawn().expect("start a shell"))
    }

    /// Looks until the exit status is this: the shell takes its time to begin.
    #[track_caller]
    fn looks(&mut self, code: i32) -> Assert {
        let pid = self.0.id().to_string();
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let words = ["doctor", "--format=json", "--pid", &pid];
            let found = xtask(Path::new("/")).args(words).assert();
            if found.get_output().status.code() == Some(code) || Instant::now() > end {
                return found.code(code);
            }
        }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_process_that_runs_is_only_looked_at() {
    let folder = folder();
    // The shell becomes the only process, so that killing it leaves nothing.
    let mut stuck = Beside::start(folder.path(), "mkfifo a; exec cat <a");
    let json = json(&stuck.looks(124));
    assert_eq!((&json["verdict"], &json["kind"]), (&"deadline".into(), &"fifo-no-peer".into()));
    // Nobody was woken, and whoever opens the FIFO is still the first: no deadlock.
    assert_eq!(stuck.0.try_wait().expect("ask for its status"), None);
    fs::write(folder.path().join("a"), "").expect("open the FIFO and write nothing");
    let status = stuck.0.wait().expect("wait for the end");
    assert_eq!(status.code(), Some(0));

    let mut sleeping = Beside::start(folder.path(), "exec sleep 60");
    sleeping.looks(0);
    let gone = run(Path::new("/"), ["doctor", "--pid", "2147483647"]).code(125);
    let told = stderr(&gone);
    assert!(told.contains("look at the process 2147483647: there is no such process"), "{told}");
}

#[test]
fn usage() {
    run(Path::new("/"), ["doctor"]).code(2);
    run(Path::new("/"), ["doctor", "--pid", "1", "--", "true"]).code(2);
    run(Path::new("/"), ["doctor", "--pid", "0"]).code(2);
    run(Path::new("/"), ["doctor", "--deadline", "-1", "--", "true"]).code(2);
}

#[test]
fn nobody_reads_the_report_and_the_exit_status_still_tells() {
    let folder = folder();
    for format in ["text", "json"] {
        let (reader, writer) = std::io::pipe().expect("create a pipe");
        drop(reader);
        let status = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["doctor", "--format", format, "--", "sh", "-c", HIDDEN])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(writer.try_clone().expect("copy the write end"))
            .stderr(writer)
            .status()
            .expect("start the doctor");
        assert_eq!(status.code(), Some(123), "{format}");
    }
}

#[test]
fn a_process_that_has_ended_is_no_running_one() {
    let folder = folder();
    let mut ended = Beside::start(folder.path(), "exit 0");
    let said = stderr(&ended.looks(125));
    assert!(said.contains("it has ended"), "{said}");
}
