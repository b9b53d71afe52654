//! Asks the system for the sizes that this lesson counts with, and counts what lies in a pipe.

use std::os::fd::{AsFd, AsRawFd};

use anyhow::Context;
use nix::libc;
use nix::unistd::{SysconfVar, sysconf};

/// What a part was doing when the kernel would not give a pipe the capacity that it counts on
/// (any will do).
pub const REFUSED: &str = "set the capacity of a pipe (/proc/sys/fs/pipe-user-pages-soft limits \
                           what all pipes of a user have together, pipe(7))";

nix::ioctl_read_bad!(fionread, libc::FIONREAD, libc::c_int);

/// How many bytes somebody could read from the pipe that `end` belongs to.
pub fn bytes_in(end: impl AsFd) -> anyhow::Result<usize> {
    let number = end.as_fd().as_raw_fd();
    let mut count = 0;

    // SAFETY:
    // obligation: the pointer must be valid for what the request writes through it (ioctl(2)).
    // here: for a pipe FIONREAD writes one int (fs/pipe.c), and `count` is one.
    // broken by: another request, or a smaller type for `count`.
    unsafe { fionread(number, &raw mut count) }.context("ask how much is in the pipe")?;
    usize::try_from(count).context("count the bytes in the pipe")
}

/// The size of a page: 4096 bytes on most machines, 16384 or 65536 on some.
pub fn page_bytes() -> anyhow::Result<usize> {
    let answer = sysconf(SysconfVar::PAGE_SIZE).context("ask for the size of a page")?;
    let bytes = answer.context("this system does not tell the size of a page")?;
    usize::try_from(bytes).context("understand the size of a page")
}

/// The capacity of a pipe of `count` pages, in the type that `F_SETPIPE_SZ` takes.
pub fn pages(count: usize) -> anyhow::Result<libc::c_int> {
    libc::c_int::try_from(count * page_bytes()?).context("understand the size of a page")
}

/// A count of bytes, or the error's name.
pub fn name(answer: nix::Result<usize>) -> String {
    answer.map_or_else(|error| format!("{error:?}"), |count| count.to_string())
}
