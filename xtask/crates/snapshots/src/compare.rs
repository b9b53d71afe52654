//! Comparing what a lesson did with what is stored.
//!
//! Four things must hold: insta's comparison of standard output, the same bytes to the last newline
//! (insta forgives blank lines at both ends), insta's comparison of the launcher's facts, and that
//! each part alone prints what it prints in the whole.

use std::fmt;
use std::panic;

use anyhow::Context;
use course::{Course, Entry};
use launcher::Captured;
use nix::unistd::{SysconfVar, sysconf};
use similar::TextDiff;

use crate::observe::Observed;
use crate::stored::{self, FACTS, STDOUT};

/// The page size of the stored transcripts.
const PAGE_BYTES: i64 = 4096;

pub enum Verdict {
    Same,
    /// One reason or more; insta has shown its differences already.
    Differs(Vec<String>),
    Skipped(String),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Same => write!(f, "same"),
            Verdict::Differs(reasons) => write!(f, "DIFFERS\n  {}", reasons.join("\n  ")),
            Verdict::Skipped(why) => write!(f, "SKIPPED: {why}"),
        }
    }
}

pub fn compare(
    course: &Course,
    entry: &Entry,
    observed: &Observed,
    accept: bool,
) -> anyhow::Result<Verdict> {
    let folder = course.root.join(&entry.path).join("snapshots");
    let text = String::from_utf8_lossy(&observed.whole.stdout);
    let mut reasons = Vec::new();
    let page_bytes = sysconf(SysconfVar::PAGE_SIZE).ok().flatten().unwrap_or(PAGE_BYTES);
    if page_bytes == PAGE_BYTES {
        let facts = observed.facts();
        for (name, content) in [(STDOUT, &*text), (FACTS, &*facts)] {
            if !insta_agrees(&folder, name, content) {
                reasons.push(format!("{name} is not what is stored (see the difference above)"));
                continue;
            }
            let bytes = if name == STDOUT { &*observed.whole.stdout } else { content.as_bytes() };
            reasons.extend(stored::same_bytes(&folder, name, bytes, accept).err());
        }
    }
    reasons.extend(parts_disagree(observed));
    if !observed.left.is_empty() {
        reasons.push(format!("left in its temporary directory: {}", observed.left.join(", ")));
    }
    if !reasons.is_empty() {
        let stderr = String::from_utf8_lossy(&observed.whole.stderr);
        if !observed.whole.report.ended.is_success() {
            reasons.push(format!("it was: {}", observed.whole.report.ended.words()));
            reasons.extend(stderr.lines().map(|line| format!("standard error: {line}")));
        }
        reasons.push(format!("if it is right now: cargo xtask snapshot {} --accept", entry.id));
        return Ok(Verdict::Differs(reasons));
    }
    if page_bytes != PAGE_BYTES {
        return Ok(Verdict::Skipped(format!(
            "stored with pages of {PAGE_BYTES} bytes, this machine has {page_bytes}; \
             the lesson's own checks held"
        )));
    }
    Ok(Verdict::Same)
}

/// insta fails by a panic, after it has printed the difference.
fn insta_agrees(folder: &std::path::Path, name: &str, content: &str) -> bool {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let agreed = panic::catch_unwind(|| {
        let mut settings = insta::Settings::new();
        settings.set_snapshot_path(folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, content));
    });
    panic::set_hook(hook);
    agreed.is_ok()
}

/// Each part alone must print what it prints between its neighbours, one blank line apart.
fn parts_disagree(observed: &Observed) -> Vec<String> {
    if !observed.whole.report.ended.is_success() {
        return Vec::new();
    }
    if let Some(why) = &observed.no_parts {
        return vec![why.clone()];
    }
    let unreaped = observed.whole.report.unreaped;
    let fails =
        |part: &Captured| !part.report.ended.is_success() || part.report.unreaped != unreaped;
    let mut reasons: Vec<String> = observed
        .parts
        .iter()
        .filter(|(_, part)| fails(part))
        .map(|(name, part)| {
            let (ended, left) = (part.report.ended.words(), part.report.unreaped.unwrap_or(0));
            format!("the part `{name}` alone: {ended}, {left} processes left unreaped")
        })
        .collect();
    let joined = join(&observed.parts);
    if joined != observed.whole.stdout {
        let (whole, joined) =
            (String::from_utf8_lossy(&observed.whole.stdout), String::from_utf8_lossy(&joined));
        let diff = TextDiff::from_lines(&*whole, &*joined);
        let diff = diff.unified_diff().header("whole", "part by part").to_string();
        reasons.push(format!("the parts alone do not print what the whole prints:\n{diff}"));
    }
    reasons
}

fn join(parts: &[(String, Captured)]) -> Vec<u8> {
    let outputs: Vec<&[u8]> = parts.iter().map(|(_, part)| part.stdout.as_slice()).collect();
    outputs.join(&b'\n')
}

/// The part of a stored snapshot that is the lesson's output.
pub fn body_of(file: &str) -> anyhow::Result<&str> {
    let mut rest = file;
    for (number, expected) in stored::HEADER.iter().enumerate() {
        let (line, after) = rest.split_once('\n').context("the header is cut off")?;
        let fits = if *expected == "---" { line == "---" } else { line.starts_with(expected) };
        anyhow::ensure!(fits, "line {} is not `{expected}…`", number + 1);
        rest = after;
    }
    Ok(rest)
}
