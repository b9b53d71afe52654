//! A submission that is a folder.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, open, openat2};
use nix::sys::stat::Mode;

use super::{Kind, Tree};

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
    fn list(&mut self, folder: &Path) -> anyhow::Result<Vec<(OsString, Kind)>> {
        let opened = match self.beneath(folder, OFlag::O_RDONLY | OFlag::O_DIRECTORY) {
            Ok(opened) => opened,
            Err(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP | Errno::EXDEV) => {
                return Ok(Vec::new());
            }
            Err(error) => {
                return Err(error).with_context(|| format!("open {}", folder.display()));
            }
        };
        // The very folder that was opened, whatever is at its path by now.
        let listing = PathBuf::from(format!("/proc/self/fd/{}", opened.as_raw_fd()));
        let context = || format!("list {}", folder.display());
        let mut found = Vec::new();
        for entry in fs::read_dir(&listing).with_context(context)? {
            let entry = entry.with_context(context)?;
            let metadata = fs::symlink_metadata(entry.path()).with_context(context)?;
            found.push((entry.file_name(), kind(&metadata)));
        }
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(found)
    }

    fn read(&mut self, file: &Path, most_bytes: u64) -> anyhow::Result<Vec<u8>> {
        let context = || format!("read {}", file.display());
        let opened = self.beneath(file, OFlag::O_RDONLY).with_context(context)?;
        let opened = File::from(opened);
        let found = kind(&opened.metadata().with_context(context)?);
        ensure!(matches!(found, Kind::File { .. }), "{} has changed meanwhile", file.display());
        let mut text = Vec::new();
        opened.take(most_bytes).read_to_end(&mut text).with_context(context)?;
        Ok(text)
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
