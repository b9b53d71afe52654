//! Right, and built on fork, dup2 and exec instead of std's Command.

#![allow(unsafe_code)]

use std::convert::Infallible;
use std::ffi::{CString, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, dup2_stderr, dup2_stdin, dup2_stdout, execvp, fork, pipe2};

fn main() -> anyhow::Result<ExitCode> {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let bar = words.iter().position(|word| word == "|");
    match bar.map(|bar| (&words[..bar], &words[bar + 1..])) {
        Some((first @ [_, ..], second @ [_, ..])) => run(first, second),
        _ => {
            writeln!(io::stderr(), "usage: COMMAND [ARGS…] '|' COMMAND [ARGS…]")?;
            Ok(ExitCode::from(2))
        }
    }
}

fn run(first: &[OsString], second: &[OsString]) -> anyhow::Result<ExitCode> {
    let pipe = || pipe2(OFlag::O_CLOEXEC).context("create a pipe");
    let (between_reader, between_writer) = pipe()?;
    let (output, output_writer) = pipe()?;
    let (errors_one, errors_one_writer) = pipe()?;
    let (errors_two, errors_two_writer) = pipe()?;
    let one = start(first, None, &between_writer, &errors_one_writer)?;
    let two = start(second, Some(&between_reader), &output_writer, &errors_two_writer)?;
    // Every end that a command has got: with one left here, no end-of-file and no SIGPIPE.
    drop((between_reader, between_writer));
    drop((output_writer, errors_one_writer, errors_two_writer));

    let [output, errors_one, errors_two] = read_all([output, errors_one, errors_two])?;
    let mut out = io::stdout();
    out.write_all(b"pipe result: '")?;
    out.write_all(output.trim_ascii())?;
    out.write_all(b"'\n")?;
    out.flush()?;
    report(1, &errors_one, one)?;
    Ok(ExitCode::from(report(2, &errors_two, two)?))
}

/// A running command, or why it is none.
type Started = Result<Pid, Errno>;

fn start(
    words: &[OsString],
    stdin: Option<&OwnedFd>,
    stdout: &OwnedFd,
    stderr: &OwnedFd,
) -> anyhow::Result<Started> {
    let argv: Vec<CString> = words
        .iter()
        .map(|word| CString::new(word.clone().into_vec()).context("an argument with a NUL byte"))
        .collect::<anyhow::Result<_>>()?;
    // It closes by a successful exec; a failed one sends its errno through it.
    let (told, tell) = pipe2(OFlag::O_CLOEXEC).context("create a pipe")?;
    // SAFETY:
    // obligation: between fork and exec a child of a process with several threads may make only
    //   async-signal-safe calls (fork(2), signal-safety(7)).
    // here: the program has one thread, and the child only calls dup2, signal, exec, write, _exit.
    // broken by: a thread started before this line, or a print in the child.
    match unsafe { fork() }.context("fork")? {
        ForkResult::Child => {
            let Err(error) = become_command(&argv, stdin, stdout, stderr);
            let _ = nix::unistd::write(&tell, &(error as i32).to_ne_bytes());
            // SAFETY:
            // obligation: _exit never returns and runs no destructors (_exit(2)).
            // here: the errno is on its way, nothing is left to do.
            // broken by: relying on a destructor or on a flushed buffer in the child.
            unsafe { libc::_exit(127) }
        }
        ForkResult::Parent { child } => {
            drop(tell);
            let mut errno = Vec::new();
            File::from(told).read_to_end(&mut errno).context("hear of exec")?;
            match <[u8; 4]>::try_from(errno) {
                Err(_) => Ok(Ok(child)),
                Ok(errno) => {
                    waitpid(child, None).context("wait for a command")?;
                    Ok(Err(Errno::from_raw(i32::from_ne_bytes(errno))))
                }
            }
        }
    }
}

fn become_command(
    argv: &[CString],
    stdin: Option<&OwnedFd>,
    stdout: &OwnedFd,
    stderr: &OwnedFd,
) -> nix::Result<Infallible> {
    // dup2 of a descriptor onto itself keeps close-on-exec; none of the pipes is 0, 1 or 2, since
    // those are open.
    debug_assert!(stdout.as_raw_fd() > 2);
    if let Some(stdin) = stdin {
        dup2_stdin(stdin)?;
    }
    dup2_stdout(stdout)?;
    dup2_stderr(stderr)?;
    // Rust ignores SIGPIPE, and an ignored signal survives exec.
    // SAFETY:
    // obligation: a new handler must be sound to call at any moment (signal-safety(7)).
    // here: SIG_DFL installs no handler.
    // broken by: a handler function in place of SIG_DFL.
    unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) }?;
    execvp(&argv[0], argv)
}

fn read_all<const N: usize>(pipes: [OwnedFd; N]) -> anyhow::Result<[Vec<u8>; N]> {
    let mut open: Vec<(usize, File)> = pipes.map(File::from).into_iter().enumerate().collect();
    let mut all = [const { Vec::new() }; N];
    let mut buffer = [0; 4096];
    while !open.is_empty() {
        let mut asked: Vec<PollFd<'_>> =
            open.iter().map(|(_, file)| PollFd::new(file.as_fd(), PollFlags::POLLIN)).collect();
        match poll(&mut asked, PollTimeout::NONE) {
            Err(Errno::EINTR) => continue,
            outcome => outcome.context("poll the pipes")?,
        };
        let ready = asked.iter().position(|asked| asked.any().unwrap_or(true));
        let ready = ready.context("poll named no pipe")?;
        let (index, file) = &mut open[ready];
        let count = file.read(&mut buffer).context("read from a pipe")?;
        all[*index].extend_from_slice(&buffer[..count]);
        if count == 0 {
            open.remove(ready);
        }
    }
    Ok(all)
}

fn report(number: u8, errors: &[u8], started: Started) -> anyhow::Result<u8> {
    let mut out = io::stderr().lock();
    for line in errors.split_inclusive(|&byte| byte == b'\n') {
        write!(out, "[{number}] ")?;
        out.write_all(line.strip_suffix(b"\n").unwrap_or(line))?;
        writeln!(out)?;
    }
    let (words, code) = match started {
        Err(errno) => (format!("could not be started: {}", errno.desc()), 127),
        Ok(child) => match waitpid(child, None).context("wait for a command")? {
            WaitStatus::Exited(_, code) => (format!("exited with {code}"), code),
            WaitStatus::Signaled(_, by, _) => (format!("was ended by {by}"), 128 + by as i32),
            other => anyhow::bail!("the command is {other:?}"),
        },
    };
    writeln!(out, "[{number}] {words}")?;
    Ok(u8::try_from(code).unwrap_or(u8::MAX))
}
