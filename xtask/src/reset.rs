//! `reset`: puts the skeleton back. What the student had is kept, in a dated folder.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{env, fs};

use anyhow::{Context, ensure};
use course::progress::files_below;
use course::{Course, Entry};

use crate::args::Reset;
use crate::output;
use crate::status::Status;

pub fn reset(args: &Reset) -> anyhow::Result<Status> {
    let course = Course::here()?;
    let entry = course.exercise(&args.id)?;
    let (source, skeleton) = (entry.path.join("src"), entry.path.join("skeleton"));
    let (source, skeleton) = (course.root.join(source), course.root.join(skeleton));
    let fresh = files_below(&skeleton)?;
    ensure!(!fresh.is_empty(), "{} has no skeleton: {} is empty", entry.id, skeleton.display());

    let mut out = output::stdout();
    if is_same(&source, &skeleton)? {
        writeln!(out, "{} is as it was at the beginning: nothing to do", entry.id)?;
        return Ok(Status::Holds);
    }
    // Told before anything is put back: whatever goes wrong then, this is where they are.
    if let Some(backup) = keep(&course, entry, &source)? {
        writeln!(out, "your files are kept in {}", from_here(&backup))?;
        out.flush()?;
    }
    put_back(&source, &skeleton, &fresh)?;
    writeln!(out, "{} is as it was at the beginning", from_here(&source))?;
    out.flush()?;
    Ok(Status::Holds)
}

/// The path as it leads there from the working directory.
fn from_here(path: &Path) -> String {
    let here = env::current_dir().ok();
    let below = here.and_then(|here| path.strip_prefix(here).ok());
    // Nothing is left of the working directory itself.
    below.filter(|below| *below != Path::new("")).unwrap_or(path).display().to_string()
}

/// The same files with the same bytes.
pub fn is_same(one: &Path, other: &Path) -> anyhow::Result<bool> {
    let read = |folder: &Path| -> anyhow::Result<Vec<(PathBuf, Vec<u8>)>> {
        let pair = |path: PathBuf| {
            let bytes = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
            Ok((path.strip_prefix(folder).unwrap_or(&path).to_owned(), bytes))
        };
        files_below(folder)?.into_iter().map(pair).collect()
    };
    Ok(read(one)? == read(other)?)
}

/// Copies all that is in `source` and tells where to; `None` where nothing is in it.
fn keep(course: &Course, entry: &Entry, source: &Path) -> anyhow::Result<Option<PathBuf>> {
    let files = files_below(source)?;
    if files.is_empty() {
        return Ok(None);
    }
    let backups = course.root.join(".pipeworks/backups").join(&entry.id);
    fs::create_dir_all(&backups).with_context(|| format!("make {}", backups.display()))?;
    let date = date(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default());
    // Two resets in one second have two folders.
    let mut folder = backups.join(&date);
    for number in 2.. {
        match fs::create_dir(&folder) {
            Ok(()) => break,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                folder = backups.join(format!("{date}-{number}"));
            }
            Err(error) => {
                return Err(error).with_context(|| format!("make {}", folder.display()));
            }
        }
    }
    for file in files {
        let copy = folder.join(file.strip_prefix(source).unwrap_or(&file));
        let context = || format!("keep {} as {}", file.display(), copy.display());
        if let Some(parent) = copy.parent() {
            fs::create_dir_all(parent).with_context(context)?;
        }
        fs::copy(&file, &copy).with_context(context)?;
    }
    Ok(Some(folder))
}

/// Each file is replaced in one step; what the skeleton does not have goes last.
fn put_back(source: &Path, skeleton: &Path, fresh: &[PathBuf]) -> anyhow::Result<()> {
    let mut wanted = Vec::new();
    for file in fresh {
        let place = source.join(file.strip_prefix(skeleton).unwrap_or(file));
        let context = || format!("put {} back", place.display());
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent).with_context(context)?;
        }
        files::replace(&place, &fs::read(file).with_context(context)?).with_context(context)?;
        wanted.push(place);
    }
    for file in files_below(source)?.into_iter().filter(|file| !wanted.contains(file)) {
        fs::remove_file(&file).with_context(|| format!("remove {}", file.display()))?;
    }
    Ok(())
}

/// `2026-02-28T23-59-59Z`: UTC, without what a file's name had better not have.
fn date(since_1970: Duration) -> String {
    let seconds = since_1970.as_secs();
    let (mut days, second) = (seconds / 86400, seconds % 86400);
    let by = |year: u64, of: u64| year.is_multiple_of(of);
    let is_leap = |year| by(year, 4) && (!by(year, 100) || by(year, 400));
    let mut year = 1970;
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in lengths {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year}-{month:02}-{:02}T{hour:02}-{minute:02}-{second:02}Z", days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        // As `date -u -d @N +%FT%H-%M-%SZ` has them.
        for (seconds, expected) in [
            (0, "1970-01-01T00-00-00Z"),
            (951_782_400, "2000-02-29T00-00-00Z"),
            (1_735_689_599, "2024-12-31T23-59-59Z"),
            (4_107_542_399, "2100-02-28T23-59-59Z"),
            (4_107_542_400, "2100-03-01T00-00-00Z"),
        ] {
            assert_eq!(date(Duration::from_secs(seconds)), expected);
        }
    }
}
