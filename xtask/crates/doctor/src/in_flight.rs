//! Ends of pipes that are on their way through a socket.
//!
//! A descriptor that was sent (SCM_RIGHTS, unix(7)) and not yet received is in nobody's table, and
//! keeps its pipe open all the same. Which one it is cannot be seen. That there are some can: on
//! the receiver's side in `scm_fds` of /proc/PID/fdinfo, and on the sender's side, whose peer may
//! be out of sight, as bytes that the peer has not read.

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::unistd::Pid;

use crate::pidfd;

/// Whether descriptors have come to this socket that nobody has received, also those of whoever has
/// connected to it and was not accepted yet.
pub fn has_descriptors(tid: Pid, fd: i32) -> bool {
    let text = fs::read_to_string(format!("/proc/{tid}/fdinfo/{fd}")).unwrap_or_default();
    received(&text).is_some_and(|count| count > 0)
}

/// Who had the other side of somebody's socket when the two were connected: nobody can have sent
/// something to it who was not given that side. `None` of a socket to which anybody may send, or
/// that cannot be asked.
pub fn peer(tid: Pid, fd: i32) -> Option<Pid> {
    let copy = pidfd::get(&pidfd::open_thread(tid).ok()?, fd).ok()?;
    let [listens] = option(&copy, libc::SO_ACCEPTCONN)?;
    // `struct ucred`: the process, the user, the group.
    let [pid, _, _] = option(&copy, libc::SO_PEERCRED)?;
    (listens == 0 && pid > 0).then(|| Pid::from_raw(pid))
}

/// An option of a socket that has so many numbers (socket(7), unix(7)).
fn option<const COUNT: usize>(socket: &OwnedFd, name: libc::c_int) -> Option<[libc::c_int; COUNT]> {
    let mut found = [0; COUNT];
    let bytes = size_of_val(&found);
    let mut length = libc::socklen_t::try_from(bytes).ok()?;
    // SAFETY:
    // obligation: the descriptor is open, and the pointer is valid for as many bytes as the length
    //   says, which the kernel lowers to what it wrote (getsockopt(2)).
    // here: the descriptor is owned, and both are those of a local array of plain numbers.
    // broken by: a length that is not the array's.
    let asked = unsafe {
        let (level, to) = (libc::SOL_SOCKET, found.as_mut_ptr().cast());
        libc::getsockopt(socket.as_raw_fd(), level, name, to, &raw mut length)
    };
    (asked == 0 && usize::try_from(length) == Ok(bytes)).then_some(found)
}

/// Whether descriptors may be on their way through this socket, either way. Only sockets of
/// AF_UNIX carry some.
pub fn carries_descriptors(tid: Pid, fd: i32) -> bool {
    let text = fs::read_to_string(format!("/proc/{tid}/fdinfo/{fd}")).unwrap_or_default();
    match received(&text) {
        Some(0) => unread(tid, fd).is_ok_and(|bytes| bytes > 0),
        Some(_) => true,
        // No socket of AF_UNIX, or a kernel before Linux 5.7, which does not tell.
        None => false,
    }
}

/// How many wait to be received.
fn received(text: &str) -> Option<u32> {
    text.lines().find_map(|line| line.strip_prefix("scm_fds:"))?.trim().parse().ok()
}

/// How much of what was sent has not been read (SIOCOUTQ, unix(7)); memory, not only bytes.
fn unread(tid: Pid, fd: i32) -> io::Result<libc::c_int> {
    let copy = pidfd::get(&pidfd::open_thread(tid)?, fd)?;
    let mut bytes: libc::c_int = 0;
    // SAFETY:
    // obligation: the descriptor is open and the pointer is valid for an int (SIOCOUTQ, which is
    //   TIOCOUTQ, in unix(7)).
    // here: the descriptor is owned and `bytes` is a local int.
    // broken by: a smaller type, or another request.
    let asked = unsafe { libc::ioctl(copy.as_raw_fd(), libc::TIOCOUTQ, &raw mut bytes) };
    if asked == 0 { Ok(bytes) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};

    use super::*;

    #[test]
    fn what_the_peer_has_not_read_may_be_a_descriptor() {
        let (sender, mut receiver) = UnixStream::pair().expect("make two sockets");
        let carries = || carries_descriptors(nix::unistd::gettid(), sender.as_raw_fd());
        assert!(!carries());
        (&sender).write_all(b"x").expect("send a byte, for which there is room");
        assert!(carries());
        receiver.read_exact(&mut [0]).expect("receive what was sent");
        assert!(!carries());
    }

    #[test]
    fn whoever_connected_two_sockets_is_the_peer_and_a_listener_has_none() {
        let (one, _other) = UnixStream::pair().expect("make two sockets");
        let me = nix::unistd::getpid();
        assert_eq!(peer(nix::unistd::gettid(), one.as_raw_fd()), Some(me));
        let folder = tempfile::tempdir().expect("make a folder");
        let listener = UnixListener::bind(folder.path().join("socket")).expect("listen");
        assert_eq!(peer(nix::unistd::gettid(), listener.as_raw_fd()), None);
        let datagram = UnixDatagram::unbound().expect("make a socket");
        assert_eq!(peer(nix::unistd::gettid(), datagram.as_raw_fd()), None);
    }

    #[test]
    fn the_line_of_the_kernel_is_read() {
        assert_eq!(received("pos:\t0\nflags:\t02\nscm_fds: 3\n"), Some(3));
        assert_eq!(received("pos:\t0\n"), None);
    }
}
