//! What the descriptors of the tree are, found without opening any.
//!
//! Opening /proc/PID/fd/N makes a new reader or writer of a pipe: it wakes whoever waits to open
//! the other end and keeps end-of-file from whoever reads it. `readlink` and `stat` do not.

use std::fs;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::Path;

use nix::sys::stat::{FileStat, fstat};
use nix::unistd::Pid;

use crate::calls::Direction;
use crate::tables::{self, Table};
use crate::tasks::Task;
use crate::tree;

/// So many descriptors of one process are looked at.
const DESCRIPTORS_MAX: usize = 4096;

/// What tells a pipe, or any other file, from all others: device and inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Object {
    pub dev: u64,
    pub ino: u64,
}

impl Object {
    /// What a descriptor of the launcher itself leads to.
    pub fn of(fd: impl AsFd) -> Option<Object> {
        // The types of the fields differ between architectures.
        #[expect(clippy::useless_conversion, reason = "not on every architecture")]
        let object = |stat: FileStat| Object { dev: stat.st_dev.into(), ino: stat.st_ino.into() };
        fstat(fd).ok().map(object)
    }

    pub fn of_metadata(metadata: &fs::Metadata) -> Object {
        Object { dev: metadata.dev(), ino: metadata.ino() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// With or without a name.
    Pipe,
    /// What somebody outside the tree, or time, can make ready: a terminal, a socket, a timer.
    Outside,
    Eventfd,
    Epoll,
    Pidfd,
    Signalfd,
    /// Anything else: a file, /dev/null.
    Inside,
}

/// One entry of a process's table of descriptors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    pub fd: i32,
    pub object: Object,
    pub kind: Kind,
    /// It has a name in a file system.
    pub is_named: bool,
    reads: bool,
    writes: bool,
    /// "a pipe", "the FIFO /tmp/x/a", "a terminal".
    pub words: String,
}

impl Descriptor {
    pub fn goes(&self, direction: Direction) -> bool {
        match direction {
            Direction::Read => self.reads,
            Direction::Write => self.writes,
        }
    }

    /// What `fd` is in the process `pid`; `None` where it is closed, or may not be looked at.
    pub fn of(pid: Pid, fd: i32) -> Option<Descriptor> {
        Descriptor::read(Path::new(&format!("/proc/{pid}/fd/{fd}")))
    }

    /// `None` where it has been closed meanwhile.
    fn read(path: &Path) -> Option<Descriptor> {
        let fd = path.file_name()?.to_str()?.parse().ok()?;
        let target = fs::read_link(path).ok()?;
        let target = printable(&target.to_string_lossy());
        // The link's own permissions say how it was opened.
        let mode = fs::symlink_metadata(path).ok()?.permissions().mode();
        let metadata = fs::metadata(path).ok()?;
        let (kind, words) = name(&target, &metadata);
        let object = Object::of_metadata(&metadata);
        let (reads, writes) = (mode & 0o400 != 0, mode & 0o200 != 0);
        let is_named = metadata.nlink() > 0;
        Some(Descriptor { fd, object, kind, is_named, reads, writes, words })
    }
}

fn name(target: &str, metadata: &fs::Metadata) -> (Kind, String) {
    let file_type = metadata.file_type();
    if file_type.is_fifo() {
        let is_anonymous = target.starts_with("pipe:");
        let words = if is_anonymous { "a pipe".to_owned() } else { format!("the FIFO {target}") };
        return (Kind::Pipe, words);
    }
    if file_type.is_socket() {
        return (Kind::Outside, "a socket".to_owned());
    }
    if file_type.is_char_device() {
        return match nix::sys::stat::major(metadata.rdev()) {
            // /dev/null, /dev/zero and their like are always ready.
            1 => (Kind::Inside, target.to_owned()),
            4 | 5 | 136..=143 | 204 => (Kind::Outside, "a terminal".to_owned()),
            _ => (Kind::Outside, format!("the device {target}")),
        };
    }
    if let Some(name) = target.strip_prefix("anon_inode:") {
        let name = name.trim_matches(['[', ']']);
        let kind = match name {
            "eventfd" => Kind::Eventfd,
            "eventpoll" => Kind::Epoll,
            "pidfd" => Kind::Pidfd,
            "signalfd" => Kind::Signalfd,
            _ => Kind::Outside,
        };
        let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        return (kind, format!("{article} {name}"));
    }
    (Kind::Inside, format!("the file {target}"))
}

/// What a program chose itself, without what would change a terminal.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// A process with its name and its descriptors.
#[derive(Debug)]
pub struct Process {
    pub pid: Pid,
    pub command: String,
    /// Those that could be read, in order, of all its tables: see [`tables`](crate::tables).
    pub descriptors: Vec<Descriptor>,
    /// Those are all.
    pub is_complete: bool,
}

impl Process {
    pub fn read(pid: Pid) -> Process {
        let command = tree::command(pid);
        let mut process = Process { pid, command, descriptors: Vec::new(), is_complete: true };
        let mut tables: Vec<Pid> = Vec::new();
        for tid in tree::threads(pid) {
            if tables.iter().any(|&other| tables::are_shared(other, tid)) {
                continue;
            }
            if process.add_table(tid) {
                tables.push(tid);
            } else if Task::read(pid, tid).is_some_and(|task| !task.has_ended()) {
                process.is_complete = false;
            }
        }
        process.is_complete &= !tables.is_empty();
        process.descriptors.sort_by_key(|descriptor| descriptor.fd);
        process.descriptors.dedup();
        process
    }

    /// Tells whether all of it could be read.
    fn add_table(&mut self, tid: Pid) -> bool {
        let Ok(table) = Table::of(tid, DESCRIPTORS_MAX) else { return false };
        let before = self.descriptors.len();
        self.descriptors.extend(table.fds.iter().filter_map(|&fd| Descriptor::of(tid, fd)));
        !table.has_more && self.descriptors.len() == before + table.fds.len()
    }
}

/// The FIFO that a thread of `pid` waits to open, in words. `None` where the path leads to
/// something else.
pub fn fifo_at(pid: Pid, directory: i32, path: &str) -> Option<String> {
    let start = match directory {
        _ if path.starts_with('/') => format!("/proc/{pid}/root"),
        libc::AT_FDCWD => format!("/proc/{pid}/cwd"),
        directory => format!("/proc/{pid}/fd/{directory}"),
    };
    let metadata = fs::metadata(format!("{start}/{path}")).ok()?;
    metadata.file_type().is_fifo().then(|| format!("the FIFO {}", printable(path)))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::fd::{AsRawFd, BorrowedFd};

    use nix::sched::{CloneFlags, unshare};

    use super::*;

    fn read(fd: BorrowedFd<'_>) -> Descriptor {
        let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
        Descriptor::read(Path::new(&path)).expect("our own descriptor")
    }

    #[test]
    fn both_ends_of_a_pipe_are_one_object() {
        let (reader, writer) = std::io::pipe().expect("create a pipe");
        let (read, write) = (read(reader.as_fd()), read(writer.as_fd()));
        assert_eq!(read.object, write.object);
        assert_eq!(Object::of(&reader), Some(read.object));
        assert!(read.goes(Direction::Read) && !read.goes(Direction::Write));
        assert!(write.goes(Direction::Write) && !write.goes(Direction::Read));
        for found in [read, write] {
            assert_eq!((found.kind, found.words.as_str()), (Kind::Pipe, "a pipe"));
        }
    }

    #[test]
    fn what_is_always_ready_is_inside() {
        let found = read(File::open("/dev/null").expect("open /dev/null").as_fd());
        assert_eq!((found.kind, found.words.as_str()), (Kind::Inside, "/dev/null"));
        assert!(found.goes(Direction::Read) && !found.goes(Direction::Write));
    }

    #[test]
    fn a_name_does_not_reach_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\n"), "a?[2Jb?");
    }

    #[test]
    fn a_table_of_a_threads_own_belongs_to_its_process() {
        let (told, objects) = std::sync::mpsc::channel();
        // Ends when it is dropped, at the latest by a panic of this thread.
        let (end, until) = std::sync::mpsc::channel::<()>();
        let other = std::thread::spawn(move || {
            unshare(CloneFlags::CLONE_FILES).expect("take a table of its own");
            let (reader, _writer) = std::io::pipe().expect("create a pipe");
            told.send(Object::of(&reader).expect("the pipe")).expect("tell its pipe");
            // Disconnected, which is the end.
            let _ = until.recv();
        });
        let pipe = objects.recv().expect("the thread's pipe");
        let process = Process::read(nix::unistd::getpid());
        let ends = process.descriptors.iter().filter(|found| found.object == pipe).count();
        assert_eq!(ends, 2);
        drop(end);
        other.join().expect("the thread");
    }
}
