//! Exercise 3: a reader that waits too long. The task is in README.md.
//!
//! `run CMD [ARGS…]` prints what a command writes. `filter CMD [ARGS…]` sends standard input
//! through one. Both tell on standard error how it ended, and end like it.

#![allow(unsafe_code)]

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, Command, ExitCode, ExitStatus, Stdio};

use anyhow::{Context, bail};

/// What shells answer for a command that they do not find.
const NOT_STARTED: u8 = 127;

fn main() -> anyhow::Result<ExitCode> {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let [job, name, arguments @ ..] = &words[..] else {
        bail!("usage: run CMD [ARGS…], or filter CMD [ARGS…]");
    };
    let mut command = Command::new(name);
    command.args(arguments).stdout(Stdio::piped());
    let finish = match job.to_str() {
        Some("run") => run,
        Some("filter") => {
            command.stdin(Stdio::piped());
            filter
        }
        _ => bail!("the jobs are run and filter, not {}", job.display()),
    };

    // When exec fails in the child, spawn has waited for the child and hands over the error.
    let child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            writeln!(io::stderr(), "{}: {error}", name.display())?;
            return Ok(ExitCode::from(NOT_STARTED));
        }
    };
    let (output, status) = finish(child)?;
    let mut out = io::stdout();
    out.write_all(&output).and_then(|()| out.flush()).context("print the output")?;
    tell_end(status)
}

/// All that the command writes, and how it ends.
fn run(mut child: Child) -> anyhow::Result<(Vec<u8>, ExitStatus)> {
    let mut from_command = child.stdout.take().context("find the command's output")?;
    let mut output = Vec::new();
    let status = child.wait().context("wait for the command")?;
    from_command.read_to_end(&mut output).context("read the command's output")?;
    Ok((output, status))
}

/// Standard input through the filter: what comes out of it, and how it ends.
fn filter(mut child: Child) -> anyhow::Result<(Vec<u8>, ExitStatus)> {
    let to_filter = child.stdin.take().context("find the filter's input")?;
    let mut from_filter = child.stdout.take().context("find the filter's output")?;
    let mut output = Vec::new();
    let fed = feed(to_filter);
    let outcome = from_filter.read_to_end(&mut output);
    // Also after an error: a child that nobody waits for stays behind as a zombie.
    let status = child.wait().context("wait for the filter")?;
    fed?;
    outcome.context("read the filter's output")?;
    Ok((output, status))
}

/// Standard input into the filter, which may leave before the end. Closes the filter's input.
fn feed(mut to_filter: ChildStdin) -> anyhow::Result<()> {
    let mut input = io::stdin().lock();
    let mut chunk = [0; 8192];
    loop {
        let count = input.read(&mut chunk).context("read standard input")?;
        if count == 0 {
            return Ok(());
        }
        match to_filter.write_all(&chunk[..count]) {
            Ok(()) => {}
            // It has read all that it wanted.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            Err(error) => return Err(error).context("feed the filter"),
        }
    }
}

/// Tells how the command ended, and turns that into this program's end, as a shell does.
fn tell_end(status: ExitStatus) -> anyhow::Result<ExitCode> {
    let mut err = io::stderr();
    let code = match (status.code(), status.signal()) {
        (Some(code), _) => {
            writeln!(err, "the command exited with {code}")?;
            code
        }
        (None, Some(signal)) => {
            writeln!(err, "the command was ended by signal {signal}")?;
            128 + signal
        }
        (None, None) => bail!("the command ended with {status:?}"),
    };
    Ok(ExitCode::from(u8::try_from(code).context("an exit code of 0 to 255")?))
}
