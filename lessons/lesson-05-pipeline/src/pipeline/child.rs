//! What a stage does between fork and exec, in async-signal-safe calls only (signal-safety(7)): a
//! pipe in the place of its standard input and output, then its program in the place of this one.

use std::ffi::{CString, c_char};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::ptr;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::signal::{SigHandler, SigSet, Signal, signal};
use nix::unistd::{dup2_stdin, dup2_stdout};

/// An array of strings as execve(2) wants it.
type Pointers = [*const c_char];

// ANCHOR: connect
/// Makes the child what its program expects to find.
pub fn connect(input: Option<&OwnedFd>, output: &OwnedFd) -> nix::Result<()> {
    // Rust ignores SIGPIPE, and an ignored signal is still ignored after exec (signal(7)): a stage
    // that nobody reads would get EPIPE, and many a program would complain or go on.
    // SAFETY:
    // obligation: a new handler must be sound to call at any moment; signal is async-signal-safe
    //   (signal-safety(7)).
    // here: SIG_DFL installs no handler.
    // broken by: a handler function in place of SIG_DFL.
    let restored = unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) }.map(drop);

    // Whoever started the lesson may have blocked signals, and exec keeps that too.
    restored
        .and_then(|()| SigSet::empty().thread_set_mask())
        // Input first: it may be descriptor 1, and is safe at 0 when the output comes to 1.
        .and_then(|()| input.map_or(Ok(()), |input| put_in_place(input, libc::STDIN_FILENO)))
        .and_then(|()| put_in_place(output, libc::STDOUT_FILENO))
}

/// Makes `end` the descriptor 0 or 1 that the program will find.
pub fn put_in_place(end: impl AsFd, target: i32) -> nix::Result<()> {
    if end.as_fd().as_raw_fd() == target {
        // dup2(fd, fd) does nothing at all, so close-on-exec would close the end (dup(2)).
        return fcntl(end, FcntlArg::F_SETFD(FdFlag::empty())).map(drop);
    }
    // The copy that dup2 makes is not close-on-exec (dup(2)).
    if target == libc::STDIN_FILENO { dup2_stdin(end) } else { dup2_stdout(end) }
}
// ANCHOR_END: connect

// ANCHOR: exec
/// Becomes the first program that can be run. Returns only where there is none, with the reason.
/// (A script without `#!` is none: a shell would read it, exec answers ENOEXEC, see execve(2).)
pub fn exec(paths: &[CString], arguments: &Pointers, environment: &Pointers) -> Errno {
    let mut refusal = Errno::ENOENT;
    for path in paths {
        // SAFETY:
        // obligation: the path ends with a zero byte, both arrays with a null pointer, and every
        //   pointer in them leads to a string that ends with a zero byte (execve(2)).
        // here: CStrings that are still borrowed, and arrays made by `pointers`.
        // broken by: an array made without the null pointer, or from dropped CStrings.
        unsafe { libc::execve(path.as_ptr(), arguments.as_ptr(), environment.as_ptr()) };

        // Still this program. "Not here" is no reason as long as another folder had a better one.
        match Errno::last() {
            Errno::ENOENT | Errno::ENOTDIR => {}
            errno => refusal = errno,
        }
    }
    refusal
}
// ANCHOR_END: exec

/// Such an array: a pointer to each string, then a null pointer.
pub fn pointers(strings: &[CString]) -> Vec<*const c_char> {
    strings.iter().map(|string| string.as_ptr()).chain([ptr::null()]).collect()
}
