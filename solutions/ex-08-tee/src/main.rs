//! The reference program of ex-08: each piece of standard input goes to standard output, and
//! through a pipe to a child that writes the file.
//!
//! When one of the two outputs fails the other still gets everything. Only a standard output that
//! nobody reads any more ends the program: by SIGPIPE, as it ends any filter.

#![expect(unsafe_code, reason = "fork is the subject of this exercise")]

use std::ffi::{CStr, CString, OsStr, OsString};
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

use anyhow::{Context, bail};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::signal::{SigHandler, Signal, raise, signal};
use nix::sys::stat::Mode;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, pipe2, read, write};

const BUFFER_BYTES: usize = 16 * 1024;

fn main() -> anyhow::Result<ExitCode> {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    match &words[..] {
        [file] => tee(file),
        _ => {
            writeln!(io::stderr(), "usage: FILE, which gets a copy of standard input")?;
            Ok(ExitCode::from(2))
        }
    }
}

/// Copies standard input to both outputs, as long as one of them takes it.
fn tee(name: &OsStr) -> anyhow::Result<ExitCode> {
    let mut file = Some(Copier::start(name)?);
    let (mut stdout_is_good, mut all_is_good, mut is_read) = (true, true, true);
    let mut buffer = [0; BUFFER_BYTES];
    while stdout_is_good || file.is_some() {
        let piece = match read(io::stdin(), &mut buffer) {
            Ok(0) => break,
            Ok(count) => &buffer[..count],
            Err(Errno::EINTR) => continue,
            Err(errno) => {
                complain("read error", errno);
                all_is_good = false;
                break;
            }
        };
        if stdout_is_good {
            match write_all(io::stdout(), piece) {
                Ok(()) => {}
                Err(Errno::EPIPE) => {
                    is_read = false;
                    break;
                }
                Err(errno) => {
                    complain("standard output", errno);
                    stdout_is_good = false;
                    all_is_good = false;
                }
            }
        }
        // A copier that has failed is gone, and then nobody can read its pipe.
        if let Some(failed) = file.take_if(|file| write_all(&file.pipe, piece).is_err()) {
            all_is_good &= failed.end(name)?;
        }
    }
    if let Some(file) = file {
        all_is_good &= file.end(name)?;
    }
    if !is_read {
        end_by_sigpipe()?;
    }
    Ok(ExitCode::from(u8::from(!all_is_good)))
}

/// The child that writes the file, and the write end of its pipe.
struct Copier {
    child: Pid,
    pipe: OwnedFd,
}

impl Copier {
    fn start(name: &OsStr) -> anyhow::Result<Copier> {
        // Before the fork: the child may not allocate.
        let path = CString::new(name.as_bytes()).context("the file's name")?;
        let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;

        // SAFETY:
        // obligation: between fork and _exit a child of a process with several threads may make
        //   only async-signal-safe calls (fork(2), signal-safety(7)).
        // here: the program has one thread, and the child only closes, opens, reads and writes.
        // broken by: a thread started before this line, or a print in the child.
        match unsafe { fork() }.context("fork the child")? {
            ForkResult::Child => {
                // With a write end of its own the child would never see end-of-file.
                drop(writer);
                write_file(reader, &path)
            }
            // The reader is dropped here: once the child is gone nobody can read the pipe.
            ForkResult::Parent { child } => Ok(Copier { child, pipe: writer }),
        }
    }

    /// Tells whether all that the child was given is in the file.
    fn end(self, name: &OsStr) -> anyhow::Result<bool> {
        // End-of-file for the child, before this process waits for it.
        drop(self.pipe);
        match waitpid(self.child, None).context("wait for the child")? {
            WaitStatus::Exited(_, 0) => Ok(true),
            WaitStatus::Exited(_, code) => {
                complain(name, Errno::from_raw(code));
                Ok(false)
            }
            other => bail!("the child that writes {} is {other:?}", name.display()),
        }
    }
}

/// What the child does. Its exit code is 0, or the number of the error that ended it.
fn write_file(reader: OwnedFd, path: &CStr) -> ! {
    let outcome = copy_to_file(&reader, path);
    // SAFETY:
    // obligation: _exit never returns and runs no destructors (_exit(2)).
    // here: nothing is left to do, the kernel closes the pipe and the file.
    // broken by: relying on a destructor or on a flushed buffer in the child.
    unsafe { libc::_exit(outcome.map_or_else(|errno| errno as i32, |()| 0)) }
}

fn copy_to_file(reader: &OwnedFd, path: &CStr) -> nix::Result<()> {
    let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_TRUNC | OFlag::O_CLOEXEC;
    let file = open(path, flags, Mode::from_bits_truncate(0o666))?;
    let mut buffer = [0; BUFFER_BYTES];
    loop {
        match read(reader, &mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => write_all(&file, &buffer[..count])?,
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// A write may take only a part of what it is given.
fn write_all(to: impl AsFd, mut bytes: &[u8]) -> nix::Result<()> {
    while !bytes.is_empty() {
        match write(&to, bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

fn complain(what: impl AsRef<OsStr>, errno: Errno) {
    // Where standard error fails as well there is nobody left to tell.
    let _ = writeln!(io::stderr(), "tee: {}: {}", what.as_ref().display(), errno.desc());
}

/// Rust ignores SIGPIPE, so that a write fails instead: the file could be finished first. Now this
/// process ends as every filter does whose output nobody reads.
fn end_by_sigpipe() -> anyhow::Result<()> {
    // SAFETY:
    // obligation: a new handler must be sound to call at any moment (signal-safety(7)).
    // here: SIG_DFL installs no handler.
    // broken by: a handler function in place of SIG_DFL.
    unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) }.context("restore SIGPIPE")?;
    raise(Signal::SIGPIPE).context("end by SIGPIPE")
}
