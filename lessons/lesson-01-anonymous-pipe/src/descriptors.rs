//! After `fork` four descriptors lead to one pipe; after each process has closed the end it does
//! not use there are two.
//!
//! `fork` copies the descriptors, not the pipe (fork(2)). Until somebody closes something, bytes
//! could go either way: it is the closing that makes parent and child reader and writer.

use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};

use anyhow::Context;
use nix::fcntl::OFlag;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, alarm, fork, pipe2, read, write};
use transcript::Transcript;

use crate::ends::{self, Ends};

// ANCHOR: descriptors
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;

    // A second pipe, only to make the child wait where the parent wants to look.
    let (go_reader, go_writer) = pipe2(OFlag::O_CLOEXEC).context("create the go pipe")?;

    // SAFETY:
    // obligation: between fork and _exit a child of a process with several threads may make only
    //   async-signal-safe calls (fork(2), signal-safety(7)).
    // here: the lesson has one thread, and `close_and_wait` calls alarm, close, read, write, _exit.
    // broken by: a thread started before this line, or a print in the child.
    match unsafe { fork() }.context("fork the child")? {
        ForkResult::Child => close_and_wait(reader, &writer, &go_reader, go_writer),
        ForkResult::Parent { child } => {
            let looked = look_twice(out, child, &reader, writer, &go_writer);

            // Lets the child end, also when the look has failed: it waits for this end-of-file.
            drop(go_writer);
            let status = waitpid(child, None).context("wait for the child")?;
            looked?;
            anyhow::ensure!(
                status == WaitStatus::Exited(child, 0),
                "the child ended with {status:?}"
            );
            Ok(())
        }
    }
}
// ANCHOR_END: descriptors

// ANCHOR: descriptors-parent
fn look_twice(
    out: &mut Transcript,
    child: Pid,
    reader: &OwnedFd,
    writer: OwnedFd,
    go_writer: &OwnedFd,
) -> anyhow::Result<()> {
    let both = Ends { read: 1, write: 1 };
    show(out, "after fork", child, reader, [both, both])?;

    // The parent is going to read, so it gives up its write end.
    drop(writer);

    // Nobody has closed anything in the child yet: it waits for this byte.
    write(go_writer, b"1").context("let the child go on")?;

    // One byte through the pipe itself says that the child has closed its read end.
    let count = read(reader, &mut [0]).context("wait for the child's byte")?;
    anyhow::ensure!(count == 1, "the child has gone without a word");

    let ours = Ends { read: 1, write: 0 };
    let childs = Ends { read: 0, write: 1 };
    show(out, "after closing", child, reader, [ours, childs])
}
// ANCHOR_END: descriptors-parent

// ANCHOR: descriptors-child
fn close_and_wait(reader: OwnedFd, writer: &OwnedFd, go: &OwnedFd, go_writer: OwnedFd) -> ! {
    // A mistake on either side must not leave a child that waits for ever: SIGALRM would end it.
    alarm::set(5);

    // The copy that fork has made would withhold the end-of-file below.
    drop(go_writer);

    // Both ends stay open until the parent has looked.
    let first = read(go, &mut [0]);

    // The child is going to write, so it gives up its read end.
    drop(reader);
    let written = write(writer, b"1");

    // The write end stays open until the parent has looked again and closes the go pipe.
    let last = read(go, &mut [0]);
    let as_agreed = first == Ok(1) && written == Ok(1) && last == Ok(0);

    // SAFETY:
    // obligation: _exit never returns and runs no destructors (_exit(2)).
    // here: nothing is left to do, the kernel closes the descriptors.
    // broken by: relying on a destructor or on a flushed buffer in the child.
    unsafe { nix::libc::_exit(i32::from(!as_agreed)) }
}
// ANCHOR_END: descriptors-child

/// Prints who holds which end, once it is what it must be.
fn show(
    out: &mut Transcript,
    moment: &str,
    child: Pid,
    pipe: impl AsFd,
    expected: [Ends; 2],
) -> anyhow::Result<()> {
    let parents = ends::held_by("self", pipe.as_fd())?;
    let childs = ends::held_by(&child.to_string(), pipe.as_fd())?;
    let as_expected = [parents, childs] == expected;
    anyhow::ensure!(as_expected, "{moment} the parent holds {parents:?}, the child {childs:?}");
    let total = parents.read + parents.write + childs.read + childs.write;
    writeln!(out, "{moment}: {total} descriptors for one pipe")?;
    writeln!(out, "  parent: {parents}")?;
    writeln!(out, "  child:  {childs}")?;
    Ok(())
}
