//! Which descriptors a call waits for that takes a set of them: poll, select, epoll.

use std::fs;

use nix::unistd::Pid;

use crate::calls::{Blocked, Takes};
use crate::descriptors::{Descriptor, Object};
use crate::memory::memory_at;
use crate::tables;

/// Larger sets are not read.
const SET_MAX: usize = 65_536;
/// One epoll instance may wait for another (epoll_ctl(2) allows five).
const DEPTH_MAX: usize = 5;

/// The descriptors that the call waits for, without those that it ignores. `None` where they
/// cannot be read.
pub fn descriptors(pid: Pid, blocked: &Blocked) -> Option<Vec<i32>> {
    let mut found = match blocked.call?.takes {
        Takes::Poll => poll_set(pid, blocked)?,
        Takes::Select => select_sets(pid, blocked)?,
        Takes::Epoll => epoll_set(pid, blocked.int(0))?,
        _ => return None,
    };
    found.sort_unstable();
    found.dedup();
    Some(found)
}

/// An array of `struct pollfd` (poll(2)). Negative descriptors are ignored.
fn poll_set(pid: Pid, blocked: &Blocked) -> Option<Vec<i32>> {
    // An `int`, two `short`s.
    const ENTRY_BYTES: usize = 8;
    let count = usize::try_from(blocked.argument(1)).ok().filter(|&count| count <= SET_MAX)?;
    let mut bytes = vec![0; count * ENTRY_BYTES];
    if memory_at(pid, blocked.argument(0), &mut bytes) < bytes.len() {
        return None;
    }
    let fds = bytes.chunks_exact(ENTRY_BYTES).filter_map(|entry| entry.first_chunk());
    Some(fds.map(|fd| i32::from_ne_bytes(*fd)).filter(|&fd| fd >= 0).collect())
}

/// Up to three sets of bits, in words as wide as a register (select(2)).
fn select_sets(pid: Pid, blocked: &Blocked) -> Option<Vec<i32>> {
    const WORD_BYTES: usize = size_of::<libc::c_ulong>();
    let count = usize::try_from(blocked.int(0)).ok().filter(|&count| count <= SET_MAX)?;
    let words = count.div_ceil(WORD_BYTES * 8);
    let mut found = Vec::new();
    for set in (1..=3).map(|index| blocked.argument(index)).filter(|&address| address != 0) {
        let mut bytes = vec![0; words * WORD_BYTES];
        if memory_at(pid, set, &mut bytes) < bytes.len() {
            return None;
        }
        let mut all = bytes.chunks_exact(WORD_BYTES).filter_map(|word| word.first_chunk());
        for base in (0..words).map(|word| word * WORD_BYTES * 8) {
            let word = libc::c_ulong::from_ne_bytes(*all.next()?);
            let bits = (0..WORD_BYTES * 8).filter(|bit| word >> bit & 1 == 1);
            found.extend(bits.map(|bit| base + bit).filter(|&fd| fd < count));
        }
    }
    found.into_iter().map(|fd| i32::try_from(fd).ok()).collect()
}

/// What stands in /proc/PID/fdinfo of the instance. A descriptor that is there no longer leads to
/// what was registered makes the whole set unknown: closing it does not take it out of the set as
/// long as a copy is open somewhere (epoll(7)).
pub fn epoll_set(tid: Pid, epoll: i32) -> Option<Vec<i32>> {
    let text = fs::read_to_string(format!("/proc/{tid}/fdinfo/{epoll}")).ok()?;
    let mut found: Vec<i32> = Vec::new();
    for (fd, inode) in registered(&text) {
        let before = found.iter().filter(|&&other| other == fd).count();
        let is_it = match tables::is_registered(tid, epoll, fd, u32::try_from(before).ok()?) {
            Ok(is_it) => is_it,
            Err(_) => has_inode(tid, fd, inode?),
        };
        if !is_it {
            return None;
        }
        found.push(fd);
    }
    Some(found)
}

/// Whether a descriptor leads to this inode, which tells nothing where all of a kind share one.
fn has_inode(tid: Pid, fd: i32, inode: u64) -> bool {
    let path = format!("/proc/{tid}/fd/{fd}");
    let has_own = fs::read_link(&path)
        .is_ok_and(|target| !target.as_os_str().as_encoded_bytes().starts_with(b"anon_inode:"));
    let found = fs::metadata(&path).map(|metadata| Object::of_metadata(&metadata));
    has_own && found.is_ok_and(|object| object.ino == inode)
}

/// `tfd: 5 events: 19 data: 5 pos:0 ino:1b6dc1 sdev:f`; before Linux 4.19 the line ends with the
/// data.
fn registered(text: &str) -> Vec<(i32, Option<u64>)> {
    let mut found = Vec::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("tfd:")) {
        let mut words = line.split_ascii_whitespace();
        let fd = words.next().and_then(|fd| fd.parse().ok());
        let inode = words.find_map(|word| word.strip_prefix("ino:"));
        let inode = inode.and_then(|inode| u64::from_str_radix(inode, 16).ok());
        found.extend(fd.map(|fd| (fd, inode)));
    }
    found
}

/// The descriptors behind an epoll instance, those of further instances in it included.
pub fn behind(pid: Pid, epoll: i32, depth: usize) -> Option<Vec<Descriptor>> {
    let mut found = Vec::new();
    for fd in epoll_set(pid, epoll)? {
        let descriptor = Descriptor::of(pid, fd)?;
        if descriptor.kind == crate::descriptors::Kind::Epoll {
            if depth >= DEPTH_MAX {
                return None;
            }
            found.extend(behind(pid, fd, depth + 1)?);
        } else {
            found.push(descriptor);
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocked(number: i64, arguments: [u64; 4]) -> Blocked {
        let [a, b, c, d] = arguments;
        let line =
            format!("{number} {a:#x} {b:#x} {c:#x} {d:#x} 0x0 0x0 0x7ffd00000000 0x7f0000000000\n");
        Blocked::parse(&line).expect("a call")
    }

    #[test]
    fn a_poll_set_is_read_from_memory() {
        let entry = |fd| libc::pollfd { fd, events: 1, revents: 0 };
        let set = [entry(7), entry(-1), entry(3)];
        let call = blocked(libc::SYS_ppoll, [set.as_ptr() as u64, 3, 0, 0]);
        let me = nix::unistd::getpid();
        assert_eq!(descriptors(me, &call), Some(vec![3, 7]));
        let lost = blocked(libc::SYS_ppoll, [8, 3, 0, 0]);
        assert_eq!(descriptors(me, &lost), None);
    }

    #[test]
    fn select_reads_all_three_sets() {
        let (read, write) = ([1_u64 << 3 | 1 << 63, 1], [1_u64 << 5, 0]);
        let addresses = [65, read.as_ptr() as u64, write.as_ptr() as u64, 0];
        let call = blocked(libc::SYS_pselect6, addresses);
        let me = nix::unistd::getpid();
        assert_eq!(descriptors(me, &call), Some(vec![3, 5, 63, 64]));
        let lower = blocked(libc::SYS_pselect6, [64, addresses[1], 0, 0]);
        assert_eq!(descriptors(me, &lower), Some(vec![3, 63]));
        let fewer = blocked(libc::SYS_pselect6, [63, addresses[1], addresses[2], 0]);
        assert_eq!(descriptors(me, &fewer), Some(vec![3, 5]));
    }

    #[test]
    fn an_epoll_set_is_read_from_its_lines() {
        let text = "pos:\t0\nflags:\t02000002\n\
                    tfd:        3 events:       19 data:           3  pos:0 ino:1b6dc1 sdev:f\n\
                    tfd:        4 events:       19 data:                4\n";
        assert_eq!(registered(text), [(3, Some(0x1b_6dc1)), (4, None)]);
    }
}
