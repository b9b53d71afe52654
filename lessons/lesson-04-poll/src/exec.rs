//! What a child of the multiplexer does between fork and the first instruction of its command.
//!
//! Only async-signal-safe calls, no allocation and nothing that could panic: the memory is a copy
//! of the parent's, in whatever state fork found it (fork(2), signal-safety(7)).

use std::ffi::{CStr, c_char};
use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::sys::signal::{SigHandler, SigSet, Signal, signal};
use nix::unistd::{alarm, dup2_stdin, dup2_stdout, write};

/// The ends of three pipes, all of them close-on-exec: only the copies dup2 makes stay open.
pub struct Ends<'a> {
    pub input: &'a OwnedFd,
    pub output: &'a OwnedFd,
    pub errors: &'a OwnedFd,
}

// ANCHOR: exec
/// Becomes `program`, or writes the errno that stands against it and ends.
///
/// `argv` ends with a null pointer.
pub fn exec(program: &CStr, argv: &[*const c_char], ends: &Ends<'_>) -> ! {
    // A mistake on either side must not leave a child that waits for ever. The alarm stays set over
    // exec (alarm(2)): SIGALRM would end the command.
    alarm::set(5);

    // Rust ignores SIGPIPE, and an ignored signal stays ignored over exec (execve(2)): the command
    // could write for ever to a parent that has gone.
    // SAFETY:
    // obligation: a new handler must be sound to call at any moment; signal is async-signal-safe
    //   (signal-safety(7)).
    // here: SIG_DFL installs no handler.
    // broken by: a handler function in place of SIG_DFL.
    let restored = unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) };

    // Blocked signals stay blocked over exec as well, whoever has blocked them.
    let unblocked = SigSet::empty().thread_set_mask();

    // The command reads from descriptor 0. The copy is not close-on-exec (dup(2)). A copy onto
    // itself would be none; but pipe2 never gives 0, 1 or 2, since Rust's start-up code opens
    // /dev/null where one of them is closed.
    let piped_in = dup2_stdin(ends.input);

    // And it writes to descriptor 1.
    let piped_out = dup2_stdout(ends.output);

    let errno = match restored.and(unblocked).and(piped_in).and(piped_out) {
        Ok(()) => {
            // nix's execv makes its array of pointers here and now, and that allocates.
            // SAFETY:
            // obligation: execv wants a path and an array of strings, each with a NUL at its end,
            //   and a null pointer at the end of the array (exec(3)).
            // here: `add_child` has made them before fork and owns them still.
            // broken by: an argv without its null pointer, or strings freed before this line.
            unsafe { libc::execv(program.as_ptr(), argv.as_ptr()) };
            Errno::last()
        }
        Err(errno) => errno,
    };

    // exec has come back, so this end is still open. After a successful exec it would be closed.
    let _ = write(ends.errors, &(errno as i32).to_ne_bytes());

    // What a shell says of a command that it cannot find, and of one that it cannot run.
    let status = if errno == Errno::ENOENT { 127 } else { 126 };

    // SAFETY:
    // obligation: _exit never returns and runs no destructors (_exit(2)).
    // here: nothing is left to do, the kernel closes the descriptors.
    // broken by: relying on a destructor or on a flushed buffer in the child.
    unsafe { libc::_exit(status) }
}
// ANCHOR_END: exec
