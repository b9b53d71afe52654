//! Wrong: a descriptor without close-on-exec that both commands inherit.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};

use anyhow::Context;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;

/// What a shell says of a command that it cannot start.
const NOT_STARTED: u8 = 127;

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
    // Before either command, so that both can have an end of it; close-on-exec, so that neither has
    // the other's.
    let (reader, writer) = io::pipe().context("create the pipe")?;
    let spare = nix::unistd::dup(io::stderr()).context("copy standard error")?;

    // Each end moves into the command that needs it, and is closed here when `start` returns: the
    // second command sees end-of-file when the first ends, the first SIGPIPE when the second does.
    let mut one = start(first, Stdio::inherit(), writer.into());
    let mut two = start(second, reader.into(), Stdio::piped());

    let said = |stage: &mut io::Result<Child>| {
        stage.as_mut().ok().and_then(|child| child.stderr.take()).map(OwnedFd::from)
    };
    let output = two.as_mut().ok().and_then(|child| child.stdout.take()).map(OwnedFd::from);
    let [errors_one, errors_two, output] = read_all([said(&mut one), said(&mut two), output])?;

    drop(spare);
    // All pipes are at their end; only now may this process wait for anybody.
    let one = end_of(one)?;
    let two = end_of(two)?;

    let mut out = io::stdout();
    out.write_all(b"pipe result: '")?;
    out.write_all(trimmed(&output))?;
    out.write_all(b"'\n")?;
    out.flush()?;
    report(1, &errors_one, &one)?;
    report(2, &errors_two, &two)?;
    Ok(ExitCode::from(two.code))
}

/// Starts a command between these, with a pipe of its own for standard error.
fn start(words: &[OsString], stdin: Stdio, stdout: Stdio) -> io::Result<Child> {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).stdin(stdin).stdout(stdout).stderr(Stdio::piped());
    // The command's value still owns both ends: it is dropped here, after the child has its copies.
    command.spawn()
}

/// Reads all pipes to their ends, whichever has something first.
fn read_all<const N: usize>(pipes: [Option<OwnedFd>; N]) -> anyhow::Result<[Vec<u8>; N]> {
    let mut open: Vec<(usize, File)> = pipes
        .into_iter()
        .enumerate()
        .filter_map(|(index, pipe)| Some((index, File::from(pipe?))))
        .collect();
    let mut all = [const { Vec::new() }; N];
    let mut buffer = [0; 16 * 1024];
    while !open.is_empty() {
        let mut asked: Vec<PollFd<'_>> =
            open.iter().map(|(_, file)| PollFd::new(file.as_fd(), PollFlags::POLLIN)).collect();
        match poll(&mut asked, PollTimeout::NONE) {
            Err(Errno::EINTR) => continue,
            outcome => outcome.context("poll the pipes")?,
        };
        // POLLHUP alone too: the read then says end-of-file.
        let ready: Vec<bool> = asked.iter().map(|asked| asked.any().unwrap_or(true)).collect();
        let mut ended = vec![false; open.len()];
        for (place, (index, file)) in open.iter_mut().enumerate() {
            if ready[place] {
                let count = file.read(&mut buffer).context("read from a pipe")?;
                all[*index].extend_from_slice(&buffer[..count]);
                ended[place] = count == 0;
            }
        }
        // An end-of-file that stayed in the set would wake every poll at once.
        let mut place = 0;
        open.retain(|_| {
            place += 1;
            !ended[place - 1]
        });
    }
    Ok(all)
}

/// How a command ended: in words, and as a shell's status.
struct End {
    words: String,
    code: u8,
}

fn end_of(stage: io::Result<Child>) -> anyhow::Result<End> {
    match stage {
        Ok(mut child) => Ok(end_from(child.wait().context("wait for a command")?)),
        Err(error) => {
            Ok(End { words: format!("could not be started: {error}"), code: NOT_STARTED })
        }
    }
}

fn end_from(status: ExitStatus) -> End {
    if let Some(number) = status.signal() {
        let name = Signal::try_from(number).map_or("a signal", Signal::as_str);
        let code = u8::try_from(128 + number).unwrap_or(u8::MAX);
        return End { words: format!("was ended by {name}"), code };
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX);
    End { words: format!("exited with {code}"), code }
}

/// A command's standard error, line by line, and how it ended.
fn report(number: u8, errors: &[u8], end: &End) -> anyhow::Result<()> {
    let mut out = io::stderr().lock();
    for line in errors.split_inclusive(|&byte| byte == b'\n') {
        write!(out, "[{number}] ")?;
        out.write_all(line.strip_suffix(b"\n").unwrap_or(line))?;
        writeln!(out)?;
    }
    writeln!(out, "[{number}] {}", end.words)?;
    Ok(())
}

/// Without spaces and newlines at both ends, as the article prints it.
fn trimmed(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\n', rest @ ..] | [rest @ .., b' ' | b'\n'] = bytes {
        bytes = rest;
    }
    bytes
}
