//! Where the doctor may not see everything: it says so in one clear sentence, and proves no less
//! than it may and no more.

use std::ffi::OsString;
use std::path::Path;

use fixture::skip::{has, skipped};

use crate::museum_kit::build::Stage;
use crate::museum_kit::doctor::{self, Answer};
use crate::museum_kit::exhibit;
use crate::museum_kit::machine::{User, we_are_root};
use crate::museum_kit::start::Setting;

/// Sentences that have these words.
fn sentences<'a>(answer: &'a Answer, words: &str) -> Vec<&'a str> {
    answer.explanation().split(". ").filter(|sentence| sentence.contains(words)).collect()
}

fn words(all: &[&str]) -> Vec<OsString> {
    all.iter().map(OsString::from).collect()
}

/// In containers with a strict seccomp profile the kernel refuses `pidfd_getfd`.
#[test]
fn how_full_a_pipe_is_may_not_be_asked() {
    let exhibit = exhibit::named("page_slots");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/museum_kit/refuse.c");
    for user in [User::Own, User::Ordinary] {
        let setting = Setting::new(user, false);
        let refuse = setting.stage.tool(&source);
        let before = [refuse.into_os_string(), libc::SYS_pidfd_getfd.to_string().into()];
        let answer = doctor::run(setting, &exhibit, &before, &[]);
        assert_eq!(answer.verdict(), "deadlock", "{answer:#?}");
        assert!(answer.json["pipes"][0]["bytes"].is_null(), "{answer:#?}");
        let wrong =
            answer.wrong(&exhibit::Exhibit { bytes: None, ..exhibit.clone() }, &exhibit.verdicts);
        assert!(wrong.is_empty(), "{wrong:#?}\n{answer:#?}");
        assert_eq!(sentences(&answer, "could not be asked").len(), 1, "{answer:#?}");
    }
}

/// What made itself undumpable is hidden from whoever is not root.
#[test]
fn an_undumpable_process_cannot_be_inspected() {
    let exhibit = exhibit::named("undumpable");
    let answer = doctor::run(Setting::new(User::Ordinary, false), &exhibit, &[], &[]);
    assert_eq!(answer.verdict(), "unknown", "{answer:#?}");
    assert!(!sentences(&answer, "cannot be inspected").is_empty(), "{answer:#?}");
    assert!(answer.explanation().lines().count() <= 8, "{answer:#?}");
}

#[test]
fn an_ordinary_user_looks_at_a_process_of_root() {
    if !we_are_root() {
        skipped("needs root: a process of another user");
        return;
    }
    let exhibit = exhibit::named("leak_reader");
    let mut running = Setting::new(User::Own, false).exhibit(&exhibit, false);
    let program = running.until_blocked(&exhibit.blocked);
    let answer = doctor::look_at(User::Ordinary, program);
    assert_eq!(answer.verdict(), "unknown", "{answer:#?}");
    assert_ne!(answer.status, Some(123), "{answer:#?}");
    assert!(!sentences(&answer, "cannot be inspected").is_empty(), "{answer:#?}");
    running.end();
}

/// Without /proc nothing can be said: the runner fails, in one line that names it.
#[test]
fn there_is_no_proc() {
    if !has("bwrap") || !crate::inside::bwrap_works() {
        return;
    }
    let setting = Setting::new(User::Own, false);
    let xtask = setting.stage.xtask.clone();
    let mut command = words(&["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--tmpfs", "/proc"]);
    command.push(xtask.into());
    command.extend(words(&["doctor", "--deadline", "5", "--", "true"]));
    let ended = setting.start(&command, exhibit::Stdin::Null).ended();
    assert_eq!(ended.status.code(), Some(125), "{ended:?}");
    assert!(ended.stderr.contains("/proc"), "{ended:?}");
    assert_eq!(ended.stderr.trim().lines().count(), 1, "{ended:?}");
}

/// There is no such process.
#[test]
fn there_is_nobody_to_look_at() {
    let setting = Setting::new(User::Own, false);
    let mut command = vec![Stage::of(User::Own).xtask.clone().into_os_string()];
    command.extend(words(&["doctor", "--pid", "2147483647"]));
    let ended = setting.start(&command, exhibit::Stdin::Null).ended();
    assert!(matches!(ended.status.code(), Some(2 | 125)), "{ended:?}");
    assert!(ended.stderr.contains("2147483647"), "{ended:?}");
}
