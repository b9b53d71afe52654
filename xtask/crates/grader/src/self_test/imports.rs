//! Attacks by what is handed in.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use course::Kind;
use launcher::{Ended, Launch, Limit, Limits};

use super::{Range, Tried, Without};
use crate::import::{find, import};

/// What is in a submission, and what must not come of it.
pub struct Attack {
    name: &'static str,
    wants: &'static str,
    defence: &'static str,
    /// Fills a folder of submissions with one. It is given a file that nobody may read.
    make: fn(&Path, &Path) -> anyhow::Result<()>,
    /// What somebody would get who just unpacks and copies.
    naive: fn(&Path) -> anyhow::Result<bool>,
}

/// Stands in what must not get into a grade.
const SECRET: &str = "// what nobody may read";
/// An exercise's folder in a submission.
const EXERCISE: &str = "mallory/exercises/@";

/// A package of its own, whose script runs when it is built.
const OWN_BUILD: [(&str, &str); 6] = [
    ("Cargo.toml", "[workspace]\n[package]\nname = \"mallory\"\nbuild = \"build.rs\" #"),
    ("build.rs", "fn main() { std::fs::write(\"ran\", \"\").unwrap() }"),
    ("tests/main.rs", "#[test]\nfn holds() {}"),
    (".cargo/config.toml", "[env]\nINSTA_FORCE_PASS = \"1\" #"),
    ("Cargo.lock", "version = 4 #"),
    ("insta.yaml", "behavior: { force_pass: true } #"),
];
/// Nothing that is compiled here takes this long.
const DEADLINE: Duration = Duration::from_secs(120);
/// Whoever still waits then would wait for ever.
const MOMENT: Duration = Duration::from_millis(500);

macro_rules! attack {
    ($name:literal, $defence:literal, $wants:literal, $make:expr, $naive:expr) => {
        Attack { name: $name, wants: $wants, defence: $defence, make: $make, naive: $naive }
    };
}

pub const ATTACKS: &[Attack] = &[
    attack!(
        "symbolic-link",
        "openat2, no links",
        "another student's file",
        |at, secret| { symlink(secret, source(at)?.join("main.rs")).context("make a link") },
        reads_the_secret
    ),
    attack!(
        "linked-folder",
        "openat2, no links",
        "another folder's files",
        |at, secret| {
            fs::remove_dir(source(at)?)?;
            fs::copy(secret, secret.with_file_name("main.rs"))?;
            let target = secret.parent().context("a folder")?;
            symlink(target, at.join(EXERCISE).join("src")).context("make a link")
        },
        reads_the_secret
    ),
    attack!(
        "hard-link",
        "a file has one name",
        "another student's file",
        |at, secret| { fs::hard_link(secret, source(at)?.join("main.rs")).context("make a link") },
        reads_the_secret
    ),
    attack!(
        "fifo",
        "regular files only",
        "to hold the run up",
        |at, _| {
            let path = source(at)?.join("main.rs");
            nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).context("make a FIFO")
        },
        |at| {
            let path = at.join(EXERCISE).join("src/main.rs");
            let limits = Limits { wall: Some(MOMENT), ..Limits::default() };
            let launch = Launch::captured("cat").args([path]).limits(limits);
            let ended = launch.output(&launcher::xtask_path()?, |_| {})?.report.ended;
            Ok(ended == Ended::Limit { limit: Limit::Wall })
        }
    ),
    attack!(
        "huge-file",
        "a cap on sizes",
        "all of the memory",
        |at, _| {
            let file = fs::File::create(source(at)?.join("main.rs"))?;
            file.set_len(4 << 30).context("make a large file")
        },
        |at| Ok(fs::metadata(at.join(EXERCISE).join("src/main.rs"))?.len() > 1 << 30)
    ),
    attack!(
        "many-files",
        "a cap on entries",
        "to hold the run up",
        |at, _| {
            let folder = source(at)?;
            fs::write(folder.join("main.rs"), "fn main() {}")?;
            for number in 0..3000 {
                fs::write(folder.join(format!("m{number}.rs")), "//")?;
            }
            Ok(())
        },
        |at| Ok(fs::read_dir(at.join(EXERCISE).join("src"))?.count() > 3000)
    ),
    attack!(
        "own-manifest",
        "only src/**/*.rs is taken",
        "libraries and scripts of its own",
        |at, _| {
            let folder = source(at)?.join("..");
            fs::write(folder.join("src/main.rs"), "fn main() {}")?;
            for (name, text) in OWN_BUILD {
                let path = folder.join(name);
                fs::create_dir_all(path.parent().context("a folder")?)?;
                fs::write(path, format!("{text} {SECRET}\n"))?;
            }
            Ok(())
        },
        builds_with_its_own_script
    ),
    attack!(
        "odd-names",
        "plain names only",
        "a path that looks like another",
        |at, _| {
            let folder = source(at)?;
            fs::write(folder.join("main.rs"), "fn main() {}")?;
            for name in ["a b.rs", "-rf.rs;x", "\u{202e}sr.niam", "new\nline.rs", "\x1b[2J.rs"] {
                fs::write(folder.join(name), SECRET)?;
            }
            Ok(())
        },
        |at| Ok(at.join(EXERCISE).join("src/new\nline.rs").exists())
    ),
    attack!(
        "zip-slip",
        "an archive is never unpacked",
        "files beside its folder",
        |at, _| {
            let file = fs::File::create(at.join("mallory.zip"))?;
            let mut zip = zip::ZipWriter::new(file);
            let options = zip::write::SimpleFileOptions::default();
            zip.start_file("exercises/@/../../../slipped/src/main.rs", options)?;
            zip.write_all(SECRET.as_bytes())?;
            zip.finish()?;
            Ok(())
        },
        |at| {
            let mut zip = zip::ZipArchive::new(fs::File::open(at.join("mallory.zip"))?)?;
            let mut entry = zip.by_index(0)?;
            let place = tempfile::tempdir()?;
            let path = place.path().join("unpacked").join(&*entry.name()?);
            // Each folder on the way has to be there.
            fs::create_dir_all(place.path().join("unpacked").join("exercises/@"))?;
            fs::create_dir_all(path.parent().context("a folder")?)?;
            std::io::copy(&mut entry, &mut fs::File::create(&path)?)?;
            Ok(place.path().join("slipped/src/main.rs").exists())
        }
    ),
    attack!(
        "tar-link",
        "regular files only",
        "a file of the machine",
        |at, secret| {
            let mut tar = tar::Builder::new(compressed(at)?);
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_size(0);
            header.set_mode(0o777);
            tar.append_link(&mut header, "exercises/@/src/main.rs", secret)?;
            tar.into_inner()?.finish()?;
            Ok(())
        },
        |at| {
            let place = tempfile::tempdir()?;
            tar::Archive::new(expanded(at)?).unpack(place.path())?;
            Ok(fs::read_to_string(place.path().join("exercises/@/src/main.rs"))? == SECRET)
        }
    ),
    attack!(
        "tar-device",
        "regular files only",
        "a terminal's input, or a disk",
        |at, _| {
            let mut tar = tar::Builder::new(compressed(at)?);
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(tar::EntryType::Char);
            header.set_size(0);
            header.set_mode(0o666);
            header.set_device_major(1)?;
            header.set_device_minor(5)?;
            tar.append_data(&mut header, "exercises/@/src/main.rs", std::io::empty())?;
            tar.into_inner()?.finish()?;
            Ok(())
        },
        |at| {
            let mut tar = tar::Archive::new(expanded(at)?);
            let kind = tar.entries()?.next().context("an entry")??.header().entry_type();
            Ok(kind == tar::EntryType::Char)
        }
    ),
    attack!(
        "gzip-bomb",
        "a cap on expansion",
        "all of the disk",
        |at, _| {
            let mut tar = tar::Builder::new(compressed(at)?);
            let mut header = tar::Header::new_gnu();
            header.set_size(512 << 20);
            header.set_mode(0o644);
            let zeros = std::io::Read::take(std::io::repeat(0), 512 << 20);
            tar.append_data(&mut header, "exercises/@/src/main.rs", zeros)?;
            tar.into_inner()?.finish()?;
            Ok(())
        },
        |at| Ok(std::io::copy(&mut expanded(at)?, &mut std::io::sink())? > 512 << 20)
    ),
];

fn compressed(at: &Path) -> anyhow::Result<flate2::write::GzEncoder<fs::File>> {
    let file = fs::File::create(at.join("mallory.tar.gz")).context("make an archive")?;
    Ok(flate2::write::GzEncoder::new(file, flate2::Compression::fast()))
}

fn expanded(at: &Path) -> anyhow::Result<flate2::read::GzDecoder<fs::File>> {
    Ok(flate2::read::GzDecoder::new(fs::File::open(at.join("mallory.tar.gz"))?))
}

/// The `src` folder of the one exercise.
fn source(at: &Path) -> anyhow::Result<std::path::PathBuf> {
    let folder = at.join(EXERCISE).join("src");
    fs::create_dir_all(&folder).context("make a submission")?;
    Ok(folder)
}

fn reads_the_secret(at: &Path) -> anyhow::Result<bool> {
    Ok(fs::read_to_string(at.join(EXERCISE).join("src/main.rs"))? == SECRET)
}

/// Whether what builds the folder as it is runs the script in it.
fn builds_with_its_own_script(at: &Path) -> anyhow::Result<bool> {
    let folder = at.join(EXERCISE);
    let limits = Limits { wall: Some(DEADLINE), ..Limits::default() };
    let launch = Launch::captured(build::cargo()).args(["build", "--offline"]).limits(limits);
    launch.output(&launcher::xtask_path()?, |command| {
        command.current_dir(&folder).env("CARGO_TARGET_DIR", folder.join("target"));
    })?;
    Ok(folder.join("ran").exists())
}

/// Hands it in and sees what would be graded.
pub fn attack(range: &Range<'_>, attack: &Attack) -> anyhow::Result<Tried> {
    let entry = range.course.resolve("ex-01", Kind::Exercise)?;
    let folder = tempfile::tempdir().context("make a folder for submissions")?;
    let outside = tempfile::tempdir().context("make a folder for a secret")?;
    let secret = outside.path().join("secret.rs");
    fs::write(&secret, SECRET).context("write the secret")?;
    (attack.make)(folder.path(), &secret).with_context(|| attack.name)?;
    let without = (attack.naive)(folder.path()).map(Without::of);
    name_the_exercise(folder.path(), entry.folder_name())?;
    let broken = taken(range, folder.path()).with_context(|| attack.name)?;
    Ok(Tried { name: attack.name, wants: attack.wants, defence: attack.defence, broken, without })
}

/// `@` stands for the exercise's folder until somebody has looked at it naively.
fn name_the_exercise(at: &Path, name: &str) -> anyhow::Result<()> {
    let folder = at.join(EXERCISE);
    if folder.is_dir() {
        fs::rename(&folder, folder.with_file_name(name)).context("name the exercise")?;
    }
    Ok(())
}

/// What was taken that should not have been; or nothing was said of what was refused.
fn taken(range: &Range<'_>, folder: &Path) -> anyhow::Result<Option<String>> {
    let (students, _) = find(folder)?;
    let student = students.first().context("a submission")?;
    ensure!(students.len() == 1, "one submission");
    let imported = match import(range.course, student) {
        Ok(imported) => imported,
        // Whoever makes the grader fail has no grade, but not the one that is deserved.
        Err(error) => return Ok(Some(format!("the grader itself fails: {error:#}"))),
    };
    for (path, text) in imported.exercises.values().flatten() {
        if text.len() > 1 << 20 || String::from_utf8_lossy(text).contains(SECRET) {
            return Ok(Some(format!("{} was taken", path.display())));
        }
    }
    let all = imported.exercises.values().map(std::collections::BTreeMap::len).sum::<usize>();
    if all > 2000 {
        return Ok(Some(format!("{all} files were taken")));
    }
    let silent = imported.refused.is_empty() && imported.remarks.is_empty();
    Ok(silent.then(|| "nothing is said of it".to_owned()))
}
