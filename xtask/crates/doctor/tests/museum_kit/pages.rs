//! The book's pages "Why does it hang?": each kind of hang has one; its command line is run, the
//! report that it shows is what the doctor says then, and the same line with the mended program
//! ends well.
//!
//! `PIPEWORKS_ACCEPT=1` stores what the doctor says now.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use doctor::{Diagnosis, Kind};
use fixture::skip::has;
use tempfile::TempDir;

use crate::museum_kit::doctor::Answer;
use crate::museum_kit::exhibit::Stdin;
use crate::museum_kit::machine::User;
use crate::museum_kit::start::Setting;

/// What the pages' command lines need, beside cargo.
const TOOLS: [&str; 5] = ["rustc", "cc", "sh", "bash", "python3"];

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    root.canonicalize().expect("the root of the repository")
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("read {}: {error}", path.display()))
}

/// What stands in a folder.
fn names(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).expect("list a folder");
    let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let mut names: Vec<String> = entries.map(|entry| name(entry.expect("an entry"))).collect();
    names.sort();
    names
}

/// The page's command line: what stands in the block that asks the doctor.
#[track_caller]
fn command_line(kind: Kind) -> String {
    let page = text(&root().join(kind.page()));
    let blocks = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("\n```").next());
    let asks = |block: &&str| block.contains("cargo xtask doctor ");
    let all: Vec<&str> = blocks.filter(asks).collect();
    let [line] = all[..] else { panic!("{}: one block asks the doctor: {all:#?}", kind.page()) };
    let program = format!("book/programs/{}/hangs.", kind.id());
    assert!(line.contains(&program), "{}: `{line}` does not run {program}", kind.page());
    line.to_owned()
}

/// A directory of the name that the programs give theirs, and a mktemp(1) that makes no other, so
/// that none is left.
fn place() -> (TempDir, String) {
    let place = tempfile::Builder::new().prefix("hangs.").tempdir_in("/tmp").expect("a directory");
    let private = fs::Permissions::from_mode(0o700);
    fs::set_permissions(place.path(), private).expect("keep others out of it");
    let path = place.path().display().to_string();
    let mktemp = format!(
        "printf '#!/bin/sh\\nmkdir -m 700 {path}d && echo {path}d\\n' >{path}/mktemp && chmod +x {path}/mktemp && \
         PATH={path}:$PATH"
    );
    (place, mktemp)
}

/// Runs a page's command line as it stands there, but for where what it compiles goes; `None` where
/// something is not installed.
#[track_caller]
fn answer(line: &str) -> Option<Answer> {
    let words: Vec<&str> = line.split_whitespace().collect();
    if TOOLS.iter().any(|tool| words.contains(tool) && !has(tool)) {
        return None;
    }
    let setting = Setting::new(User::Own, false);
    let (place, mktemp) = place();
    let xtask = format!("'{}' doctor --format json ", setting.stage.xtask.display());
    let line = line
        .replace("target/", &format!("{}/", place.path().display()))
        .replace("cargo xtask doctor ", &xtask);
    let script = format!("{mktemp} && cd '{}' && {line}", root().display());
    let words = ["sh", "-c", &script].map(Into::into);
    let answer = Answer::of(setting.start(&words, Stdin::Null).ended());
    // What a program that hangs has made; one that ends removes it.
    let _ = fs::remove_dir_all(format!("{}d", place.path().display()));
    Some(answer)
}

/// Without what is different each time: how long it took, and where the FIFO is.
fn masked(report: &str) -> String {
    let timeless = hidden(report, " after ", |c| c.is_ascii_digit());
    hidden(&timeless, "/tmp/hangs.", |c| c.is_ascii_alphanumeric())
}

/// With a `*` for each row of such characters that follows `before`.
fn hidden(text: &str, before: &str, is_hidden: fn(char) -> bool) -> String {
    let mut parts = text.split(before);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| format!("{all}{before}*{}", part.trim_start_matches(is_hidden)))
}

#[test]
fn every_kind_has_its_page_and_its_programs_and_there_are_no_others() {
    let mut ids: Vec<&str> = Kind::ALL.iter().map(|kind| kind.id()).collect();
    ids.sort_unstable();
    let mut pages = names("book/src/hangs");
    pages.retain(|page| page != "README.md");
    let mut expected: Vec<String> = ids.iter().map(|id| format!("{id}.md")).collect();
    expected.sort();
    assert_eq!(pages, expected);
    let mut programs = names("book/programs");
    // Those of a chapter.
    programs.retain(|folder| folder != "systems");
    assert_eq!(programs, ids);
}

#[test]
fn every_page_shows_its_programs_and_its_report() {
    for kind in Kind::ALL {
        let page = text(&root().join(kind.page()));
        let files = names(&format!("book/programs/{}", kind.id()));
        let stems: Vec<&str> = files.iter().filter_map(|file| file.split('.').next()).collect();
        assert_eq!(stems, ["hangs", "mended", "report"], "{}", kind.id());
        for file in files {
            let include = format!("{{{{#include ../../programs/{}/{file}}}}}", kind.id());
            assert!(page.contains(&include), "{}: no {include}", kind.page());
        }
    }
}

#[test]
fn every_page_names_the_lesson_that_shows_it() {
    for kind in Kind::ALL {
        let page = text(&root().join(kind.page()));
        let named: Vec<&str> =
            page.lines().filter(|line| line.contains("cargo xtask run ")).collect();
        let lesson = kind.lesson().map(|(lesson, part)| {
            let part_is_there = names("lessons").iter().any(|folder| {
                let file = format!("lessons/{folder}/src/{}.rs", part.replace('-', "_"));
                folder.starts_with(&format!("{lesson}-")) && root().join(file).exists()
            });
            assert!(part_is_there, "{}: {lesson} has no part {part}", kind.id());
            format!("cargo xtask run {lesson} -- {part}")
        });
        assert_eq!(named, lesson.as_slice(), "{}", kind.page());
    }
}

#[test]
fn every_page_shows_what_the_doctor_says() {
    let accept = env::var_os("PIPEWORKS_ACCEPT").is_some();
    let mut stale = Vec::new();
    for kind in Kind::ALL {
        let Some(answer) = answer(&command_line(kind)) else { continue };
        let json = &answer.json;
        assert_eq!((&json["kind"], &json["page"]), (&kind.id().into(), &kind.page().into()));
        let said = Diagnosis::from_json(json).expect("the doctor's own").text(false);
        let path = root().join(format!("book/programs/{}/report.txt", kind.id()));
        let stored = fs::read_to_string(&path).unwrap_or_default();
        if masked(&said) == masked(&stored) {
            continue;
        }
        if accept {
            fs::write(&path, said).expect("store the report");
        } else {
            stale.push(format!("{}:\n{stored}\nnow:\n{said}", path.display()));
        }
    }
    let how = "if that is right: PIPEWORKS_ACCEPT=1 cargo test -p doctor --test museum pages";
    assert!(stale.is_empty(), "{}\n{how}", stale.join("\n"));
}

#[test]
fn every_mended_program_ends() {
    for kind in Kind::ALL {
        let line = command_line(kind).replace("/hangs.", "/mended.");
        let Some(answer) = answer(&line) else { continue };
        let wrong = format!("{line}\n{:#}", answer.json);
        assert_eq!(answer.verdict(), "finished", "{wrong}");
        assert_eq!(answer.json["exit_status"], 0, "{wrong}");
    }
}

#[test]
fn what_is_different_each_time_is_masked() {
    let report = "proved after 31 ms\n  FIFO A (/tmp/hangs.AbCdEf/news): 0 of 65536 bytes";
    let expected = "proved after * ms\n  FIFO A (/tmp/hangs.*/news): 0 of 65536 bytes";
    assert_eq!(masked(report), expected);
}
