//! Up to /proc/sys/fs/pipe-max-size anybody may ask for, one byte more is refused: EPERM.
//!
//! A process with CAP_SYS_RESOURCE is not refused (pipe(7)), and root has that capability. So a
//! child takes it out of its own effective set first, and root sees what everybody sees. How large
//! the limit is goes to standard error: another system may have another one.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc::{self, c_int};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, pipe2, write};
use transcript::Transcript;

use crate::{capability, measure};

pub const CLAIM: &str = "EPERM above pipe-max-size";

const LIMIT: &str = "/proc/sys/fs/pipe-max-size";

// ANCHOR: refused
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    // The limit is the system's to tell. A request is rounded up before it is compared with that,
    // so one byte more asks for twice as much.
    let text = fs::read_to_string(LIMIT).with_context(|| format!("read {LIMIT}"))?;
    let limit: c_int = text.trim().parse().with_context(|| format!("understand {LIMIT}"))?;
    let above = limit.checked_add(1).with_context(|| format!("go beyond {LIMIT}"))?;

    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;
    let (report_reader, report_writer) =
        pipe2(OFlag::O_CLOEXEC).context("create the report pipe")?;

    // SAFETY:
    // obligation: between fork and _exit a child of a process with several threads may make only
    //   async-signal-safe calls (fork(2), signal-safety(7)).
    // here: the lesson has one thread, and `ask_unprivileged` calls capget, capset, fcntl, write
    //   and _exit, all of them bare system calls.
    // broken by: a thread started before this line, or a print in the child.
    let child = match unsafe { fork() }.context("fork the child")? {
        ForkResult::Child => ask_unprivileged(&writer, &report_writer, [limit, above]),
        ForkResult::Parent { child } => child,
    };

    // While the parent can write to it, the report has no end.
    drop(report_writer);
    let mut report = Vec::new();
    let outcome = File::from(report_reader).read_to_end(&mut report);
    let status = waitpid(child, None).context("wait for the child")?;
    outcome.context("read the report")?;
    anyhow::ensure!(status == WaitStatus::Exited(child, 0), "the child ended with {status:?}");

    let [dropped, at_limit, beyond] = figures(&report).context("understand the report")?;
    dropped.context("drop CAP_SYS_RESOURCE in the child")?;

    // EPERM here is the other limit, the one for all pipes of a user together.
    let granted = at_limit.context(measure::REFUSED)?;
    anyhow::ensure!(granted == limit, "{granted} bytes granted for {limit}");
    anyhow::ensure!(beyond == Err(Errno::EPERM), "for {above} bytes the answer was {beyond:?}");

    // The pipe is the same one that the child asked for.
    let capacity = fcntl(&reader, FcntlArg::F_GETPIPE_SZ).context("ask for the capacity")?;
    anyhow::ensure!(capacity == limit, "after the refusal the capacity is {capacity}");

    // Not worth an error, should nobody listen there.
    let _ = writeln!(io::stderr(), "{LIMIT} is {limit} here");
    writeln!(out, "without CAP_SYS_RESOURCE, as an ordinary user:")?;
    writeln!(out, "  pipe-max-size bytes:  granted")?;
    writeln!(out, "  one byte more:        {:?}, and the capacity stays", Errno::EPERM)?;
    Ok(())
}
// ANCHOR_END: refused

// ANCHOR: refused-child
fn ask_unprivileged(writer: &OwnedFd, report: &OwnedFd, asked: [c_int; 2]) -> ! {
    // Only this child's; the parent keeps what it has.
    let dropped = number(capability::drop_sys_resource().map(|()| 0));
    let [at_limit, beyond] =
        asked.map(|bytes| number(fcntl(writer, FcntlArg::F_SETPIPE_SZ(bytes))));

    // Three numbers of four bytes each: text would have to be formatted, and that may allocate.
    let figures = [dropped, at_limit, beyond].map(c_int::to_ne_bytes);
    let told = write(report, figures.as_flattened());

    // SAFETY:
    // obligation: _exit never returns and runs no destructors (_exit(2)).
    // here: nothing is left to do, the kernel closes the descriptors.
    // broken by: relying on a destructor or on a flushed buffer in the child.
    unsafe { libc::_exit(i32::from(told != Ok(figures.as_flattened().len()))) }
}
// ANCHOR_END: refused-child

/// An answer as one number, an error as its negative.
fn number(answer: nix::Result<c_int>) -> c_int {
    answer.unwrap_or_else(|error| -(error as c_int))
}

/// The three answers of the report.
fn figures(report: &[u8]) -> Option<[nix::Result<c_int>; 3]> {
    let (numbers, []) = report.as_chunks::<4>() else { return None };
    let numbers = <[[u8; 4]; 3]>::try_from(numbers).ok()?.map(c_int::from_ne_bytes);
    Some(numbers.map(|n| if n < 0 { Err(Errno::from_raw(-n)) } else { Ok(n) }))
}
