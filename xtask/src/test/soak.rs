//! `test --soak`: every lesson many times, with the processors loaded, pinned to one of them, and
//! as an ordinary user. All outputs must be the stored one. The exercises' reference programs are
//! checked a third as many times in a row, with the processors loaded.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use course::{Course, Entry, Kind};
use files::TempDir;
use launcher::{Captured, Launch, Limits, xtask_path};

use super::load;
use crate::check;
use crate::helper;
use crate::output;
use crate::status::Status;

/// "nobody" wherever there is one.
const ORDINARY_USER: u32 = 65534;
const DEADLINE: Duration = Duration::from_secs(30);

/// The circumstances under which a lesson is repeated.
#[derive(Clone, Copy)]
enum Circumstance {
    Loaded,
    Pinned,
    OrdinaryUser,
}

/// Repeats these lessons and exercises, all where none is named.
pub fn soak(course: &Course, ids: &[String], runs: usize) -> anyhow::Result<Status> {
    let mut chosen: Vec<&Entry> = Vec::new();
    for id in ids {
        chosen.push(course.resolve(id, Kind::Lesson)?);
    }
    if ids.is_empty() {
        chosen.extend(&course.entries);
    }
    let (lessons, exercises): (Vec<&Entry>, Vec<&Entry>) =
        chosen.into_iter().partition(|entry| entry.kind == Kind::Lesson);
    let mut sum = soak_lessons(course, &lessons, runs)?;
    for entry in exercises {
        sum.add(&soak_exercise(course, entry, runs.div_ceil(3))?);
    }
    let Sum { passed, failed, skipped } = sum;
    writeln!(output::stdout(), "{passed} passed, {failed} failed, {skipped} skipped")?;
    Ok(if failed == 0 { Status::Holds } else { Status::Failed })
}

#[derive(Default)]
struct Sum {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Sum {
    fn add(&mut self, more: &Sum) {
        self.passed += more.passed;
        self.failed += more.failed;
        self.skipped += more.skipped;
    }
}

/// The reference program passes so many times in a row, each time with other inputs.
fn soak_exercise(course: &Course, entry: &Entry, turns: usize) -> anyhow::Result<Sum> {
    let mut out = output::stdout();
    write!(out, "{:<10} {:<20} ", entry.id, "solution, loaded")?;
    out.flush()?;
    let mut checker = helper::program(&course.root, "checker")?;
    let turns_word = turns.to_string();
    let seed = check::fresh_seed().to_string();
    checker.args(["--solutions", "--repeat", &turns_word, "--seed", &seed, "--", &entry.id]);
    let started = Instant::now();
    let output = load::beside(|| checker.output()).context("start the program that checks")?;
    if output.status.success() {
        writeln!(out, "{turns} checks, all passed, {:.1} s", started.elapsed().as_secs_f64())?;
        return Ok(Sum { passed: 1, ..Sum::default() });
    }
    writeln!(out, "FAILED: {}", String::from_utf8_lossy(&output.stdout).trim_end())?;
    writeln!(out, "{}", String::from_utf8_lossy(&output.stderr).trim_end())?;
    Ok(Sum { failed: 1, ..Sum::default() })
}

fn soak_lessons(course: &Course, lessons: &[&Entry], runs: usize) -> anyhow::Result<Sum> {
    if lessons.is_empty() {
        return Ok(Sum::default());
    }
    let names: Vec<&str> = lessons.iter().map(|entry| entry.id.as_str()).collect();
    let binaries = build::binaries(&course.root, &names)?;
    let place = Place::new(&binaries)?;

    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for entry in lessons {
        let expected = stored(course, entry)?;
        for (circumstance, name, count) in [
            (Circumstance::Loaded, "loaded", runs),
            (Circumstance::Pinned, "on one processor", runs.div_ceil(3)),
            (Circumstance::OrdinaryUser, "as an ordinary user", runs),
        ] {
            let mut out = output::stdout();
            write!(out, "{:<10} {name:<20} ", entry.id)?;
            out.flush()?;
            if matches!(circumstance, Circumstance::OrdinaryUser)
                && !nix::unistd::geteuid().is_root()
            {
                skipped += 1;
                writeln!(out, "SKIPPED: only root can become another user; this one is ordinary")?;
                continue;
            }
            let started = Instant::now();
            match repeat(&place, &entry.id, &expected, circumstance, count)? {
                None => {
                    passed += 1;
                    let seconds = started.elapsed().as_secs_f64();
                    writeln!(out, "{count} runs, one output, {seconds:.1} s")?;
                }
                Some(wrong) => {
                    failed += 1;
                    writeln!(out, "FAILED: {wrong}")?;
                }
            }
        }
    }
    Ok(Sum { passed, failed, skipped })
}

/// The stored transcript, without its header of three lines.
fn stored(course: &Course, entry: &Entry) -> anyhow::Result<Vec<u8>> {
    let path = entry.path.join("snapshots/stdout.snap");
    let text = fs::read_to_string(course.root.join(&path))
        .with_context(|| format!("read {}", path.display()))?;
    let body = text.splitn(4, '\n').nth(3).with_context(|| format!("cut {}", path.display()))?;
    Ok(body.as_bytes().to_vec())
}

/// Copies of the programs, and a temporary directory, that any user can reach.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new(binaries: &BTreeMap<String, PathBuf>) -> anyhow::Result<Place> {
        let folder = TempDir::new().context("make a temporary directory")?;
        let open = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode));
        open(folder.path(), 0o755).context("open the temporary directory")?;
        for name in ["tmp", "reports"] {
            let below = folder.path().join(name);
            fs::create_dir(&below).with_context(|| format!("make {}", below.display()))?;
            open(&below, 0o777).with_context(|| format!("open {}", below.display()))?;
        }
        let xtask = xtask_path()?;
        let all = binaries.iter().map(|(name, file)| (name.as_str(), file.as_path()));
        for (name, file) in all.chain([("xtask", xtask.as_path())]) {
            fs::copy(file, folder.path().join(name)).with_context(|| format!("copy {name}"))?;
        }
        Ok(Place { folder })
    }

    fn run(&self, id: &str, circumstance: Circumstance) -> anyhow::Result<Captured> {
        let at = |name: &str| self.folder.path().join(name);
        let limits = Limits { wall: Some(DEADLINE), deadlock: true, ..Limits::default() };
        let launch = Launch::captured(at(id)).limits(limits);
        launch.output_reported_in(&at("reports"), &at("xtask"), |command| {
            command.env("TMPDIR", at("tmp")).current_dir("/");
            if matches!(circumstance, Circumstance::OrdinaryUser) {
                command.uid(ORDINARY_USER).gid(ORDINARY_USER);
            }
        })
    }

    /// What is left in the lessons' temporary directory.
    fn left(&self) -> anyhow::Result<usize> {
        let folder = self.folder.path().join("tmp");
        Ok(fs::read_dir(folder).context("list the lessons' temporary directory")?.count())
    }
}

/// Runs it `count` times beside busy loops; tells of the first run that was not as stored.
fn repeat(
    place: &Place,
    id: &str,
    expected: &[u8],
    circumstance: Circumstance,
    count: usize,
) -> anyhow::Result<Option<String>> {
    load::beside(|| {
        let turns = || {
            (1..=count).find_map(|turn| match place.run(id, circumstance) {
                Err(error) => Some(format!("run {turn}: {error:#}")),
                Ok(captured) => {
                    differs(place, &captured, expected).map(|what| format!("run {turn}: {what}"))
                }
            })
        };
        match circumstance {
            // The launcher and the lesson inherit it from this thread.
            Circumstance::Pinned => load::on_one_processor(turns),
            Circumstance::Loaded | Circumstance::OrdinaryUser => Ok(turns()),
        }
    })
}

fn differs(place: &Place, captured: &Captured, expected: &[u8]) -> Option<String> {
    let report = &captured.report;
    let stderr = String::from_utf8_lossy(&captured.stderr);
    if !report.ended.is_success() {
        return Some(format!("{}\nit said: {}", report.explained(), stderr.trim_end()));
    }
    if report.unreaped != Some(0) || report.left_behind != 0 {
        return Some(format!("{:?} of its processes were not reaped", report.unreaped));
    }
    match place.left() {
        Ok(0) => {}
        Ok(count) => return Some(format!("{count} files were left in its temporary directory")),
        Err(error) => return Some(format!("{error:#}")),
    }
    if captured.stdout != expected {
        let stdout = String::from_utf8_lossy(&captured.stdout);
        return Some(format!("another output:\n{stdout}"));
    }
    None
}
