//! The test's folder: once the program has run, what is in it is the program's doing.
//!
//! A name may be a FIFO, on which whoever opens it waits for ever, or a link to a file without an
//! end. So nothing there is opened as if it were what the test expects.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;

use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::Mode;

use crate::outcome::{Failure, Verdict};
use crate::program::Trial;

/// More than any program of the course writes.
const LEFT_BYTES: u64 = 512 << 20;

impl Trial {
    /// What is in a file of the test's folder now.
    ///
    /// # Errors
    /// When it cannot be read, is behind a link, or is no regular file.
    pub fn left(&self, name: impl AsRef<Path>) -> io::Result<Vec<u8>> {
        let file = self.open(name.as_ref(), OFlag::O_RDONLY)?;
        let mut bytes = Vec::new();
        file.take(LEFT_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Makes this the content of a file of the test's folder.
    ///
    /// # Errors
    /// When it cannot be written, is behind a link, or is no regular file.
    pub fn put(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_TRUNC;
        self.open(name.as_ref(), flags)?.write_all(bytes.as_ref())
    }

    fn open(&self, name: &Path, flags: OFlag) -> io::Result<File> {
        let folder = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let mut at: OwnedFd = open(self.folder(), folder, Mode::empty())?;
        for parent in name.parent().into_iter().flatten() {
            at = openat(&at, parent, folder, Mode::empty())?;
        }
        // A FIFO is opened without waiting, to see that it is one.
        let flags = flags | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let last = name.file_name().unwrap_or_default();
        let file = File::from(openat(&at, last, flags, Mode::from_bits_truncate(0o644))?);
        if file.metadata()?.is_file() {
            return Ok(file);
        }
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"))
    }
}

/// Whether an error comes of what a folder's owner may do with it. What a machine lacks (memory,
/// descriptors) has other numbers.
pub fn is_of_a_folder(error: &io::Error) -> bool {
    match error.raw_os_error() {
        None => matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData),
        Some(number) => [
            libc::EACCES,
            libc::EPERM,
            libc::ENOENT,
            libc::EEXIST,
            libc::ENOTDIR,
            libc::EISDIR,
            libc::ENOTEMPTY,
            libc::ELOOP,
            libc::ENXIO,
            libc::ENOSPC,
            libc::EFBIG,
            libc::ETXTBSY,
        ]
        .contains(&number),
    }
}

/// What is told of a program that has kept its own test from going on.
pub fn disturbed(id: &str, error: &io::Error) -> Failure {
    Failure {
        verdict: Verdict::Fail,
        expected: "the folder that the program runs in can be used after it".to_owned(),
        came: format!("the test could not go on there: {error}"),
        difference: Vec::new(),
        means: "The program has filled that folder, closed it, or put something else where the \
                test has files. It may only make what README.md asks for."
            .to_owned(),
        by_hand: format!("cargo xtask check {id}"),
    }
}
