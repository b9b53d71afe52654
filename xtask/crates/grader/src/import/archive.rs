//! A submission that is an archive: looked through where it is, never unpacked.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{Cursor, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use super::rules::printable;
use super::{Kind, Refused, Tree, Unread};

/// Entries that an archive may have.
const ENTRIES: usize = 20_000;
/// What a compressed archive may expand to.
const EXPANDED_BYTES: u64 = 256 << 20;
/// What is kept of a compressed stream, which cannot be read twice.
const KEPT_BYTES: u64 = 32 << 20;
/// And of each file in it.
const KEPT_FILE_BYTES: u64 = 1 << 20;

/// Longest path, and the most folders in one: each folder on the way is remembered.
const PATH_BYTES: usize = 1024;
const PATH_FOLDERS: usize = 32;

/// What an archive says it holds.
#[derive(Default)]
struct Listing {
    /// By folder.
    kinds: BTreeMap<PathBuf, BTreeMap<OsString, Kind>>,
    entries: usize,
    refused: Vec<Refused>,
}

impl Listing {
    /// Notes an entry and the folders it is in; its path, if it is one that may be used.
    fn add(&mut self, name: &[u8], kind: Kind) -> Result<Option<PathBuf>, String> {
        if self.entries + self.refused.len() >= ENTRIES {
            return Err(format!("it has more than {ENTRIES} files and folders"));
        }
        let name = OsStr::from_bytes(name);
        let path = match inside(name) {
            Ok(path) => path,
            Err(why) => {
                self.refuse(name, why);
                return Ok(None);
            }
        };
        if path.as_os_str().is_empty() {
            return Ok(None);
        }
        for parent in path.ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty()) {
            if *self.entry(parent, Kind::Folder) != Kind::Folder {
                self.refuse(name, "it is below something that is no folder");
                return Ok(None);
            }
        }
        let before = self.entries;
        let known = *self.entry(&path, kind);
        if self.entries > before {
            return Ok(Some(path));
        }
        if (known, kind) != (Kind::Folder, Kind::Folder) {
            *self.entry(&path, kind) = Kind::Other("in the archive more than once");
        }
        Ok(None)
    }

    /// What is at a path; of this kind if nothing was known of it.
    fn entry(&mut self, path: &Path, kind: Kind) -> &mut Kind {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let name = path.file_name().unwrap_or_default().to_owned();
        let entries = &mut self.entries;
        self.kinds.entry(folder).or_default().entry(name).or_insert_with(|| {
            *entries += 1;
            kind
        })
    }

    fn refuse(&mut self, name: &OsStr, why: &str) {
        self.refused.push(Refused { path: printable(name), why: why.to_owned() });
    }

    fn list(&self, folder: &Path) -> Vec<(OsString, Kind)> {
        let names = self.kinds.get(folder).into_iter().flatten();
        names.map(|(name, kind)| (name.clone(), *kind)).collect()
    }
}

/// A relative path of names only. `.` is left out, as archives have it in front.
fn inside(name: &OsStr) -> Result<PathBuf, &'static str> {
    if name.len() > PATH_BYTES {
        return Err("a path that is too long");
    }
    if name.as_bytes().contains(&b'\\') {
        return Err("a path with a backslash in it: pack it on Linux");
    }
    if name.as_bytes().contains(&0) {
        return Err("a path with a zero byte in it");
    }
    let mut path = PathBuf::new();
    for (count, part) in Path::new(name).components().enumerate() {
        match part {
            _ if count > PATH_FOLDERS => return Err("a path of too many folders"),
            Component::Normal(name) => path.push(name),
            Component::CurDir => {}
            _ => return Err("a path that leads out of its folder"),
        }
    }
    Ok(path)
}

/// A `.zip`.
pub struct Zip {
    archive: zip::ZipArchive<Cursor<Vec<u8>>>,
    listing: Listing,
    index: BTreeMap<PathBuf, usize>,
}

impl Zip {
    /// What is wrong with it is what to tell its student.
    pub fn open(bytes: Vec<u8>) -> Result<Zip, String> {
        let damaged = |error| format!("it is no zip archive, or a damaged one ({error})");
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
        if archive.has_duplicate_names() {
            return Err("it has several files of one name".to_owned());
        }
        let (mut listing, mut index) = (Listing::default(), BTreeMap::new());
        for number in 0..archive.len() {
            let entry = archive.by_index_raw(number).map_err(damaged)?;
            let kind = if entry.is_dir() {
                Kind::Folder
            } else if entry.is_symlink() {
                Kind::Other("a symbolic link")
            } else if entry.encrypted() {
                Kind::Other("encrypted")
            } else {
                Kind::File { bytes: entry.size() }
            };
            if let Some(path) = listing.add(entry.name_raw(), kind)? {
                index.insert(path, number);
            }
        }
        Ok(Zip { archive, listing, index })
    }
}

impl Tree for Zip {
    fn list(&mut self, folder: &Path) -> Result<Vec<(OsString, Kind)>, Unread> {
        Ok(self.listing.list(folder))
    }

    fn read(&mut self, file: &Path, most_bytes: u64) -> Result<Vec<u8>, Unread> {
        // The archive itself is in memory: no error is this machine's.
        let damaged = |error: String| Unread::Theirs(format!("damaged in the archive ({error})"));
        let number = self.index.get(file).ok_or_else(|| damaged("it is not there".to_owned()))?;
        let entry = self.archive.by_index(*number).map_err(|error| damaged(error.to_string()))?;
        // What an entry says of its size may be wrong.
        let mut text = Vec::new();
        let read = entry.take(most_bytes + 1).read_to_end(&mut text);
        read.map_err(|error| damaged(error.to_string()))?;
        if text.len() as u64 > most_bytes {
            return Err(damaged("longer than it says".to_owned()));
        }
        Ok(text)
    }

    fn refused(&self) -> Vec<Refused> {
        self.listing.refused.clone()
    }
}

/// A `.tar.gz`.
pub struct Tar {
    listing: Listing,
    kept: BTreeMap<PathBuf, Vec<u8>>,
}

impl Tar {
    /// Keeps those of its files that are wanted. What is wrong with it is what to tell its student.
    pub fn open(bytes: &[u8], wanted: impl Fn(&Path) -> bool) -> Result<Tar, String> {
        let mut expanded = flate2::read::MultiGzDecoder::new(bytes).take(EXPANDED_BYTES);
        let read = Tar::read_all(&mut expanded, wanted);
        if expanded.limit() == 0 {
            return Err(format!("it expands to more than {} MiB", EXPANDED_BYTES >> 20));
        }
        read
    }

    fn read_all(expanded: impl Read, wanted: impl Fn(&Path) -> bool) -> Result<Tar, String> {
        let damaged = |error| format!("it is no tar.gz archive, or a damaged one ({error})");
        let mut archive = tar::Archive::new(expanded);
        let (mut listing, mut kept, mut kept_bytes) = (Listing::default(), BTreeMap::new(), 0);
        for entry in archive.entries().map_err(damaged)? {
            let mut entry = entry.map_err(damaged)?;
            let kind = match entry.header().entry_type() {
                tar::EntryType::Regular | tar::EntryType::Continuous => {
                    Kind::File { bytes: entry.size() }
                }
                tar::EntryType::Directory => Kind::Folder,
                tar::EntryType::Symlink => Kind::Other("a symbolic link"),
                tar::EntryType::Link => Kind::Other("a hard link"),
                tar::EntryType::Fifo => Kind::Other("a FIFO"),
                tar::EntryType::XGlobalHeader | tar::EntryType::XHeader => continue,
                _ => Kind::Other("a device, or of no kind that is known"),
            };
            let Some(path) = listing.add(&entry.path_bytes(), kind)? else { continue };
            let Kind::File { bytes } = kind else { continue };
            if bytes > KEPT_FILE_BYTES || !wanted(&path) {
                continue;
            }
            kept_bytes += bytes;
            if kept_bytes > KEPT_BYTES {
                let most = KEPT_BYTES >> 20;
                return Err(format!("its exercises have more than {most} MiB of files"));
            }
            let mut text = Vec::new();
            entry.by_ref().take(bytes).read_to_end(&mut text).map_err(damaged)?;
            kept.insert(path, text);
        }
        Ok(Tar { listing, kept })
    }
}

impl Tree for Tar {
    fn list(&mut self, folder: &Path) -> Result<Vec<(OsString, Kind)>, Unread> {
        Ok(self.listing.list(folder))
    }

    fn read(&mut self, file: &Path, _most_bytes: u64) -> Result<Vec<u8>, Unread> {
        let text = self.kept.get(file).cloned();
        text.ok_or_else(|| Unread::Theirs("damaged in the archive".to_owned()))
    }

    fn refused(&self) -> Vec<Refused> {
        self.listing.refused.clone()
    }
}
