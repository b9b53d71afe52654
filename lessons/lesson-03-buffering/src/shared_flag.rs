//! O_NONBLOCK belongs to the open file description, which fork does not copy: a child that sets it
//! sets it for its parent as well.
//!
//! A descriptor has one flag of its own, FD_CLOEXEC; the status flags stand one level deeper, where
//! the descriptors of parent and child meet (fork(2), open(2)). That is how one program leaves
//! another with a standard input that suddenly answers EAGAIN. The pipe's other end is another
//! description: nothing happens to it.

use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, pipe2, read};
use transcript::Transcript;

pub const CLAIM: &str = "O_NONBLOCK is shared through fork";

/// O_NONBLOCK and FD_CLOEXEC of the read end, O_NONBLOCK of the write end.
type Flags = [bool; 3];

// ANCHOR: shared-flag
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;
    let before = look(&reader, &writer)?;

    // SAFETY:
    // obligation: between fork and _exit a child of a process with several threads may make only
    //   async-signal-safe calls (fork(2), signal-safety(7)).
    // here: the lesson has one thread, and `change_flags` calls fcntl and _exit.
    // broken by: a thread started before this line, or a print in the child.
    let child = match unsafe { fork() }.context("fork the child")? {
        ForkResult::Child => change_flags(&reader),
        ForkResult::Parent { child } => child,
    };

    // The child changes both flags through its own descriptor, and it is gone before the look.
    let status = waitpid(child, None).context("wait for the child")?;
    anyhow::ensure!(status == WaitStatus::Exited(child, 0), "the child ended with {status:?}");
    let after = look(&reader, &writer)?;
    let expected = ([false, true, false], [true, true, false]);
    anyhow::ensure!((before, after) == expected, "{before:?} became {after:?}");

    writeln!(out, "{:<32}{:<16}the child has gone", "in the parent", "before fork")?;
    let rows = ["read end:  O_NONBLOCK", "           FD_CLOEXEC", "write end: O_NONBLOCK"];
    for (row, (before, after)) in rows.iter().zip(before.into_iter().zip(after)) {
        writeln!(out, "{row:<32}{:<16}{}", word(before), word(after))?;
    }

    // The parent has never asked for this. Its own write end is open, so it cannot be end-of-file.
    let answer = read(&reader, &mut [0]);
    anyhow::ensure!(answer == Err(Errno::EAGAIN), "from the empty pipe: {answer:?}");
    writeln!(out, "the parent's next read answers EAGAIN and does not wait")?;
    Ok(())
}
// ANCHOR_END: shared-flag

// ANCHOR: shared-flag-child
/// Sets O_NONBLOCK and clears FD_CLOEXEC.
fn change_flags(reader: &OwnedFd) -> ! {
    // The status flags, with one more of them.
    let added = fcntl(reader, FcntlArg::F_GETFL)
        .map(|bits| OFlag::from_bits_retain(bits) | OFlag::O_NONBLOCK)
        .and_then(|flags| fcntl(reader, FcntlArg::F_SETFL(flags)));

    // The descriptor's own flag, and whether it has really gone.
    let cleared = fcntl(reader, FcntlArg::F_SETFD(FdFlag::empty()));
    let left = fcntl(reader, FcntlArg::F_GETFD);
    let as_agreed = added.is_ok() && cleared.is_ok() && left == Ok(0);

    // SAFETY:
    // obligation: _exit never returns and runs no destructors (_exit(2)).
    // here: nothing is left to do, the kernel closes both ends.
    // broken by: relying on a destructor or on a flushed buffer in the child.
    unsafe { nix::libc::_exit(i32::from(!as_agreed)) }
}
// ANCHOR_END: shared-flag-child

fn look(reader: impl AsFd, writer: impl AsFd) -> anyhow::Result<Flags> {
    let read_status = fcntl(&reader, FcntlArg::F_GETFL).context("ask for the read end's flags")?;
    let own = fcntl(&reader, FcntlArg::F_GETFD).context("ask for the descriptor's flag")?;
    let write_status =
        fcntl(&writer, FcntlArg::F_GETFL).context("ask for the write end's flags")?;
    Ok([
        OFlag::from_bits_retain(read_status).contains(OFlag::O_NONBLOCK),
        FdFlag::from_bits_retain(own).contains(FdFlag::FD_CLOEXEC),
        OFlag::from_bits_retain(write_status).contains(OFlag::O_NONBLOCK),
    ])
}

fn word(set: bool) -> &'static str {
    if set { "set" } else { "clear" }
}
