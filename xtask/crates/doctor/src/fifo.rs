//! Which FIFO a call is about, and whether a program outside the tree could still open it.
//!
//! Nothing here opens one: see [`descriptors`](crate::descriptors).

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::time::SystemTime;

use nix::unistd::Pid;

use crate::descriptors::{Descriptor, Object, printable};

/// A FIFO in the file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fifo {
    pub object: Object,
    /// As the program, or the kernel, calls it.
    pub path: String,
    /// See [`is_private`].
    pub is_reachable: bool,
}

/// The FIFO that a thread of `pid` waits to open, in a tree that was started at `since`; `None` of
/// the time where somebody else has started it. `None` where the path leads to something else.
pub fn opened(pid: Pid, directory: i32, path: &str, since: Option<SystemTime>) -> Option<Fifo> {
    let start = match directory {
        _ if path.starts_with('/') => format!("/proc/{pid}/root"),
        libc::AT_FDCWD => format!("/proc/{pid}/cwd"),
        directory => format!("/proc/{pid}/fd/{directory}"),
    };
    let whole = format!("{start}/{path}");
    let metadata = fs::metadata(&whole).ok()?;
    let is_reachable = !is_private(Path::new(&whole), &metadata, since);
    let object = Object::of_metadata(&metadata);
    let path = printable(path);
    metadata.file_type().is_fifo().then_some(Fifo { object, path, is_reachable })
}

/// The same for one that is open; `None` for a pipe without a name.
pub fn held(descriptor: &Descriptor, since: Option<SystemTime>) -> Option<Fifo> {
    let path = descriptor.words.strip_prefix("the FIFO ")?;
    let metadata = fs::metadata(path).ok();
    let is_it = |found: &fs::Metadata| Object::of_metadata(found) == descriptor.object;
    let is_reachable = match metadata.filter(is_it) {
        Some(metadata) => !is_private(Path::new(path), &metadata, since),
        // Removed, it has no name any more by which it could be opened. Otherwise it stands where
        // the doctor cannot see it, which others may.
        None => descriptor.is_named,
    };
    Some(Fifo { object: descriptor.object, path: path.to_owned(), is_reachable })
}

/// Whether it has one name only, in a directory that the tree has made, open to its owner alone, as
/// mkdtemp(3) makes them. An older directory is known to whoever started the tree, and who may be
/// about to open the FIFO from another terminal. Where the file system does not tell its age, or
/// somebody else has started the tree, others may know it.
fn is_private(path: &Path, metadata: &fs::Metadata, since: Option<SystemTime>) -> bool {
    if metadata.nlink() > 1 {
        return false;
    }
    let Ok(real) = fs::canonicalize(path) else { return false };
    let is_it = |found: &fs::Metadata| Object::of_metadata(found) == Object::of_metadata(metadata);
    let Some(directory) = real.parent().filter(|_| fs::metadata(&real).is_ok_and(|m| is_it(&m)))
    else {
        return false;
    };
    let Ok(around) = fs::metadata(directory) else { return false };
    let is_younger = since.is_some_and(|since| around.created().is_ok_and(|born| born >= since));
    around.mode() & 0o077 == 0 && around.uid() == metadata.uid() && is_younger
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    use nix::sys::stat::Mode;
    use nix::unistd::{getpid, mkfifo};

    use super::*;

    #[test]
    fn only_a_fifo_with_one_name_in_a_directory_of_the_tree_is_out_of_reach() {
        let before = SystemTime::now() - Duration::from_secs(1);
        let folder = std::env::temp_dir().join(format!("doctor-fifo-{}", getpid()));
        fs::create_dir(&folder).expect("make a directory");
        let mode = |mode| fs::set_permissions(&folder, fs::Permissions::from_mode(mode));
        mode(0o700).expect("make it private");
        let path = folder.join("a");
        mkfifo(&path, Mode::S_IRWXU).expect("make a FIFO");
        let text = path.to_str().expect("a path in UTF-8");
        let reachable_since =
            |since| opened(getpid(), libc::AT_FDCWD, text, since).map(|fifo| fifo.is_reachable);
        let reachable = || reachable_since(Some(before));
        assert_eq!(reachable(), Some(false));
        let after = SystemTime::now() + Duration::from_secs(1);
        assert_eq!(reachable_since(Some(after)), Some(true));
        assert_eq!(reachable_since(None), Some(true));
        mode(0o750).expect("open it to a group");
        assert_eq!(reachable(), Some(true));
        mode(0o700).expect("make it private");
        fs::hard_link(&path, folder.join("b")).expect("give it a second name");
        assert_eq!(reachable(), Some(true));
        fs::write(folder.join("file"), "").expect("write a file");
        let file = folder.join("file");
        let file = file.to_str().expect("a path in UTF-8");
        assert_eq!(opened(getpid(), libc::AT_FDCWD, file, Some(before)), None);
        fs::remove_dir_all(&folder).expect("remove the directory");
        assert_eq!(reachable(), None);
    }
}
