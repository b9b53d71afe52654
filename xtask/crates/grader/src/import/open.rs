//! From a student's file or folder to a tree that can be looked through.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use course::Course;

use super::archive::{Tar, Zip};
use super::folder::Folder;
use super::rules::printable;
use super::students::{Found, Student, archive};
use super::{Imported, Kind, Tree, Unread, look_through};

/// Size of an archive: sources are small, and what cargo has built is not handed in.
const ARCHIVE_BYTES: u64 = 64 << 20;
const TOO_LARGE: &str = "more than 64 MiB: leave out the folder `target`";
const NOTHING: &str = "no folder of an exercise was found in it";
const SEVERAL: &str = "there are several archives in it: leave only the one that counts";
const UNKNOWN: &str =
    "no archive of this kind is read: unpack it into a folder, or make a .zip or a .tar.gz of it";

/// Looks through a submission and takes what may be taken.
///
/// # Errors
/// When this machine cannot read it: its grade is not known then.
pub fn import(course: &Course, student: &Student) -> anyhow::Result<Imported> {
    if student.found == Found::Unknown {
        return Ok(Imported::not_read(course, UNKNOWN));
    }
    let context = || format!("read the submission {}", student.path.display());
    let shown = || printable(student.path.file_name().unwrap_or_default());
    let looked = match student.found {
        Found::Folder => {
            let mut folder = Folder::open(&student.path).with_context(context)?;
            in_folder(course, &mut folder)
        }
        found => match whole(&student.path).with_context(context)? {
            Some(bytes) => in_archive(course, found, bytes, &shown()),
            None => Ok(Imported::refused_as_a_whole(course, shown(), TOO_LARGE)),
        },
    };
    match looked {
        Ok(imported) => Ok(shortened(imported)),
        Err(Unread::Theirs(why)) => Ok(Imported::refused_as_a_whole(course, shown(), &why)),
        Err(Unread::Ours(error)) => Err(error).with_context(context),
    }
}

/// What is refused and told one by one.
const TOLD: usize = 100;

/// Somebody may hand in thousands of files that are refused.
fn shortened(mut imported: Imported) -> Imported {
    let more = imported.refused.len().saturating_sub(TOLD);
    if more > 0 {
        imported.refused.truncate(TOLD);
        imported.remarks.push(format!("{more} more files and folders were refused"));
    }
    imported
}

fn nothing() -> Imported {
    Imported { remarks: vec![NOTHING.to_owned()], ..Imported::default() }
}

/// Some systems hand out a folder for each student, with the archive in it that was uploaded.
fn in_folder(course: &Course, folder: &mut Folder) -> Result<Imported, Unread> {
    if let Some(imported) = look_through(course, folder)? {
        return Ok(imported);
    }
    let top = folder.list(Path::new(""))?;
    let archives = top.iter().filter_map(|(name, kind)| {
        let Kind::File { bytes } = kind else { return None };
        Some((name, *bytes, archive(name)?.1))
    });
    let (unknown, read): (Vec<_>, Vec<_>) =
        archives.partition(|(_, _, found)| *found == Found::Unknown);
    let (name, bytes, found) = match &read[..] {
        [only] => *only,
        [] if unknown.is_empty() => return Ok(nothing()),
        [] => return Err(Unread::Theirs(UNKNOWN.to_owned())),
        [..] => return Err(Unread::Theirs(SEVERAL.to_owned())),
    };
    if bytes > ARCHIVE_BYTES {
        return Ok(Imported::refused_as_a_whole(course, printable(name), TOO_LARGE));
    }
    let bytes = folder.read(&PathBuf::from(name), bytes)?;
    in_archive(course, found, bytes, &printable(name))
}

fn in_archive(
    course: &Course,
    found: Found,
    bytes: Vec<u8>,
    shown: &str,
) -> Result<Imported, Unread> {
    let wanted = |path: &Path| {
        let names = path.iter().filter_map(|name| name.to_str());
        names.into_iter().any(|name| course.exercises().any(|entry| entry.folder_name() == name))
    };
    let opened: Result<Box<dyn Tree>, String> = match found {
        Found::Zip => Zip::open(bytes).map(|zip| Box::new(zip) as Box<dyn Tree>),
        _ => Tar::open(&bytes, wanted).map(|tar| Box::new(tar) as Box<dyn Tree>),
    };
    match opened {
        Ok(mut tree) => {
            let imported = look_through(course, tree.as_mut())?;
            let refused = tree.refused();
            Ok(imported.unwrap_or_else(|| Imported { refused, ..nothing() }))
        }
        Err(why) => Ok(Imported::refused_as_a_whole(course, shown.to_owned(), &why)),
    }
}

/// All of an archive, so that an error of this machine can be told from one of the archive; `None`
/// where it is too large.
fn whole(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    // Not blocking: a FIFO that has been put there meanwhile must not hold the grader up.
    let file: File = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)
        .context("open it")?;
    anyhow::ensure!(file.metadata().context("look at it")?.is_file(), "it is no file any more");
    let mut bytes = Vec::new();
    file.take(ARCHIVE_BYTES + 1).read_to_end(&mut bytes).context("read it")?;
    Ok((bytes.len() as u64 <= ARCHIVE_BYTES).then_some(bytes))
}
