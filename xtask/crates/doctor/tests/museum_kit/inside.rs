//! Programs inside bubblewrap: with numbers of their own for processes, and a user of their own.

use std::ffi::OsString;
use std::fs;
use std::process::{Command, Stdio};

use fixture::skip::{has, missing, skipped};

use crate::museum_kit::doctor::{self, Answer};
use crate::museum_kit::exhibit::{self, Exhibit};
use crate::museum_kit::machine::{User, we_are_root};
use crate::museum_kit::start::Setting;

const NAMES: [&str; 4] = ["leak_reader", "leak_read_end_parent", "fifo_order", "both_full_cat"];

/// Whether a user may have namespaces of their own here.
#[track_caller]
pub fn bwrap_works() -> bool {
    let words = ["--ro-bind", "/", "/", "--unshare-pid", "--proc", "/proc", "true"];
    let status = Command::new("bwrap").args(words).stderr(Stdio::null()).status();
    let works = status.is_ok_and(|status| status.success());
    if !works {
        missing("bubblewrap may not make namespaces here");
    }
    works
}

fn bwrap(setting: &Setting) -> Vec<OsString> {
    let place = setting.place.path().as_os_str().to_owned();
    let mut words: Vec<OsString> =
        ["bwrap", "--unshare-pid", "--unshare-user", "--die-with-parent", "--ro-bind", "/", "/"]
            .map(OsString::from)
            .to_vec();
    words.extend(["--dev", "/dev", "--proc", "/proc"].map(OsString::from));
    words.extend(["--bind".into(), place.clone(), place.clone(), "--chdir".into(), place]);
    words
}

fn each(mut check: impl FnMut(&Exhibit, User)) {
    if !has("bwrap") || !bwrap_works() {
        return;
    }
    for name in NAMES {
        for user in [User::Own, User::Ordinary] {
            check(&exhibit::named(name), user);
        }
    }
}

/// All that it can do outside, it can do inside.
#[test]
fn the_doctor_and_the_program_are_both_inside() {
    each(|exhibit, user| {
        let setting = Setting::new(user, exhibit.shared);
        let before = bwrap(&setting);
        let answer = doctor::run(setting, exhibit, &before, &[]);
        let wrong = answer.wrong(exhibit, &exhibit.verdicts);
        assert!(wrong.is_empty(), "{}: {wrong:#?}\n{:#}", exhibit.name, answer.json);
    });
}

/// bubblewrap's own processes wait in ways that need not be seen through. What is explained is the
/// same; it need not be proved.
#[test]
fn bubblewrap_is_what_the_doctor_runs() {
    each(|exhibit, user| {
        let answer_by = |deadline| {
            let setting = Setting::new(user, exhibit.shared);
            let between = bwrap(&setting);
            doctor::run_until(deadline, setting, exhibit, &[], &between)
        };
        let missing = |answer: &Answer| {
            let processes = answer.json["processes"].to_string();
            let mut calls = exhibit.blocked.iter().map(|blocked| blocked.calls[0].clone());
            calls.find(|call| !processes.contains(call.as_str()))
        };
        let mut answer = answer_by("1.5");
        if missing(&answer).is_some() {
            // On a busy machine bubblewrap may not have started it by then.
            answer = answer_by("8");
        }
        let verdict = answer.verdict();
        assert!(["deadlock", "deadline"].contains(&verdict), "{}: {answer:#?}", exhibit.name);
        assert_eq!(missing(&answer), None, "{}: {:#}", exhibit.name, answer.json);
        for close in exhibit.fix.closes().iter().filter(|_| verdict == "deadlock") {
            let fds: Vec<_> = answer.closes().iter().map(|found| found.fd).collect();
            assert_eq!(fds, [close.fd], "{}: {answer:#?}", exhibit.name);
        }
    });
}

/// Asked about the program itself, from outside: children are waited for by numbers that only hold
/// inside.
#[test]
fn the_doctor_looks_in_from_outside() {
    if we_are_root() && !User::Own.sees_all() {
        skipped("needs root with CAP_SYS_PTRACE: a look into a namespace of others");
        return;
    }
    each(|exhibit, user| {
        let setting = Setting::new(user, exhibit.shared);
        let mut words = bwrap(&setting);
        words.extend(setting.stage.words(exhibit, false));
        let mut running = setting.start(&words, exhibit::Stdin::Null);
        let outer = running.program().expect("a program that does not end");
        let is_it = |pid: i32| {
            let comm = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            let comm = comm.trim_end();
            !comm.is_empty() && exhibit.name.starts_with(comm)
        };
        let program = running.until_blocked_below(outer, is_it, &exhibit.blocked);
        let answer = doctor::look_at(user, program);
        let mut verdicts = exhibit.verdicts.clone();
        if !user.sees_all() || exhibit.uses_a_fifo() || answer.is_refused() {
            // Processes of others, which cannot be looked into, may have an end, and anybody may
            // open a FIFO: so much caution is right for whoever has not started the program.
            verdicts.push("deadline".to_owned());
        }
        let wrong = answer.wrong(exhibit, &verdicts);
        assert!(wrong.is_empty(), "{}: {wrong:#?}\n{:#}", exhibit.name, answer.json);
        assert!(answer.names(&exhibit.fix), "{}: {:#}", exhibit.name, answer.json);
        running.end();
    });
}
