//! dup2(0, 0) does nothing, not even what it is always used for: close-on-exec stays set, and exec
//! closes the descriptor.
//!
//! The copy that dup2 makes has close-on-exec cleared, but with both numbers the same there is no
//! copy (dup(2)). A child closes 0 or 1 first, so that its end of a pipe gets that number.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{BorrowedFd, OwnedFd};

use anyhow::Context;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, close, dup2_stdin, dup2_stdout, fork, pipe2, write};
use transcript::Transcript;

use crate::pipeline::child::{connect, exec, pointers, put_in_place};
use crate::pipeline::{NEEDS_OF_A_SHELL, Stage};

/// What `cat` is to copy from its standard input to its standard output.
const WORD: &[u8] = b"hello\n";
/// Its complaint belongs to no transcript.
const CAT: [&str; 3] = ["sh", "-c", "exec cat 2>/dev/null"];

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    writeln!(out, "{:<25}close-on-exec  cat passes on", "")?;
    for target in [libc::STDIN_FILENO, libc::STDOUT_FILENO] {
        for clears in [false, true] {
            let (flags, count) = run_cat(target, clears)?;
            let (word, expected) =
                if flags.is_empty() { ("cleared", WORD.len()) } else { ("set", 0) };
            anyhow::ensure!(flags.is_empty() == clears, "dup2({target}, {target}): {flags:?}");
            anyhow::ensure!(count == expected, "with close-on-exec {word} came {count} bytes");
            let call = if clears { "F_SETFD on it" } else { "dup2 onto itself" };
            writeln!(out, "{target}: {call:<22}{word:<15}{count} bytes")?;
        }
    }
    Ok(())
}

// ANCHOR: dup2-same
/// The flags of the descriptor before exec, and how many bytes `cat` copied after it.
fn run_cat(target: i32, clears: bool) -> anyhow::Result<(FdFlag, usize)> {
    // One pipe on either side of `cat`, and one for the flags that the child finds before exec.
    let (input, feeder) = pipe2(OFlag::O_CLOEXEC).context("create the input pipe")?;
    let (result, output) = pipe2(OFlag::O_CLOEXEC).context("create the result pipe")?;
    let (report, reporter) = pipe2(OFlag::O_CLOEXEC).context("create the report pipe")?;
    write(&feeder, WORD).context("write to the input pipe")?;

    // All that needs memory comes before the fork.
    let cat = Stage::new(&CAT)?;
    let arguments = pointers(&cat.arguments);
    let environment = pointers(&cat.environment);

    // SAFETY:
    // obligation: between fork and exec a child of a process with several threads may make only
    //   async-signal-safe calls (fork(2), signal-safety(7)).
    // here: the lesson has one thread, and `connect`, `onto_itself` and `exec` make only such
    //   calls.
    // broken by: a thread started before this line, or an allocation in the child.
    let child = match unsafe { fork() }.context("fork the child")? {
        ForkResult::Child => {
            let end = if target == libc::STDIN_FILENO { &input } else { &output };
            let connected = connect(Some(&input), &output);
            if let Ok(flags) = connected.and_then(|()| onto_itself(target, clears, end)) {
                let _ = write(&reporter, &[flags.bits() as u8]);
                exec(&cat.paths, &arguments, &environment);
            }
            // SAFETY:
            // obligation: _exit never returns and runs no destructors (_exit(2)).
            // here: nothing is left to do, the kernel closes the descriptors.
            // broken by: relying on a destructor or on a flushed buffer in the child.
            unsafe { libc::_exit(127) }
        }
        ForkResult::Parent { child } => child,
    };
    // `cat` would wait for more,
    drop(feeder);
    // and this process for what `cat` says
    drop(output);
    // and for the end of the report.
    drop(reporter);

    let (mut flags, mut text) = (Vec::new(), Vec::new());
    let reported = File::from(report).read_to_end(&mut flags);
    let copied = File::from(result).read_to_end(&mut text);
    let status = waitpid(child, None).context("wait for the child")?;
    copied.and(reported).context("read from the child")?;
    let flags = *flags.first().context("the child did not come as far as exec")?;
    let as_expected = matches!(status, WaitStatus::Exited(_, 0)) == clears;
    anyhow::ensure!(as_expected, "`cat` with {target} ended so: {status:?}; {NEEDS_OF_A_SHELL}");
    Ok((FdFlag::from_bits_retain(i32::from(flags)), text.len()))
}
// ANCHOR_END: dup2-same

// ANCHOR: dup2-same-child
/// In the child: gives `end` the number `target` before dup2 is to do it.
fn onto_itself(target: i32, clears: bool, end: &OwnedFd) -> nix::Result<FdFlag> {
    // As a pipe that is made where this number is free.
    let moved = close(target).and_then(|()| fcntl(end, FcntlArg::F_DUPFD_CLOEXEC(target)));
    moved.and_then(|number| {
        // SAFETY:
        // obligation: the descriptor stays open as long as it is borrowed (BorrowedFd).
        // here: fcntl has just opened it, and nothing in the child closes it before exec.
        // broken by: an OwnedFd made of the same number, which would close it here.
        let same = unsafe { BorrowedFd::borrow_raw(number) };
        let placed = match (clears, target) {
            (true, _) => put_in_place(same, target),
            (false, libc::STDIN_FILENO) => dup2_stdin(same),
            (false, _) => dup2_stdout(same),
        };
        placed.and_then(|()| fcntl(same, FcntlArg::F_GETFD)).map(FdFlag::from_bits_retain)
    })
}
// ANCHOR_END: dup2-same-child
