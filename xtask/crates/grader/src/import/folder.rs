//! A submission that is a folder.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, open, openat2};
use nix::sys::stat::Mode;

use super::rules::{ENTRIES, printable};
use super::{Kind, Tree, Unread};

/// Its top, held open: the kernel resolves every path beneath it (openat2(2)).
pub struct Folder {
    top: OwnedFd,
}

impl Folder {
    pub fn open(path: &Path) -> anyhow::Result<Folder> {
        let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let top = open(path, flags, Mode::empty()).context("open it")?;
        Ok(Folder { top })
    }

    /// Opens what is at a path, if no link leads there.
    fn beneath(&self, path: &Path, flags: OFlag) -> nix::Result<OwnedFd> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        // Not blocking: a FIFO that has been put there meanwhile must not hold the grader up.
        let flags = flags | OFlag::O_CLOEXEC | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
        let how = OpenHow::new().flags(flags).resolve(
            ResolveFlag::RESOLVE_BENEATH
                | ResolveFlag::RESOLVE_NO_SYMLINKS
                | ResolveFlag::RESOLVE_NO_MAGICLINKS,
        );
        openat2(&self.top, path, how)
    }
}

impl Tree for Folder {
    fn list(&mut self, folder: &Path) -> Result<Vec<(OsString, Kind)>, Unread> {
        let opened = match self.beneath(folder, OFlag::O_RDONLY | OFlag::O_DIRECTORY) {
            Ok(opened) => opened,
            Err(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP | Errno::EXDEV) => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(unread(error, folder)),
        };
        // The very folder that was opened, whatever is at its path by now.
        let listing = PathBuf::from(format!("/proc/self/fd/{}", opened.as_raw_fd()));
        let failed = |error: io::Error| {
            Unread::Ours(anyhow::Error::from(error).context(format!("list {}", shown(folder))))
        };
        let mut found = Vec::new();
        for entry in fs::read_dir(&listing).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if found.len() == ENTRIES {
                return Err(Unread::Theirs(format!("more than {ENTRIES} files and folders in it")));
            }
            match fs::symlink_metadata(entry.path()) {
                Ok(metadata) => found.push((entry.file_name(), kind(&metadata))),
                // It has gone meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed(error)),
            }
        }
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(found)
    }

    fn read(&mut self, file: &Path, most_bytes: u64) -> Result<Vec<u8>, Unread> {
        let opened = self.beneath(file, OFlag::O_RDONLY).map_err(|error| unread(error, file))?;
        let opened = File::from(opened);
        let failed = |error: io::Error| {
            Unread::Ours(anyhow::Error::from(error).context(format!("read {}", shown(file))))
        };
        if !matches!(kind(&opened.metadata().map_err(failed)?), Kind::File { .. }) {
            return Err(Unread::Theirs("it has changed meanwhile".to_owned()));
        }
        let mut text = Vec::new();
        opened.take(most_bytes).read_to_end(&mut text).map_err(failed)?;
        Ok(text)
    }
}

fn shown(path: &Path) -> String {
    printable(path.as_os_str())
}

/// Why the kernel would not open something that is there.
fn unread(error: Errno, path: &Path) -> Unread {
    let shown = shown(path);
    match error {
        Errno::ENAMETOOLONG => Unread::Theirs("a path that is too long".to_owned()),
        Errno::ENOENT | Errno::ELOOP | Errno::EXDEV | Errno::ENOTDIR | Errno::ENXIO => {
            Unread::Theirs("it has changed meanwhile".to_owned())
        }
        Errno::EACCES => {
            let what = format!("{shown} may not be read by whoever grades: chmod -R u+rX");
            Unread::Ours(anyhow::anyhow!(what))
        }
        error => Unread::Ours(anyhow::Error::from(error).context(format!("open {shown}"))),
    }
}

fn kind(metadata: &fs::Metadata) -> Kind {
    let of = metadata.file_type();
    if of.is_dir() {
        Kind::Folder
    } else if of.is_symlink() {
        Kind::Other("a symbolic link")
    } else if of.is_fifo() {
        Kind::Other("a FIFO")
    } else if of.is_socket() {
        Kind::Other("a socket")
    } else if !of.is_file() {
        Kind::Other("a device")
    } else if metadata.nlink() > 1 {
        Kind::Other("a hard link: another name of a file that may be anywhere")
    } else {
        Kind::File { bytes: metadata.len() }
    }
}
