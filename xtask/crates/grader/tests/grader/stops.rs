//! A run that is ended in the middle: nothing that is finished is lost, nothing is left behind, and
//! the same command comes to the same end.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::kit::{Class, Counting, files, has_sandbox, run, same_files, wait_until};

/// A folder for temporary files that only one run uses.
pub fn temporary(class: &Class) -> PathBuf {
    let path = class.out("tmp");
    let open = |path: &Path| {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("set a mode");
    };
    if !path.exists() {
        fs::create_dir(&path).expect("make a folder");
        open(&path);
        // On the way to it as well, for a user without an account.
        open(class.folder.path());
    }
    path
}

fn finished(class: &Class, out: &str) -> usize {
    let Ok(entries) = fs::read_dir(class.out(out).join("submissions")) else { return 0 };
    let names = entries.flatten().map(|entry| entry.file_name());
    names.filter(|name| !name.to_string_lossy().starts_with('.')).count()
}

/// A run in a process group of its own, when so many submissions are finished.
fn in_the_middle(class: &Class, mut command: Command, out: &str, count: usize) -> Child {
    command.env("TMPDIR", temporary(class)).process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("start the grader");
    wait_until("some submissions are graded", || {
        let over = child.try_wait().expect("look at it");
        assert!(over.is_none(), "it is over too soon: {over:?}");
        finished(class, out) >= count
    });
    child
}

/// Processes that have something to do with this folder.
fn processes(folder: &Path) -> Vec<String> {
    let name = folder.display().to_string();
    let entries = fs::read_dir("/proc").expect("list processes").flatten();
    let lines = entries.filter_map(|entry| {
        let line = fs::read(entry.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&line).replace('\0', " "))
    });
    lines.filter(|line| line.contains(&name)).collect()
}

fn mounts(folder: &Path) -> usize {
    let text = fs::read_to_string("/proc/self/mountinfo").expect("read the mounts");
    text.lines().filter(|line| line.contains(&folder.display().to_string())).count()
}

#[test]
fn a_run_that_is_killed_goes_on_and_comes_to_the_same() {
    if !has_sandbox() {
        return;
    }
    let class = Class::of(8);
    let counting = Counting::new("");
    let mut command = class.command("undisturbed");
    counting.before(&mut command);
    run(command).ends(0);
    let all = counting.count();

    let mut child = in_the_middle(&class, class.command("killed"), "killed", 3);
    child.kill().expect("kill it");
    child.wait().expect("wait for it");
    let before = finished(&class, "killed");
    assert!((3..8).contains(&before), "{before}");
    assert!(!class.out("killed/results.json").exists());
    let folder = temporary(&class);
    wait_until("all that it started is gone", || processes(&folder).is_empty());
    let kept = files(&class.out("killed"));
    // What somebody who was killed has begun to write is no result.
    fs::write(class.out("killed/cache/.x.json.1-0.new"), "{").expect("write a piece");

    let mut command = class.command("killed");
    command.env("TMPDIR", &folder);
    let so_far = counting.count();
    counting.before(&mut command);
    run(command).ends(0);
    let again = counting.count() - so_far;
    assert!(again < all, "{again} boxes after {all}");
    same_files(&class.out("undisturbed"), &class.out("killed"));
    let is_result = |path: &Path| path.components().count() > 1;
    let whole = kept.iter().filter(|(path, _)| !path.to_string_lossy().contains("/."));
    for (path, text) in whole.filter(|(path, _)| is_result(path)) {
        let now = fs::read(class.out("killed").join(path)).expect("what was finished is kept");
        assert_eq!(&now, text, "{}", path.display());
    }
    let left = fs::read_dir(&folder).expect("list").count();
    assert_eq!(left, 0, "the second run has swept what the first one left");
}

/// Between its start and its request to end with its parent, a process of bwrap's is on its own.
#[test]
fn a_box_that_is_being_made_goes_with_a_run_that_is_killed() {
    if !has_sandbox() {
        return;
    }
    let class = Class::of(1);
    let counting = Counting::new("[ $n -lt 6 ] || { tail -f $l > /dev/null & wait; }");
    let mut command = class.command("out");
    counting.before(&mut command).env("TMPDIR", temporary(&class));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("start the grader");
    let others = || {
        let all = processes(counting.folder.path());
        all.into_iter().filter(|line| line.starts_with("tail")).count()
    };
    wait_until("a box is being made", || others() > 0);
    child.kill().expect("kill it");
    child.wait().expect("wait for it");
    wait_until("all that it started is gone", || others() == 0);
}

#[test]
fn a_run_that_is_interrupted_leaves_nothing_behind() {
    if !has_sandbox() {
        return;
    }
    // As a terminal sends it, to the whole group; as systemd does, to the grader alone.
    for (signal, to_all, status) in [(Signal::SIGINT, true, 130), (Signal::SIGTERM, false, 143)] {
        let class = Class::of(8);
        let child = in_the_middle(&class, class.command("out"), "out", 2);
        let pid = Pid::from_raw(i32::try_from(child.id()).expect("a process ID"));
        let sent = if to_all { killpg(pid, signal) } else { kill(pid, signal) };
        sent.expect("send the signal");
        let output = child.wait_with_output().expect("wait for it");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{said}");
        assert!(said.contains(&format!("stopped by {signal}")), "{said}");
        assert!(said.contains("the same command goes on"), "{said}");
        let folder = temporary(&class);
        assert_eq!(processes(&folder), Vec::<String>::new());
        assert_eq!(mounts(&folder), 0);
        assert_eq!(fs::read_dir(&folder).expect("list").count(), 0);
        assert!(finished(&class, "out") < 8);
        // Nothing that was ended in the middle counts as a result.
        class.grade("out").ends(0);
        let results = class.results("out");
        let all = results["submissions"].as_array().expect("submissions");
        assert!(all.iter().all(|submission| submission["score"] == 8.0), "{results:#}");
    }
}

#[test]
fn nothing_is_left_after_a_run() {
    if !has_sandbox() {
        return;
    }
    let class = Class::of(1);
    let before = files(&class.submissions());
    let mut command = class.command("out");
    command.env("TMPDIR", temporary(&class));
    run(command).ends(0);
    let folder = temporary(&class);
    assert_eq!(processes(&folder), Vec::<String>::new());
    assert_eq!(fs::read_dir(&folder).expect("list").count(), 0);
    assert_eq!(files(&class.submissions()), before, "the submissions are as they were");
}
