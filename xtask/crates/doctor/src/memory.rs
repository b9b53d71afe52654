//! What stands in the memory of a process, and what belongs to it as a whole.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use nix::unistd::Pid;

use crate::tree::{read_at_once, read_to_end};

/// Reads the memory of a process; how much of it was there.
pub fn memory_at(pid: Pid, address: u64, bytes: &mut [u8]) -> usize {
    let memory = File::open(format!("/proc/{pid}/mem"));
    memory.and_then(|memory| memory.read_at(bytes, address)).unwrap_or(0)
}

/// A string in the memory of a process.
pub fn string_at(pid: Pid, address: u64) -> Option<String> {
    let mut bytes = [0; libc::PATH_MAX as usize];
    let count = memory_at(pid, address, &mut bytes);
    let end = bytes[..count].iter().position(|&byte| byte == 0)?;
    Some(String::from_utf8_lossy(&bytes[..end]).into_owned())
}

/// Whether `timer_create` made one (proc_pid_timers(5)). A kernel without that file shows none.
pub fn has_timers(pid: Pid) -> bool {
    timers(pid).is_ok_and(|has| has)
}

/// The same, where it matters that the kernel has no such file.
pub fn timers(pid: Pid) -> io::Result<bool> {
    Ok(!read_at_once(&format!("/proc/{pid}/timers"))?.is_empty())
}

/// A number in the memory of a process.
pub fn u32_at(pid: Pid, address: u64) -> Option<u32> {
    let mut bytes = [0; 4];
    (memory_at(pid, address, &mut bytes) == bytes.len()).then(|| u32::from_ne_bytes(bytes))
}

/// The same, twice as wide.
pub fn u64_at(pid: Pid, address: u64) -> Option<u64> {
    let mut bytes = [0; 8];
    (memory_at(pid, address, &mut bytes) == bytes.len()).then(|| u64::from_ne_bytes(bytes))
}

/// Who else may see a piece of memory (proc_pid_maps(5)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mapping {
    /// Only this process.
    Private,
    /// Whoever was forked from the same one.
    Shared,
    /// Whoever opens the file.
    File(String),
}

/// `None` where that cannot be read.
pub fn mapping_at(pid: Pid, address: u64) -> Option<Mapping> {
    let maps = read_to_end(&format!("/proc/{pid}/maps")).ok()?;
    mapping_in(&String::from_utf8_lossy(&maps), address)
}

fn mapping_in(maps: &str, address: u64) -> Option<Mapping> {
    let line = maps.lines().find(|line| {
        let range = line.split_once(' ').and_then(|(range, _)| range.split_once('-'));
        let number = |text| u64::from_str_radix(text, 16).ok();
        let ends = range.and_then(|(first, end)| Some((number(first)?, number(end)?)));
        ends.is_some_and(|(first, end)| (first..end).contains(&address))
    })?;
    let mut fields = line.split_ascii_whitespace().skip(1);
    let is_shared = fields.next()?.ends_with('s');
    let path = fields.skip(3).collect::<Vec<_>>().join(" ");
    Some(match path.as_str() {
        _ if !is_shared => Mapping::Private,
        // Shared memory without a name has this one.
        "" | "/dev/zero (deleted)" => Mapping::Shared,
        _ => Mapping::File(path),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &str = "\
5588e10cb000-5588e10cc000 rw-p 00001000 fe:00 1234 /tmp/a b
7fc5f0000000-7fc5f0001000 rw-s 00000000 00:01 77 /dev/zero (deleted)
7fc5f1000000-7fc5f1001000 rw-s 00000000 00:19 78 /dev/shm/sem.x
";

    #[test]
    fn shared_memory_is_told_from_private() {
        assert_eq!(mapping_in(MAPS, 0x5588_e10c_b010), Some(Mapping::Private));
        assert_eq!(mapping_in(MAPS, 0x7fc5_f000_0000), Some(Mapping::Shared));
        let file = Mapping::File("/dev/shm/sem.x".to_owned());
        assert_eq!(mapping_in(MAPS, 0x7fc5_f100_0fff), Some(file));
        assert_eq!(mapping_in(MAPS, 0x7fc5_f100_1000), None);
    }

    #[test]
    fn our_own_memory_can_be_read() {
        let number = 0x1234_5678_9abc_def0_u64;
        let address = std::ptr::from_ref(&number) as u64;
        assert_eq!(u64_at(nix::unistd::getpid(), address), Some(number));
        assert_eq!(u64_at(nix::unistd::getpid(), 8), None);
    }
}
