//! The fix, tried on the living program: what is named is closed in the stuck process, by a
//! debugger, and all of the tree ends by itself.

use std::fs;
use std::process::Command;

use fixture::skip::{has, missing};

use crate::museum_kit::doctor;
use crate::museum_kit::exhibit::{self, Close, Exhibit};
use crate::museum_kit::look::Task;
use crate::museum_kit::machine::{User, number};
use crate::museum_kit::start::Setting;

/// Of each kind of leak one, in each language.
const SAMPLE: [&str; 11] = [
    "leak_reader",
    "leak_both",
    "leak_read_end",
    "exec_leak",
    "epoll_never",
    "fifo_kept_open",
    "coproc",
    "join_reader",
    "pipeline_leak",
    "select_never",
    "workers_leak",
];

/// What the doctor names, asked by `--pid` about the program that hangs.
#[test]
fn what_the_doctor_names_frees_everybody() {
    if !has("gdb") {
        return;
    }
    for name in SAMPLE {
        let exhibit = exhibit::named(name);
        let asked = |program| {
            let answer = doctor::look_at(User::Own, program);
            // Without a proof where others may have an end: the advice is the same.
            let must_be = User::Own.sees_all() && !exhibit.uses_a_fifo() && !answer.is_refused();
            assert!(answer.verdict() == "deadlock" || !must_be, "{name}: {:#}", answer.json);
            assert!(answer.names(&exhibit.fix), "{name}: {:#}", answer.json);
            answer.closes()
        };
        if !free(&exhibit, asked) {
            return;
        }
    }
}

/// What the headers name: the museum's own expectations hold. Of so many programs:
/// `PIPEWORKS_LIVE`.
#[test]
fn what_the_headers_name_frees_everybody() {
    if !has("gdb") {
        return;
    }
    let count = number("PIPEWORKS_LIVE", 4);
    let all = exhibit::all().into_iter().filter(|exhibit| !exhibit.fix.closes().is_empty());
    for exhibit in all.take(usize::try_from(count).expect("a number of programs")) {
        if !free(&exhibit, |_| exhibit.fix.closes()) {
            return;
        }
    }
}

/// Starts it, waits until it hangs, closes what `named` says; tells whether that could be tried.
#[track_caller]
fn free(exhibit: &Exhibit, named: impl FnOnce(i32) -> Vec<Close>) -> bool {
    let mut running = Setting::new(User::Own, exhibit.shared).exhibit(exhibit, false);
    let program = running.until_blocked(&exhibit.blocked);
    let tasks = running.tasks(program);
    for close in named(program) {
        if !close_in(&tasks, &close) {
            missing("a debugger may not attach to this user's processes here");
            running.end();
            return false;
        }
    }
    // That it ends at all is the point: some end with an error, because the pipe is gone.
    let ended = running.ended();
    assert_ne!(ended.status.code(), Some(124), "{}: {ended:?}", exhibit.name);
    true
}

/// Whether the debugger could attach.
#[track_caller]
fn close_in(tasks: &[Task], close: &Close) -> bool {
    let task = tasks.iter().find(|task| task.role == close.role);
    let pid = task.unwrap_or_else(|| panic!("no {} in {tasks:?}", close.role)).tid;
    let fd = close.fd.unwrap_or_else(|| only_pipe(pid, &close.end));
    let call = format!("call (int)close({fd})");
    let output = Command::new("gdb")
        .args(["-nx", "-q", "-batch", "-iex", "set debuginfod enabled off"])
        .args(["-p", &pid.to_string(), "-ex", &call])
        .output()
        .expect("start gdb");
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("ptrace: Operation not permitted") {
        return false;
    }
    let answer = String::from_utf8_lossy(&output.stdout);
    // Or nothing: the whole tree may be over before the debugger has its answer.
    assert!(!answer.contains("$1 = -1"), "close({fd}) in {pid}: {answer}{said}");
    true
}

/// The one descriptor above 2 of a process that is this end of a pipe.
fn only_pipe(pid: i32, end: &str) -> i32 {
    let folder = format!("/proc/{pid}/fd");
    let entries = fs::read_dir(folder).expect("list the descriptors").flatten();
    let mut found = entries.filter_map(|entry| {
        let fd = entry.file_name().to_str()?.parse::<i32>().ok()?;
        let target = fs::read_link(entry.path()).ok()?;
        // The link's own mode tells the direction (proc_pid_fd(5)).
        let mode = entry.metadata().ok()?;
        let writes = std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o200 != 0;
        let is_it = target.to_string_lossy().starts_with("pipe:") && writes == (end == "write");
        (fd > 2 && is_it).then_some(fd)
    });
    let only = found.next().expect("a descriptor of that kind");
    assert_eq!(found.next(), None, "more than one in {pid}");
    only
}
