//! Puts the kernel's answers into the words of the transcript.

use std::fs::Metadata;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::process::ExitStatus;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags};

/// The events that poll(2) found, by name, or `nothing`.
pub fn events(watched: &PollFd) -> String {
    let found = watched.revents().unwrap_or(PollFlags::empty());
    let names: Vec<_> = found.iter_names().map(|(name, _)| name).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(" ") }
}

/// What a read or a write returned: a number of bytes, or the name of the error.
pub fn answer(returned: Result<usize, Errno>) -> String {
    match returned {
        Ok(count) => count.to_string(),
        Err(errno) => format!("{errno:?}"),
    }
}

/// Type and permissions as `ls -l` shows them, for the types of this lesson.
pub fn like_ls(metadata: &Metadata) -> String {
    let kind = match metadata.file_type() {
        kind if kind.is_fifo() => 'p',
        kind if kind.is_dir() => 'd',
        kind if kind.is_file() => '-',
        _ => '?',
    };
    let mode = metadata.permissions().mode();
    let letters = "rwxrwxrwx".chars().zip((0..9).rev());
    let letters = letters.map(|(letter, bit)| if mode >> bit & 1 == 1 { letter } else { '-' });
    std::iter::once(kind).chain(letters).collect()
}

/// The exit status of a program that ended by itself, or why there is none.
pub fn status(status: ExitStatus) -> String {
    status.code().map_or_else(|| status.to_string(), |code| code.to_string())
}
