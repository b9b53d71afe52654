//! Right, built otherwise: fork and exec, and a process of its own that feeds the filter.

#![allow(unsafe_code)]

use std::ffi::{CString, c_char};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;
use std::ptr;

use anyhow::{Context, bail, ensure};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, dup2_stdin, dup2_stdout, fork, pipe2, read, write};

type Pipe = (OwnedFd, OwnedFd);

fn main() -> anyhow::Result<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    let job = words.next().context("usage: run CMD, or filter CMD")?;
    let argv = words.map(|word| CString::new(word.into_vec())).collect::<Result<Vec<_>, _>>()?;
    ensure!(!argv.is_empty(), "usage: run CMD, or filter CMD");
    let to_command = match job.to_str() {
        Some("run") => None,
        Some("filter") => Some(new_pipe()?),
        _ => bail!("usage: run CMD, or filter CMD"),
    };
    let from_command = new_pipe()?;
    let (exec_error, error_writer) = new_pipe()?;

    let command = start(&argv, to_command.as_ref(), &from_command, &error_writer)?;
    drop(error_writer);
    let (output, writer) = from_command;
    // The command has the only write end of its output now.
    drop(writer);

    // Closed by a successful exec; otherwise one errno comes.
    let mut errno = [0; 4];
    if File::from(exec_error).read_exact(&mut errno).is_ok() {
        waitpid(command, None).context("wait for the child")?;
        let error = Errno::from_raw(i32::from_ne_bytes(errno));
        writeln!(io::stderr(), "{}: {error}", argv[0].to_string_lossy())?;
        return Ok(ExitCode::from(127));
    }

    let feeder = to_command.map(start_feeder).transpose()?;
    let mut all = Vec::new();
    let outcome = File::from(output).read_to_end(&mut all);
    let end = waitpid(command, None).context("wait for the command")?;
    if let Some(feeder) = feeder {
        let fed = waitpid(feeder, None).context("wait for the feeder")?;
        ensure!(fed == WaitStatus::Exited(feeder, 0), "the feeder could not read standard input");
    }
    outcome.context("read the command's output")?;
    io::stdout().write_all(&all).and_then(|()| io::stdout().flush()).context("print the output")?;
    let code = match end {
        WaitStatus::Exited(_, code) => {
            writeln!(io::stderr(), "the command exited with {code}")?;
            code
        }
        WaitStatus::Signaled(_, signal, _) => {
            writeln!(io::stderr(), "the command was ended by signal {}", signal as i32)?;
            128 + signal as i32
        }
        other => bail!("the command is {other:?}"),
    };
    Ok(ExitCode::from(u8::try_from(code)?))
}

fn new_pipe() -> anyhow::Result<Pipe> {
    pipe2(OFlag::O_CLOEXEC).context("create a pipe")
}

fn start(
    argv: &[CString],
    input: Option<&Pipe>,
    output: &Pipe,
    error: &OwnedFd,
) -> anyhow::Result<Pid> {
    // Made here, since the child must not allocate.
    let pointers: Vec<_> = argv.iter().map(|word| word.as_ptr()).chain([ptr::null()]).collect();
    // SAFETY:
    // obligation: between fork and exec a child of a process with several threads may make only
    //   async-signal-safe calls (fork(2), signal-safety(7)).
    // here: the program has one thread, and the child calls signal, dup2, exec, write and _exit.
    // broken by: a thread started before this line, or a print in the child.
    match unsafe { fork() }.context("fork the command")? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            let errno = exec(&pointers, input, output);
            let _ = write(error, &(errno as i32).to_ne_bytes());
            leave(127)
        }
    }
}

/// Comes back only with an error.
fn exec(argv: &[*const c_char], input: Option<&Pipe>, output: &Pipe) -> Errno {
    // Rust ignores SIGPIPE, and an ignored signal survives exec (signal(7)).
    // SAFETY:
    // obligation: a new handler must be sound to call at any moment (signal-safety(7)).
    // here: SIG_DFL installs no handler.
    // broken by: a handler function in place of SIG_DFL.
    let ready = unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) }
        .and_then(|_| input.map_or(Ok(()), |(reader, _)| dup2_stdin(reader)))
        .and_then(|()| dup2_stdout(&output.1));
    if let Err(errno) = ready {
        return errno;
    }
    // SAFETY:
    // obligation: the array ends with a null pointer, and every other pointer in it leads to a
    //   string that ends with a zero byte (exec(3)).
    // here: `start` made it of CStrings that it still borrows.
    // broken by: an array made without the null pointer, or from dropped CStrings.
    unsafe { libc::execvp(argv[0], argv.as_ptr()) };
    Errno::last()
}

/// A process that copies standard input into the pipe, of which its parent keeps no end. (It has a
/// read end of the output as well. Its parent reads that to the end, so nobody misses a SIGPIPE.)
fn start_feeder((reader, writer): Pipe) -> anyhow::Result<Pid> {
    // SAFETY:
    // obligation: as in `start`.
    // here: the program has one thread, and the child closes, reads, writes and leaves.
    // broken by: a thread started before this line, or a print in the child.
    match unsafe { fork() }.context("fork the feeder")? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            // With a read end of its own it would never learn that the filter has left.
            drop(reader);
            leave(feed(&writer))
        }
    }
}

fn feed(writer: &OwnedFd) -> i32 {
    let mut chunk = [0; 4096];
    loop {
        let count = match read(io::stdin(), &mut chunk) {
            Ok(0) => return 0,
            Ok(count) => count,
            Err(_) => return 1,
        };
        let mut rest = &chunk[..count];
        while !rest.is_empty() {
            match write(writer, rest) {
                Ok(count) => rest = &rest[count..],
                Err(errno) => return i32::from(errno != Errno::EPIPE),
            }
        }
    }
}

fn leave(status: i32) -> ! {
    // SAFETY:
    // obligation: _exit never returns and runs no destructors (_exit(2)).
    // here: nothing is left to do, the kernel closes the pipes.
    // broken by: relying on a destructor or on a flushed buffer in the child.
    unsafe { libc::_exit(status) }
}
