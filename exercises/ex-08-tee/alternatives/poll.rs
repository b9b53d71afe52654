//! Right, and built with poll: the parent learns that the child is gone while it waits for input,
//! and not only when it has something for it.

#![allow(unsafe_code)]

use std::ffi::{CString, OsString};
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction};
use nix::sys::stat::Mode;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, pipe2, read, write};

fn main() -> anyhow::Result<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    let (Some(file), None) = (words.next(), words.next()) else {
        writeln!(io::stderr(), "usage: FILE, which gets a copy of standard input")?;
        return Ok(ExitCode::from(2));
    };
    let mut tee = Tee::start(file)?;
    let goes_on = loop {
        match tee.step() {
            Ok(true) => {}
            other => break other,
        }
    };
    tee.end_file()?;
    if goes_on == Err(Errno::EPIPE) {
        let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
        // SAFETY:
        // obligation: a new handler must be sound to call at any moment (signal-safety(7)).
        // here: SIG_DFL installs no handler.
        // broken by: a handler function in place of SIG_DFL.
        unsafe { sigaction(Signal::SIGPIPE, &default) }.context("restore SIGPIPE")?;
        raise(Signal::SIGPIPE).context("end by SIGPIPE")?;
    }
    goes_on.context("wait for input")?;
    Ok(ExitCode::from(u8::from(!tee.is_good)))
}

struct Tee {
    name: CString,
    pipe: Option<OwnedFd>,
    child: Pid,
    has_stdout: bool,
    is_good: bool,
    buffer: Vec<u8>,
}

impl Tee {
    fn start(file: OsString) -> anyhow::Result<Tee> {
        let name = CString::new(file.into_vec()).context("the file's name")?;
        let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;
        // SAFETY:
        // obligation: between fork and _exit a child of a process with several threads may make
        //   only async-signal-safe calls (fork(2), signal-safety(7)).
        // here: the program has one thread, and the child only closes, opens, reads and writes.
        // broken by: a thread started before this line, or a print in the child.
        let child = match unsafe { fork() }.context("fork the child")? {
            ForkResult::Child => {
                drop(writer);
                let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_TRUNC;
                let mode = Mode::from_bits_truncate(0o666);
                let outcome = open(&*name, flags, mode).and_then(|file| save(&reader, &file));
                // SAFETY:
                // obligation: _exit never returns and runs no destructors (_exit(2)).
                // here: nothing is left to do, the kernel closes the pipe and the file.
                // broken by: relying on a destructor or on a flushed buffer in the child.
                unsafe { libc::_exit(outcome.err().map_or(0, |errno| errno as i32)) }
            }
            ForkResult::Parent { child } => child,
        };
        let buffer = vec![0; 8192];
        Ok(Tee { name, pipe: Some(writer), child, has_stdout: true, is_good: true, buffer })
    }

    /// Waits for input, or for the child's end; tells whether to go on. EPIPE is an error only of
    /// standard output.
    fn step(&mut self) -> nix::Result<bool> {
        if self.pipe.is_none() && !self.has_stdout {
            return Ok(false);
        }
        let stdin = io::stdin();
        let mut asked = vec![PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
        // No event is asked for: POLLERR comes when the last read end is closed (poll(2)).
        asked.extend(self.pipe.as_ref().map(|pipe| PollFd::new(pipe.as_fd(), PollFlags::empty())));
        match poll(&mut asked, PollTimeout::NONE) {
            Err(Errno::EINTR) => return Ok(true),
            outcome => outcome?,
        };
        let answers: Vec<bool> = asked.iter().map(|asked| asked.any().unwrap_or(true)).collect();
        if answers.get(1) == Some(&true) {
            self.end_file()?;
        }
        if !answers[0] {
            return Ok(true);
        }
        match read(&stdin, &mut self.buffer) {
            Ok(0) => Ok(false),
            Ok(count) => self.pass_on(count).map(|()| true),
            Err(Errno::EINTR) => Ok(true),
            Err(errno) => {
                self.complain("read error", errno);
                Ok(false)
            }
        }
    }

    fn pass_on(&mut self, count: usize) -> nix::Result<()> {
        if self.has_stdout {
            match write_all(io::stdout(), &self.buffer[..count]) {
                Err(Errno::EPIPE) => return Err(Errno::EPIPE),
                Err(errno) => {
                    self.has_stdout = false;
                    self.complain("standard output", errno);
                }
                Ok(()) => {}
            }
        }
        let piece = &self.buffer[..count];
        if self.pipe.as_ref().is_some_and(|pipe| write_all(pipe, piece).is_err()) {
            self.end_file()?;
        }
        Ok(())
    }

    /// Closes the pipe and waits for the child, once.
    fn end_file(&mut self) -> nix::Result<()> {
        if self.pipe.take().is_some() {
            match waitpid(self.child, None)? {
                WaitStatus::Exited(_, 0) => {}
                WaitStatus::Exited(_, errno) => {
                    let name = self.name.to_string_lossy().into_owned();
                    self.complain(&name, Errno::from_raw(errno));
                }
                _ => self.is_good = false,
            }
        }
        Ok(())
    }

    fn complain(&mut self, what: &str, errno: Errno) {
        self.is_good = false;
        // Where standard error fails as well there is nobody left to tell.
        let _ = writeln!(io::stderr(), "{what}: {}", errno.desc());
    }
}

fn save(reader: &OwnedFd, file: &OwnedFd) -> nix::Result<()> {
    let mut buffer = [0; 8192];
    loop {
        match read(reader, &mut buffer)? {
            0 => return Ok(()),
            count => write_all(file, &buffer[..count])?,
        }
    }
}

fn write_all(to: impl AsFd, bytes: &[u8]) -> nix::Result<()> {
    let mut written = 0;
    while written < bytes.len() {
        written += write(&to, &bytes[written..])?;
    }
    Ok(())
}
