//! Right, and built so that the parent opens the file, and the child says itself what goes wrong.
//! Without a file there is no child.

#![allow(unsafe_code)]

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::process::ExitCode;

use anyhow::{Context, ensure};
use nix::errno::Errno;
use nix::sys::signal::{SigHandler, Signal, raise, signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, read, write};

fn main() -> anyhow::Result<ExitCode> {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let [file] = &words[..] {
        return tee(file);
    }
    writeln!(io::stderr(), "usage: FILE, which gets a copy of standard input")?;
    Ok(ExitCode::from(2))
}

fn tee(name: &OsStr) -> anyhow::Result<ExitCode> {
    let mut is_good = true;
    let mut writer = match File::create(name) {
        Ok(file) => Some(start(name, file)?),
        Err(error) => {
            writeln!(io::stderr(), "{}: {error}", name.display())?;
            is_good = false;
            None
        }
    };
    let ended = copy(writer.as_mut().map(|(_, pipe)| pipe))?;
    if let Some((child, pipe)) = writer {
        drop(pipe);
        let status = waitpid(child, None).context("wait for the child")?;
        is_good &= status == WaitStatus::Exited(child, 0);
    }
    match ended {
        Ended::Good => {}
        Ended::Bad => is_good = false,
        Ended::Unread => {
            // SAFETY:
            // obligation: a new handler must be sound to call at any moment (signal-safety(7)).
            // here: SIG_DFL installs no handler.
            // broken by: a handler function in place of SIG_DFL.
            unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) }.context("restore SIGPIPE")?;
            raise(Signal::SIGPIPE).context("end by SIGPIPE")?;
        }
    }
    Ok(ExitCode::from(u8::from(!is_good)))
}

fn start(name: &OsStr, file: File) -> anyhow::Result<(Pid, PipeWriter)> {
    let (reader, writer) = io::pipe().context("create the pipe")?;
    let who = format!("{}: ", name.display());
    // SAFETY:
    // obligation: between fork and _exit a child of a process with several threads may make only
    //   async-signal-safe calls (fork(2), signal-safety(7)).
    // here: the program has one thread, and the child only closes, reads, writes and leaves.
    // broken by: a thread started before this line, or a print in the child.
    match unsafe { fork() }.context("fork the child")? {
        ForkResult::Child => {
            drop(writer);
            let outcome = save(&reader, &file);
            if let Err(errno) = outcome {
                // The parts of one line: nobody else writes there meanwhile, or it does not matter.
                for part in [&who, errno.desc(), "\n"] {
                    let _ = write(io::stderr(), part.as_bytes());
                }
            }
            // SAFETY:
            // obligation: _exit never returns and runs no destructors (_exit(2)).
            // here: nothing is left to do, the kernel closes the pipe and the file.
            // broken by: relying on a destructor or on a flushed buffer in the child.
            unsafe { libc::_exit(i32::from(outcome.is_err())) }
        }
        ForkResult::Parent { child } => Ok((child, writer)),
    }
}

fn save(reader: &PipeReader, file: &File) -> nix::Result<()> {
    let mut buffer = [0; 64 * 1024];
    loop {
        let count = read(reader, &mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        let mut left = &buffer[..count];
        while !left.is_empty() {
            left = &left[write(file, left)?..];
        }
    }
}

enum Ended {
    Good,
    Bad,
    /// Nobody reads standard output any more.
    Unread,
}

fn copy(mut pipe: Option<&mut PipeWriter>) -> anyhow::Result<Ended> {
    let (mut is_open, mut buffer) = (true, vec![0; 64 * 1024]);
    let ended = |is_open| if is_open { Ended::Good } else { Ended::Bad };
    loop {
        let piece = match io::stdin().read(&mut buffer) {
            Ok(0) => return Ok(ended(is_open)),
            Ok(count) => &buffer[..count],
            Err(error) => {
                writeln!(io::stderr(), "read error: {error}")?;
                return Ok(Ended::Bad);
            }
        };
        let mut out = io::stdout();
        match is_open.then(|| out.write_all(piece).and_then(|()| out.flush())) {
            Some(Err(error)) if error.raw_os_error() == Some(Errno::EPIPE as i32) => {
                return Ok(Ended::Unread);
            }
            Some(Err(error)) => {
                writeln!(io::stderr(), "standard output: {error}")?;
                is_open = false;
            }
            _ => {}
        }
        if let Some(Err(error)) = pipe.as_mut().map(|pipe| pipe.write_all(piece)) {
            ensure!(error.kind() == io::ErrorKind::BrokenPipe, "write into the pipe: {error}");
            pipe = None;
        }
        if pipe.is_none() && !is_open {
            return Ok(Ended::Bad);
        }
    }
}
