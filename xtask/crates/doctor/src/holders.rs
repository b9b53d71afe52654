//! Who holds an end of the pipes that matter.
//!
//! The pipes are known by then, so that of most descriptors only the link has to be read: a tree
//! with thousands of them costs one system call for each.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{AtFlags, readlinkat};
use nix::sys::stat::fstatat;
use nix::unistd::Pid;

use crate::calls::Direction;
use crate::descriptors::Object;
use crate::eventfd;
use crate::scene::PipeId;
use crate::tables::{self, Table};
use crate::tasks::Task;
use crate::tree::threads_of;

/// So many descriptors of one table are looked at.
const DESCRIPTORS_MAX: usize = 65_536;

/// The pipes that somebody waits on.
#[derive(Debug, Default)]
pub struct Wanted {
    by_object: HashMap<Object, PipeId>,
    /// Pipes without a name all stand in one file system, so that the inode tells them apart.
    by_inode: HashMap<u64, PipeId>,
    /// The last parts of the FIFOs' names. Only what is called so is looked at more closely: asking
    /// a file system that hangs would hang the doctor.
    fifo_names: HashSet<Vec<u8>>,
    /// The eventfds that somebody waits on, by their own numbers.
    pub eventfds: HashSet<u64>,
}

/// What one process holds.
#[derive(Debug, Default)]
pub struct Held {
    pub ends: Vec<(PipeId, i32, Direction)>,
    /// By the thread in whose table it is.
    pub sockets: Vec<(Pid, i32)>,
    pub has_io_uring: bool,
    /// One of those that are wanted.
    pub has_eventfd: bool,
    pub has_too_many: bool,
}

impl Wanted {
    pub fn get(&self, object: Object) -> Option<PipeId> {
        self.by_object.get(&object).copied()
    }

    /// Adds a pipe, or a FIFO by its path.
    pub fn insert(&mut self, object: Object, path: Option<&str>, pipe: PipeId) {
        self.by_object.insert(object, pipe);
        match path.and_then(|path| Path::new(path).file_name()) {
            Some(name) => {
                self.fifo_names.insert(without_deleted(name.as_bytes()).to_owned());
            }
            None => {
                self.by_inode.insert(object.ino, pipe);
            }
        }
    }

    /// The ends that `pid` holds, in the tables of all its threads.
    ///
    /// # Errors
    /// `NotFound` when it has ended; another when it may not be looked at.
    pub fn held_by(&self, pid: Pid) -> io::Result<Held> {
        self.held_in(pid, &threads_of(pid)?)
    }

    /// The same for one whose threads are known.
    ///
    /// # Errors
    /// `NotFound` when it has ended; another when it may not be looked at.
    pub fn held_in(&self, pid: Pid, threads: &[Pid]) -> io::Result<Held> {
        let mut held = Held::default();
        let mut tables: Vec<Pid> = Vec::new();
        for &tid in threads {
            if tables.iter().any(|&other| tables::are_shared(other, tid)) {
                continue;
            }
            match self.add_table(tid, &mut held) {
                Ok(()) => tables.push(tid),
                // The others of its process have what it had. Of one that ends under the look the
                // kernel says that it may not be seen (fs/proc/base.c, proc_fd_access_allowed).
                Err(_) if Task::read(pid, tid).is_none_or(|task| task.has_ended()) => {}
                Err(error) => return Err(error),
            }
        }
        if tables.is_empty() {
            // Another thread than the first may have called exec meanwhile, and has its number now.
            let lives = Task::read(pid, pid).is_some_and(|task| !task.has_ended());
            let kind =
                if lives { io::ErrorKind::PermissionDenied } else { io::ErrorKind::NotFound };
            return Err(kind.into());
        }
        held.ends.sort_unstable();
        held.ends.dedup();
        Ok(held)
    }

    fn add_table(&self, tid: Pid, held: &mut Held) -> io::Result<()> {
        let table = Table::of(tid, DESCRIPTORS_MAX)?;
        held.has_too_many |= table.has_more;
        for fd in table.fds {
            let name = fd.to_string();
            let target = match readlinkat(&table.directory, name.as_str()) {
                Ok(target) => target,
                // Who may list them may not see what they are.
                Err(error @ (Errno::EACCES | Errno::EPERM)) => return Err(error.into()),
                // It has been closed meanwhile.
                Err(_) => continue,
            };
            held.has_io_uring |= target == "anon_inode:[io_uring]";
            if !self.eventfds.is_empty() && target == "anon_inode:[eventfd]" {
                let id = eventfd::id(tid, fd);
                held.has_eventfd |= id.is_some_and(|id| self.eventfds.contains(&id));
            }
            if target.as_bytes().starts_with(b"socket:") {
                held.sockets.push((tid, fd));
            }
            let Some(pipe) = self.pipe_at(tid, fd, &target) else { continue };
            // The link's own permissions say how it was opened.
            let itself = AtFlags::AT_SYMLINK_NOFOLLOW;
            let Ok(link) = fstatat(&table.directory, name.as_str(), itself) else { continue };
            let mode = link.st_mode;
            let ways = [(0o400, Direction::Read), (0o200, Direction::Write)];
            let open = ways.into_iter().filter(|(bit, _)| mode & bit != 0);
            held.ends.extend(open.map(|(_, direction)| (pipe, fd, direction)));
        }
        Ok(())
    }

    fn pipe_at(&self, tid: Pid, fd: i32, target: &OsStr) -> Option<PipeId> {
        let target = target.as_bytes();
        if let Some(inode) = target.strip_prefix(b"pipe:[") {
            let inode = std::str::from_utf8(inode.strip_suffix(b"]")?).ok()?;
            return self.by_inode.get(&inode.parse().ok()?).copied();
        }
        if self.fifo_names.is_empty() || !target.starts_with(b"/") {
            return None;
        }
        let name = without_deleted(target).rsplit(|&byte| byte == b'/').next()?;
        if !self.fifo_names.contains(name) {
            return None;
        }
        let metadata = fs::metadata(format!("/proc/{tid}/fd/{fd}")).ok()?;
        self.get(Object::of_metadata(&metadata))
    }

    pub fn is_empty(&self) -> bool {
        self.by_object.is_empty() && self.eventfds.is_empty()
    }
}

/// A FIFO that was removed keeps its name, with this behind it.
fn without_deleted(name: &[u8]) -> &[u8] {
    name.strip_suffix(b" (deleted)").unwrap_or(name)
}

/// Whether a descriptor would be closed by exec (proc_pid_fdinfo(5)). One that cannot be asked
/// might survive.
pub fn is_close_on_exec(pid: Pid, fd: i32) -> bool {
    let text = fs::read_to_string(format!("/proc/{pid}/fdinfo/{fd}")).unwrap_or_default();
    let flags = text.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| i32::from_str_radix(flags.trim(), 8).ok());
    flags.is_some_and(|flags| flags & libc::O_CLOEXEC != 0)
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use nix::sys::stat::Mode;
    use nix::unistd::getpid;

    use super::*;
    use crate::tree::Stat;

    #[test]
    fn our_own_ends_are_found_and_no_others() {
        let (reader, writer) = std::io::pipe().expect("create a pipe");
        let (other, _writer) = std::io::pipe().expect("create another pipe");
        let mut wanted = Wanted::default();
        wanted.insert(Object::of(&reader).expect("our own pipe"), None, 7);
        let held = wanted.held_by(getpid()).expect("our own descriptors");
        let mut expected =
            [(7, reader.as_raw_fd(), Direction::Read), (7, writer.as_raw_fd(), Direction::Write)];
        expected.sort_unstable();
        assert_eq!(held.ends, expected);
        assert!(!held.has_io_uring && !held.has_too_many);
        assert!(is_close_on_exec(getpid(), other.as_raw_fd()));
        assert!(!is_close_on_exec(getpid(), i32::MAX));
    }

    #[test]
    fn who_ends_under_the_look_is_gone_and_not_hidden() {
        use std::io::{BufRead, BufReader};
        use std::process::{Command, Stdio};

        let mut wanted = Wanted::default();
        let (reader, _writer) = std::io::pipe().expect("create a pipe");
        wanted.insert(Object::of(&reader).expect("our own pipe"), None, 0);
        for _ in 0..50 {
            // A shell reaps it, somewhere between the looks or in the middle of one.
            let mut shell = Command::new("sh")
                .args(["-c", "exec 3<&0; cat <&3 & echo $!; wait"])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("start a shell");
            let mut line = String::new();
            let mut said = BufReader::new(shell.stdout.take().expect("its output"));
            said.read_line(&mut line).expect("read a number");
            let pid = crate::tree::parse_pid(line.trim()).expect("a process ID");
            drop(shell.stdin.take());
            let error = loop {
                if let Err(error) = wanted.held_by(pid) {
                    break error;
                }
            };
            shell.wait().expect("wait for the shell");
            assert_eq!(error.kind(), io::ErrorKind::NotFound, "{error}");
            assert!(!crate::beyond::may_have_one(pid, Stat::read(getpid())));
        }
    }

    #[test]
    fn a_fifo_is_known_by_its_name_and_then_by_what_it_is() {
        let folder = std::env::temp_dir().join(format!("doctor-holders-{}", getpid()));
        fs::create_dir(&folder).expect("make a directory");
        let path = folder.join("a");
        nix::unistd::mkfifo(&path, Mode::S_IRWXU).expect("make a FIFO");
        // For both ways, so that it does not wait for a peer.
        let both = fs::File::options().read(true).write(true).open(&path).expect("open it");
        let object = Object::of(&both).expect("our own FIFO");
        let mut wanted = Wanted::default();
        wanted.insert(object, path.to_str(), 0);
        let found = |wanted: &Wanted| {
            let held = wanted.held_by(getpid()).expect("our own descriptors");
            held.ends.iter().map(|end| end.2).collect::<Vec<_>>()
        };
        assert_eq!(found(&wanted), [Direction::Read, Direction::Write]);
        fs::remove_dir_all(&folder).expect("remove the directory");
        assert_eq!(found(&wanted), [Direction::Read, Direction::Write]);
        let mut deleted = Wanted::default();
        deleted.insert(object, Some(&format!("{} (deleted)", path.display())), 0);
        assert_eq!(found(&deleted), [Direction::Read, Direction::Write]);
        let mut other = Wanted::default();
        other.insert(Object { ino: object.ino + 1, ..object }, path.to_str(), 0);
        assert_eq!(found(&other), []);
    }
}
