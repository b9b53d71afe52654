//! Three calls that neither std nor nix wraps. (rustix does; it would be a tenth of the first
//! build, and nothing else of it is used.)

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

use nix::sys::signal::Signal;
use nix::unistd::Pid;

/// A descriptor that holds on to a process: its number cannot go to another process behind it.
/// Close-on-exec from birth. ENOSYS before Linux 5.3 (pidfd_open(2)).
pub fn open(pid: Pid) -> io::Result<OwnedFd> {
    open_with(pid, 0)
}

/// The same for one thread, whose table of descriptors may be its own (PIDFD_THREAD). Before Linux
/// 6.9 only a first thread has one.
pub fn open_thread(tid: Pid) -> io::Result<OwnedFd> {
    const PIDFD_THREAD: u32 = libc::O_EXCL.cast_unsigned();
    open_with(tid, PIDFD_THREAD).or_else(|error| match error.raw_os_error() {
        Some(libc::EINVAL) => open(tid),
        _ => Err(error),
    })
}

fn open_with(pid: Pid, flags: u32) -> io::Result<OwnedFd> {
    // SAFETY:
    // obligation: the arguments are those of the call, a pid_t and an unsigned int of flags
    //   (pidfd_open(2)); no memory is touched.
    // here: a pid_t and an unsigned int.
    // broken by: another number of call.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), flags) };
    let fd = RawFd::try_from(fd).map_err(io::Error::other)?;
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY:
    // obligation: the descriptor is open and nobody else owns it (OwnedFd::from_raw_fd).
    // here: the kernel has just made it.
    // broken by: keeping the number and closing it elsewhere.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// A copy of descriptor `fd` of the process that `pidfd` holds, close-on-exec (pidfd_getfd(2)). It
/// is a further descriptor of the same open file description, as dup(2) makes one: making it opens
/// no end of a pipe, but as long as it is open the end is. EPERM where one may not trace the
/// process.
///
/// # Errors
/// What the call says; ENOSYS before Linux 5.6.
pub fn get(pidfd: &OwnedFd, fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY:
    // obligation: the arguments are those of the call: two descriptors and an unsigned int of flags
    //   (pidfd_getfd(2)); no memory is touched.
    // here: the first is a pidfd, the second a number that the call itself checks, and there are no
    //   flags.
    // broken by: another number of call.
    let copy = unsafe { libc::syscall(libc::SYS_pidfd_getfd, pidfd.as_raw_fd(), fd, 0_u32) };
    let copy = RawFd::try_from(copy).map_err(io::Error::other)?;
    if copy < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY:
    // obligation: the descriptor is open and nobody else owns it (OwnedFd::from_raw_fd).
    // here: the kernel has just made it.
    // broken by: keeping the number and closing it elsewhere.
    Ok(unsafe { OwnedFd::from_raw_fd(copy) })
}

/// Sends `signal` to the process that `pidfd` holds (pidfd_send_signal(2)).
pub fn send_signal(pidfd: &OwnedFd, signal: Signal) -> io::Result<()> {
    let no_info: *const libc::siginfo_t = ptr::null();
    let (pidfd, signal) = (pidfd.as_raw_fd(), signal as libc::c_int);
    // SAFETY:
    // obligation: the arguments are those of the call: a descriptor, a signal, a siginfo_t or null,
    //   and flags (pidfd_send_signal(2)).
    // here: null stands for what kill(2) would fill in, and there are no flags.
    // broken by: a pointer to something smaller than a siginfo_t.
    let sent = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, pidfd, signal, no_info, 0_u32) };
    if sent == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_copy_is_no_further_end() {
        let (mut reader, writer) = std::io::pipe().expect("create a pipe");
        let me = open(nix::unistd::getpid()).expect("open a pidfd");
        let copy = get(&me, writer.as_raw_fd()).expect("copy the write end");
        // The last close is the one that counts.
        drop((writer, copy));
        assert_eq!(std::io::Read::read(&mut reader, &mut [0]).expect("end-of-file"), 0);
        let closed = get(&me, i32::MAX).expect_err("no such descriptor");
        assert_eq!(closed.raw_os_error(), Some(libc::EBADF));
    }

    #[test]
    fn a_signal_reaches_the_process_and_a_process_that_was_reaped_is_gone() {
        // It blocks until its standard input is closed.
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().expect("start cat");
        let pid = Pid::from_raw(i32::try_from(child.id()).expect("a process ID"));
        let pidfd = open(pid).expect("open a pidfd");
        send_signal(&pidfd, Signal::SIGTERM).expect("send a signal");
        let status = child.wait().expect("wait for cat");
        assert_eq!(status.signal(), Some(Signal::SIGTERM as i32));
        let gone = send_signal(&pidfd, Signal::SIGTERM).expect_err("it was reaped");
        assert_eq!(gone.raw_os_error(), Some(libc::ESRCH));
    }
}
