//! Attacks on the compiler, and by way of it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use course::{Entry, Kind};
use launcher::{Limit, Limits};
use sandbox::{Config, Defence, Place};

use super::{Range, Tried, Without};
use crate::compile::{Compiled, TooBusy, compile};
use crate::limits::GradeLimits;

/// A source that has succeeded when it compiles, or when the compiler runs as long as it may.
pub struct Attack {
    name: &'static str,
    wants: &'static str,
    defence: &'static str,
    source: &'static str,
    how: How,
}

enum How {
    /// It wants to read a file, and compiles where it can.
    Reads,
    /// It wants more than this limit allows.
    Takes(fn(&mut Limits)),
    /// It wants a file larger than the sandbox allows, and compiles where it can.
    Writes,
}

macro_rules! attack {
    ($name:literal, $how:expr, $defence:literal, $wants:literal) => {
        Attack {
            name: $name,
            wants: $wants,
            defence: $defence,
            source: include_str!(concat!("../../attacks/compile/", $name, ".rs")),
            how: $how,
        }
    };
}

pub const ATTACKS: &[Attack] = &[
    attack!(
        "reads-at-compile-time",
        How::Reads,
        "nothing but /usr is there",
        "the machine's accounts"
    ),
    attack!(
        "reads-a-solution",
        How::Reads,
        "the course is not there",
        "the solution of the exercise"
    ),
    attack!(
        "macro-bomb",
        How::Takes(|limits| (limits.memory_bytes, limits.cpu) = (None, None)),
        "limits on the compiler",
        "all of the memory, at compile time"
    ),
    attack!(
        "const-bomb",
        How::Takes(|limits| limits.cpu = None),
        "limit of CPU time",
        "a processor for itself, at compile time"
    ),
    attack!(
        "large-program",
        How::Takes(|limits| limits.memory_bytes = None),
        "limit of memory",
        "a program of a gigabyte"
    ),
    attack!(
        "many-errors",
        How::Takes(|limits| limits.output_bytes = None),
        "limit of output",
        "megabytes of messages"
    ),
    attack!("writes-a-large-file", How::Writes, "RLIMIT_FSIZE", "a full disk, at compile time"),
];

/// So small that an attack reaches them soon, and large enough for any program of the course.
fn limits() -> Limits {
    Limits {
        wall: Some(Duration::from_secs(60)),
        cpu: Some(Duration::from_secs(3)),
        memory_bytes: Some(512 << 20),
        processes: Some(64),
        output_bytes: Some(32 << 10),
        ..Limits::default()
    }
}

/// Tries it with all defences and without its own.
pub fn attack(range: &Range<'_>, attack: &Attack) -> anyhow::Result<Tried> {
    let with = match run(range, attack, &[], &limits()) {
        // On a busy machine: also a limit.
        Err(error) if error.is::<TooBusy>() => Compiled::Limit(Limit::Wall),
        other => other.with_context(|| attack.name)?,
    };
    let broken = match (&attack.how, &with) {
        (How::Reads | How::Writes, Compiled::Refused(_)) => None,
        (How::Takes(_), Compiled::Limit(_)) => None,
        (How::Reads | How::Writes, _) => Some("it compiles".to_owned()),
        (How::Takes(_), _) => Some("no limit was reached".to_owned()),
    };
    let compiles = |without: Defence| {
        let compiled = run(range, attack, &[without], &limits());
        compiled.map(|compiled| Without::of(matches!(compiled, Compiled::Program(_))))
    };
    let without = match &attack.how {
        How::Reads => compiles(Defence::Files),
        How::Writes => compiles(Defence::FileSize),
        How::Takes(take) => {
            // Gentle: it is ended all the same, a little later or by another limit.
            let mut more = limits();
            take(&mut more);
            more.wall = Some(Duration::from_secs(12));
            let reached = |compiled: Compiled| match (&with, compiled) {
                (Compiled::Limit(before), Compiled::Limit(after)) => *before != after,
                _ => true,
            };
            match run(range, attack, &[], &more) {
                Err(error) if error.is::<TooBusy>() => Ok(Without::Succeeds),
                other => other.map(|compiled| Without::of(reached(compiled))),
            }
        }
    };
    Ok(Tried { name: attack.name, wants: attack.wants, defence: attack.defence, broken, without })
}

/// A copy of the solution where every user of the machine could read it.
fn solution(range: &Range<'_>, entry: &Entry) -> anyhow::Result<tempfile::NamedTempFile> {
    let folder = range.course.root.join("solutions").join(entry.folder_name());
    let text = std::fs::read(folder.join("src/main.rs")).context("read the solution")?;
    let everybodys = std::fs::Permissions::from_mode(0o644);
    let made = tempfile::Builder::new().permissions(everybodys).tempfile_in("/var/tmp");
    let copy = made.context("make a file in /var/tmp")?;
    std::fs::write(copy.path(), text).context("copy the solution")?;
    Ok(copy)
}

fn run(
    range: &Range<'_>,
    attack: &Attack,
    without: &[Defence],
    limits: &Limits,
) -> anyhow::Result<Compiled> {
    let given = GradeLimits::read(None)?;
    let file_bytes = match attack.how {
        How::Writes => 48 << 20,
        _ => given.around_compiler.file_bytes,
    };
    let without = without.iter().copied().collect();
    let config = Config { without, file_bytes, ..given.around_compiler };
    let place = Place::new(range.sandboxed, given.around_program, config)?;
    let entry = range.course.resolve("ex-01", Kind::Exercise)?;
    let solution = solution(range, entry)?;
    let module = format!("#[path = {:?}]\nmod solution;", solution.path());
    let wrong: String = (0..1000).map(|n| format!("    let _: u8 = \"{n}\";\n")).collect();
    let source = attack.source.replace("// @SOLUTION@", &module).replace("// @ERRORS@", &wrong);
    let sources = [(Path::new("main.rs").to_owned(), source.into_bytes())].into();
    let (folder, work) = super::work(&place)?;
    crate::import::write(&sources, &folder)?;
    compile(&place, range.user, range.toolchain, entry, &folder, &work, limits)
}
