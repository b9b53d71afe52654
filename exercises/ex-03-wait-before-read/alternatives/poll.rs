//! Right, built otherwise: one thread that polls both pipes, and neither descriptor blocks.

use std::ffi::OsString;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};

use anyhow::{Context, bail};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

fn main() -> anyhow::Result<ExitCode> {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let [job, name, arguments @ ..] = &words[..] else { bail!("usage: run CMD, or filter CMD") };
    let feeds = match job.to_str() {
        Some("run") => false,
        Some("filter") => true,
        _ => bail!("usage: run CMD, or filter CMD"),
    };
    let stdin = if feeds { Stdio::piped() } else { Stdio::inherit() };
    let mut command = Command::new(name);
    let started = command.args(arguments).stdin(stdin).stdout(Stdio::piped()).spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => {
            writeln!(io::stderr(), "{} cannot be started: {error}", name.display())?;
            return Ok(ExitCode::from(127));
        }
    };
    let moved = move_bytes(&mut child);
    let status = child.wait().context("wait for the command")?;
    io::stdout().write_all(&moved?).context("print the output")?;
    io::stdout().flush().context("print the output")?;
    let code = match (status.code(), status.signal()) {
        (Some(code), _) => {
            writeln!(io::stderr(), "the command exited with {code}")?;
            code
        }
        (_, signal) => {
            let signal = signal.unwrap_or_default();
            writeln!(io::stderr(), "the command was ended by signal {signal}")?;
            128 + signal
        }
    };
    Ok(ExitCode::from(u8::try_from(code)?))
}

/// Writes and reads whatever is possible, until the output is at its end.
fn move_bytes(child: &mut Child) -> anyhow::Result<Vec<u8>> {
    let mut to_command = child.stdin.take();
    let mut from_command = child.stdout.take().context("find the command's output")?;
    // The descriptions of these two are this process's alone: the other ends keep blocking.
    if let Some(pipe) = &to_command {
        fcntl(pipe, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).context("make the input not block")?;
    }
    fcntl(&from_command, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).context("and the output")?;

    let mut input = vec![];
    if to_command.is_some() {
        io::stdin().read_to_end(&mut input).context("read standard input")?;
    }
    let mut rest = &input[..];
    let mut output = vec![];
    loop {
        if rest.is_empty() {
            // All is written, or nobody wants the rest: end-of-file for the filter.
            to_command = None;
        }
        let (can_read, can_write) = wait(&from_command, to_command.as_ref())?;
        if let Some(pipe) = to_command.as_mut().filter(|_| can_write) {
            match pipe.write(rest) {
                Ok(count) => rest = &rest[count..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == ErrorKind::BrokenPipe => rest = &[],
                Err(error) => return Err(error).context("feed the filter"),
            }
        }
        if can_read {
            let mut chunk = [0; 4096];
            match from_command.read(&mut chunk) {
                Ok(0) => return Ok(output),
                Ok(count) => output.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error).context("read the output"),
            }
        }
    }
}

/// Whether the output has bytes or is at its end, and whether the input has room or no reader.
fn wait(from: &ChildStdout, to: Option<&ChildStdin>) -> anyhow::Result<(bool, bool)> {
    let mut watched = vec![PollFd::new(from.as_fd(), PollFlags::POLLIN)];
    watched.extend(to.map(|pipe| PollFd::new(pipe.as_fd(), PollFlags::POLLOUT)));
    poll(&mut watched, PollTimeout::NONE).context("wait for either pipe")?;
    let is_ready = |index: usize| watched.get(index).is_some_and(|fd| fd.any() == Some(true));
    Ok((is_ready(0), is_ready(1)))
}
