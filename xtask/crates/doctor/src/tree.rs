//! Who is below a process, and which threads each has.
//!
//! They are found by going down /proc/PID/task/TID/children, which needs no look at other
//! processes; where the kernel was built without that file, by reading every parent ID in /proc. A
//! process below a subreaper can only leave its tree by ending. One look can miss a process whose
//! parent ends meanwhile; it is the subreaper's own child at the next look.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use nix::unistd::Pid;

use crate::descriptors::printable;
use crate::tasks::is_gone;

/// A process with its threads, the oldest first; none once it has ended.
pub type WithThreads = (Pid, Vec<Pid>);

/// All descendants of `top`, parents before their children; not `top` itself.
///
/// # Errors
/// When /proc is not there, or `top` is not.
pub fn below(top: Pid) -> io::Result<Vec<Pid>> {
    Ok(whole(top)?.into_iter().skip(1).map(|(pid, _)| pid).collect())
}

/// `top` and all its descendants, parents before their children, each with its threads: who finds
/// its children has come by them.
///
/// # Errors
/// When /proc is not there, or `top` is not.
pub fn whole(top: Pid) -> io::Result<Vec<WithThreads>> {
    if Path::new("/proc/thread-self/children").exists() {
        walk(top, |parent| {
            let threads = threads_of(parent)?;
            let children = children(parent, &threads);
            Ok((threads, children))
        })
    } else {
        let mut all: HashMap<Pid, Vec<Pid>> = HashMap::new();
        for (child, parent) in parents()? {
            all.entry(parent).or_default().push(child);
        }
        let children = |parent| all.get(&parent).cloned().unwrap_or_default();
        walk(top, |parent| Ok((threads_of(parent)?, children(parent))))
    }
}

/// `look` finds the threads and the children of a process.
fn walk(
    top: Pid,
    look: impl Fn(Pid) -> io::Result<(Vec<Pid>, Vec<Pid>)>,
) -> io::Result<Vec<WithThreads>> {
    let (threads, mut next) = look(top)?;
    let mut found = vec![(top, threads)];
    let mut seen = HashSet::from([top]);
    let mut at = 0;
    loop {
        let born = next.into_iter().filter(|&child| seen.insert(child));
        found.extend(born.map(|child| (child, Vec::new())));
        at += 1;
        let Some((process, threads)) = found.get_mut(at) else { return Ok(found) };
        // A process that has ended meanwhile has no children any more.
        (*threads, next) = look(*process).unwrap_or_default();
    }
}

/// The threads of `pid`, the oldest first; none once it has ended.
#[must_use]
pub fn threads(pid: Pid) -> Vec<Pid> {
    threads_of(pid).unwrap_or_default()
}

/// The same.
///
/// # Errors
/// `NotFound` once it has ended; `PermissionDenied` where /proc hides it (hidepid, proc(5)).
pub(crate) fn threads_of(pid: Pid) -> io::Result<Vec<Pid>> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).map_err(|error| {
        // What the kernel says where the process goes while its files are looked up.
        if is_gone(&error) { io::ErrorKind::NotFound.into() } else { error }
    })?;
    let tasks = tasks.flatten();
    Ok(tasks.filter_map(|task| task.file_name().to_str().and_then(parse_pid)).collect())
}

/// The children of these threads of `parent`.
fn children(parent: Pid, threads: &[Pid]) -> Vec<Pid> {
    let mut found = Vec::new();
    for tid in threads {
        // A thread that ended between the listing and the read has passed its children on.
        let line = read_at_once(&format!("/proc/{parent}/task/{tid}/children"));
        let line = line.unwrap_or_default();
        let words =
            line.split(u8::is_ascii_whitespace).filter_map(|word| str::from_utf8(word).ok());
        found.extend(words.filter_map(parse_pid));
    }
    found
}

/// A file of /proc with short lines, in one read where that is enough: `fs::read` asks for the
/// length, which such a file does not tell, and then reads in small pieces.
pub fn read_at_once(path: &str) -> io::Result<Vec<u8>> {
    read(path, true)
}

/// One that may have long lines, as those with paths in them.
pub(crate) fn read_to_end(path: &str) -> io::Result<Vec<u8>> {
    read(path, false)
}

fn read(path: &str, is_short: bool) -> io::Result<Vec<u8>> {
    all_of(&mut File::open(path)?, is_short)
}

fn all_of(file: &mut impl Read, is_short: bool) -> io::Result<Vec<u8>> {
    let mut text = vec![0; 4096];
    let mut length = 0;
    loop {
        let count = file.read(&mut text[length..])?;
        if count == 0 {
            text.truncate(length);
            return Ok(text);
        }
        length += count;
        // No line of such a file is longer than half of that: there was room for one more. Only the
        // first read tells: a later one may have had the few bytes that were left.
        if is_short && length == count && count < text.len() / 2 {
            text.truncate(length);
            return Ok(text);
        }
        if length == text.len() {
            text.resize(2 * length, 0);
        }
    }
}

/// The same as text.
pub(crate) fn text_at_once(path: &str) -> io::Result<String> {
    Ok(String::from_utf8_lossy(&read_at_once(path)?).into_owned())
}

/// Every process of the system with its parent.
fn parents() -> io::Result<Vec<(Pid, Pid)>> {
    let pids = everybody()?.into_iter();
    Ok(pids.filter_map(|pid| Some((pid, Stat::read(pid)?.parent))).collect())
}

/// Every process of the system.
///
/// # Errors
/// When /proc is not there.
pub fn everybody() -> io::Result<Vec<Pid>> {
    let entries = fs::read_dir("/proc")?.flatten();
    Ok(entries.filter_map(|entry| entry.file_name().to_str().and_then(parse_pid)).collect())
}

/// A process's number, as text.
#[must_use]
pub fn parse_pid(text: &str) -> Option<Pid> {
    text.parse().ok().map(Pid::from_raw)
}

/// The fields of /proc/PID/stat that tell what a process is (proc_pid_stat(5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    pub parent: Pid,
    pub session: Pid,
    /// Forked, and no exec since.
    pub has_not_execed: bool,
    pub is_of_the_kernel: bool,
    /// When it was started, in ticks since the system was.
    pub started_ticks: u64,
}

impl Stat {
    /// `None` once the process has been reaped.
    #[must_use]
    pub fn read(pid: Pid) -> Option<Stat> {
        let line = text_at_once(&format!("/proc/{pid}/stat")).ok()?;
        Stat::parse(&line)
    }

    fn parse(line: &str) -> Option<Stat> {
        // include/linux/sched.h; they have never changed.
        const PF_FORKNOEXEC: u64 = 0x40;
        const PF_KTHREAD: u64 = 0x0020_0000;
        // The command's name is in parentheses and may hold any character, parentheses included.
        let fields: Vec<&str> = line.rsplit_once(')')?.1.split_ascii_whitespace().collect();
        let flags: u64 = fields.get(6)?.parse().ok()?;
        Some(Stat {
            parent: parse_pid(fields.get(1)?)?,
            session: parse_pid(fields.get(3)?)?,
            has_not_execed: flags & PF_FORKNOEXEC != 0,
            is_of_the_kernel: flags & PF_KTHREAD != 0,
            started_ticks: fields.get(19)?.parse().ok()?,
        })
    }
}

/// A process's name, without control characters.
pub fn command(pid: Pid) -> String {
    let command = text_at_once(&format!("/proc/{pid}/comm")).unwrap_or_default();
    printable(command.trim_end_matches('\n'))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::process::{Command, Stdio};

    use nix::unistd::getpid;

    use super::*;

    /// Gives what there is as /proc does: whole lines, as many as fit.
    struct Lines(std::collections::VecDeque<u8>);

    impl Read for Lines {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            let most = to.len().min(4090);
            let count = most.min(self.0.len());
            to.iter_mut().zip(self.0.drain(..count)).for_each(|(to, byte)| *to = byte);
            Ok(count)
        }
    }

    #[test]
    fn a_list_of_a_thousand_children_is_read_to_its_end() {
        for length in [0, 1, 2047, 2048, 4090, 4096, 4097, 7000, 100_000] {
            let text: Vec<u8> = (0..length).map(|at: usize| (at % 251) as u8).collect();
            for is_short in [false, true] {
                let mut lines = Lines(text.iter().copied().collect());
                assert_eq!(all_of(&mut lines, is_short).expect("no error"), text, "{length}");
            }
        }
    }

    #[test]
    fn a_command_name_with_parentheses_does_not_shift_the_fields() {
        let line = "42 (a) b) (c) S 7 8 9 0 -1 4194368 0 0 0 0 3 4 5 6 20 0 1 0 99 1000 12 0";
        let expected = Stat {
            parent: Pid::from_raw(7),
            session: Pid::from_raw(9),
            has_not_execed: true,
            is_of_the_kernel: false,
            started_ticks: 99,
        };
        assert_eq!(Stat::parse(line), Some(expected));
    }

    #[test]
    fn below_are_grandchildren_too() {
        // Both block until standard input is closed.
        let mut child = Command::new("sh")
            .args(["-c", "cat; :"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("start a shell");
        let shell = Pid::from_raw(i32::try_from(child.id()).expect("a process ID"));
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(b"!").expect("write to cat");
        // When it answers it is there.
        let mut stdout = child.stdout.take().expect("a pipe");
        stdout.read_exact(&mut [0]).expect("read from cat");
        let found = below(getpid()).expect("/proc");
        let cat = children(shell, &threads(shell));
        assert_eq!(cat.len(), 1);
        let place = |pid| found.iter().position(|&one| one == pid).expect("a descendant");
        assert!(place(shell) < place(cat[0]));
        drop(stdin);
        child.wait().expect("wait for the shell");
    }

    #[test]
    fn both_ways_of_looking_find_a_child() {
        // It blocks until its standard input is closed.
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().expect("start cat");
        let pid = Pid::from_raw(i32::try_from(child.id()).expect("a process ID"));
        assert!(children(getpid(), &threads(getpid())).contains(&pid));
        assert!(parents().expect("/proc").contains(&(pid, getpid())));
        assert!(below(getpid()).expect("/proc").contains(&pid));
        assert!(whole(getpid()).expect("/proc").contains(&(pid, vec![pid])));
        drop(child.stdin.take());
        child.wait().expect("wait for cat");
    }
}
