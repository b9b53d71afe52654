//! Where SIGPIPE has its default action, a write without any reader kills the writer; the writer's
//! own read end is enough to keep it alive.
//!
//! Two children write one byte each after the parent has closed its read end. The first still has
//! the read end that fork gave it, so its write succeeds. The second has closed it (pipe(7),
//! signal(7)).

use std::io::Write;
use std::os::fd::OwnedFd;

use anyhow::Context;
use nix::fcntl::OFlag;
use nix::sys::signal::{SigHandler, SigSet, Signal, signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, alarm, fork, pipe2, read, write};
use transcript::Transcript;

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let keeps = write_without_reader(true)?;
    let WaitStatus::Exited(_, status @ 0) = keeps else {
        anyhow::bail!("the child with a read end of its own ended with {keeps:?}");
    };
    writeln!(out, "child keeps its own read end:  its write succeeds, it exits with {status}")?;

    let closes = write_without_reader(false)?;
    let WaitStatus::Signaled(_, by @ Signal::SIGPIPE, _) = closes else {
        anyhow::bail!("the child without any read end ended with {closes:?}");
    };
    writeln!(out, "child closes its own read end: its write kills it by {by}")?;
    Ok(())
}

// ANCHOR: sigpipe
fn write_without_reader(keeps_read_end: bool) -> anyhow::Result<WaitStatus> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;

    // A second pipe, only to make the child wait until the parent has closed its read end.
    let (go_reader, go_writer) = pipe2(OFlag::O_CLOEXEC).context("create the go pipe")?;

    // SAFETY:
    // obligation: between fork and _exit a child of a process with several threads may make only
    //   async-signal-safe calls (fork(2), signal-safety(7)).
    // here: the lesson has one thread, and `write_once` calls alarm, signal, pthread_sigmask,
    //   close, read, write and _exit.
    // broken by: a thread started before this line, or a print in the child.
    match unsafe { fork() }.context("fork the child")? {
        ForkResult::Child => write_once(keeps_read_end, reader, &writer, &go_reader, go_writer),
        ForkResult::Parent { child } => {
            // As long as the parent could read, the child's write would succeed.
            drop(reader);

            // End-of-file on this pipe tells the child that the parent's read end is closed.
            drop(go_writer);

            waitpid(child, None).context("wait for the child")
        }
    }
}
// ANCHOR_END: sigpipe

// ANCHOR: sigpipe-child
fn write_once(
    keep: bool,
    reader: OwnedFd,
    writer: &OwnedFd,
    go: &OwnedFd,
    go_writer: OwnedFd,
) -> ! {
    // A mistake on either side must not leave a child that waits for ever: SIGALRM would end it.
    alarm::set(5);

    // Rust ignores SIGPIPE, and fork copies that (signal(7)): the default action comes back here.
    // SAFETY:
    // obligation: a new handler must be sound to call at any moment; signal is async-signal-safe
    //   (signal-safety(7)).
    // here: SIG_DFL installs no handler.
    // broken by: a handler function in place of SIG_DFL.
    let restored = unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) };

    // Whoever started the lesson may have blocked SIGPIPE; then it would stay pending for ever.
    let unblocked = SigSet::from(Signal::SIGPIPE).thread_unblock();

    // The copy that fork has made would withhold the end-of-file below.
    drop(go_writer);
    let told = read(go, &mut [0]);

    if !keep {
        // From here on nobody at all can read.
        drop(reader);
    }
    let written = write(writer, b"1");
    let as_agreed = restored.is_ok() && unblocked.is_ok() && told == Ok(0) && written == Ok(1);

    // SAFETY:
    // obligation: _exit never returns and runs no destructors (_exit(2)).
    // here: nothing is left to do, the kernel closes the descriptors.
    // broken by: relying on a destructor or on a flushed buffer in the child.
    unsafe { nix::libc::_exit(i32::from(!as_agreed)) }
}
// ANCHOR_END: sigpipe-child
