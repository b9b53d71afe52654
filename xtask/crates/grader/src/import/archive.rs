//! A submission that is an archive: looked through where it is, never unpacked.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, ensure};

use super::rules::{FILE_BYTES, printable};
use super::{Kind, Refused, Tree};

/// Entries that an archive may have.
const ENTRIES: usize = 20_000;
/// What a compressed archive may expand to.
const EXPANDED_BYTES: u64 = 256 << 20;
/// What is kept of a compressed stream, which cannot be read twice.
const KEPT_BYTES: u64 = 32 << 20;

/// What an archive says it holds.
#[derive(Default)]
struct Listing {
    kinds: BTreeMap<PathBuf, Kind>,
    refused: Vec<Refused>,
}

impl Listing {
    /// Notes an entry and the folders it is in; its path, if it is one that may be used.
    fn add(&mut self, name: &[u8], kind: Kind) -> anyhow::Result<Option<PathBuf>> {
        let entries = self.kinds.len() + self.refused.len();
        ensure!(entries < ENTRIES, "it has more than {ENTRIES} entries");
        let name = OsStr::from_bytes(name);
        let Some(path) = inside(name) else {
            let why = "a path that leads out of its folder".to_owned();
            self.refused.push(Refused { path: printable(name), why });
            return Ok(None);
        };
        if path.as_os_str().is_empty() {
            return Ok(None);
        }
        for parent in path.ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty()) {
            let known = self.kinds.entry(parent.to_owned()).or_insert(Kind::Folder);
            if *known != Kind::Folder {
                let why = "it is below something that is no folder".to_owned();
                self.refused.push(Refused { path: printable(name), why });
                return Ok(None);
            }
        }
        if kind == Kind::Folder && self.kinds.get(&path) == Some(&Kind::Folder) {
            return Ok(None);
        }
        if self.kinds.insert(path.clone(), kind).is_some() {
            self.kinds.insert(path, Kind::Other("in the archive more than once"));
            return Ok(None);
        }
        Ok(Some(path))
    }

    fn list(&self, folder: &Path) -> Vec<(OsString, Kind)> {
        let below = self.kinds.iter().filter(|(path, _)| path.parent() == Some(folder));
        below.filter_map(|(path, kind)| Some((path.file_name()?.to_owned(), *kind))).collect()
    }
}

/// A relative path of names only, or none. `.` is left out, as archives have it in front.
fn inside(name: &OsStr) -> Option<PathBuf> {
    if name.as_bytes().contains(&b'\\') || name.as_bytes().contains(&0) {
        return None;
    }
    let mut path = PathBuf::new();
    for part in Path::new(name).components() {
        match part {
            Component::Normal(name) => path.push(name),
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(path)
}

/// A `.zip`.
pub struct Zip {
    archive: zip::ZipArchive<BufReader<File>>,
    listing: Listing,
    index: BTreeMap<PathBuf, usize>,
}

impl Zip {
    pub fn open(path: &Path) -> anyhow::Result<Zip> {
        let file = File::open(path).context("open it")?;
        let context = "it is no zip archive, or a damaged one";
        let mut archive = zip::ZipArchive::new(BufReader::new(file)).context(context)?;
        ensure!(archive.len() <= ENTRIES, "it has more than {ENTRIES} entries");
        let (mut listing, mut index) = (Listing::default(), BTreeMap::new());
        for number in 0..archive.len() {
            let entry = archive.by_index_raw(number).context(context)?;
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
    fn list(&mut self, folder: &Path) -> anyhow::Result<Vec<(OsString, Kind)>> {
        Ok(self.listing.list(folder))
    }

    fn read(&mut self, file: &Path, most_bytes: u64) -> anyhow::Result<Vec<u8>> {
        let context = || format!("read {} in it", file.display());
        let number = *self.index.get(file).with_context(context)?;
        let entry = self.archive.by_index(number).with_context(context)?;
        // What an entry says of its size may be wrong.
        let mut text = Vec::new();
        entry.take(most_bytes + 1).read_to_end(&mut text).with_context(context)?;
        ensure!(text.len() as u64 <= most_bytes, "{}: longer than it says", file.display());
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
    pub fn open(path: &Path) -> anyhow::Result<Tar> {
        let file = File::open(path).context("open it")?;
        let expanded = flate2::read::MultiGzDecoder::new(BufReader::new(file));
        let mut archive = tar::Archive::new(expanded.take(EXPANDED_BYTES));
        let context = || {
            format!("it is no tar.gz archive, a damaged one, or expands to {EXPANDED_BYTES} bytes")
        };
        let (mut listing, mut kept, mut kept_bytes) = (Listing::default(), BTreeMap::new(), 0);
        for entry in archive.entries().with_context(context)? {
            let mut entry = entry.with_context(context)?;
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
            if bytes > FILE_BYTES.max(1 << 20) || kept_bytes + bytes > KEPT_BYTES {
                continue;
            }
            let mut text = Vec::new();
            entry.read_to_end(&mut text).with_context(context)?;
            kept_bytes += text.len() as u64;
            kept.insert(path, text);
        }
        Ok(Tar { listing, kept })
    }
}

impl Tree for Tar {
    fn list(&mut self, folder: &Path) -> anyhow::Result<Vec<(OsString, Kind)>> {
        Ok(self.listing.list(folder))
    }

    fn read(&mut self, file: &Path, _most_bytes: u64) -> anyhow::Result<Vec<u8>> {
        let text = self.kept.get(file).cloned();
        text.with_context(|| format!("{}: the archive has too much in it", file.display()))
    }

    fn refused(&self) -> Vec<Refused> {
        self.listing.refused.clone()
    }
}
