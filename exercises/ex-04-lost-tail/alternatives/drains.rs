//! Right too: reads without waiting until the pipe is empty or has come to its end.
//!
//! A bounded number of reads, or a command that never stops would keep the others waiting.

#![allow(unsafe_code)]

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};

use anyhow::{Context, bail, ensure};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::unistd::read;

/// What one read takes at most. A longer line comes in several reads.
const CHUNK_BYTES: usize = 512;
/// So many reads, and then the others have their turn.
const READS_MAX: usize = 64;

/// A command that was started.
struct Started {
    number: usize,
    child: Child,
    /// The read end of the pipe that is its standard output.
    output: OwnedFd,
    ended: bool,
    /// The beginning of a line whose newline has not come yet.
    line: Vec<u8>,
}

fn main() -> anyhow::Result<ExitCode> {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let asked: Vec<&[OsString]> = words.split(|word| word == "--").collect();
    if asked.iter().any(|command| command.is_empty()) {
        bail!("usage: COMMAND [ARGS] -- COMMAND [ARGS] -- ...");
    }

    let mut commands: Vec<Option<Started>> =
        asked.iter().zip(1..).map(|(words, number)| start(number, words)).collect();
    let all_started = commands.iter().all(Option::is_some);
    let outcome = read_all(&mut commands);

    // Also after an error: a command that has ended stays as a zombie until somebody waits for it.
    let endings = reap(commands);
    outcome?;
    for (ending, number) in endings.iter().zip(1..) {
        print(number, ending.as_bytes())?;
    }
    Ok(ExitCode::from(u8::from(!all_started)))
}

/// `None` for a command that cannot be started: standard error says why.
fn start(number: usize, words: &[OsString]) -> Option<Started> {
    let (program, arguments) = words.split_first()?;
    let spawned = Command::new(program).args(arguments).stdout(Stdio::piped()).spawn();
    let with_output = spawned.and_then(|mut child| match child.stdout.take() {
        Some(output) => {
            // Nobody shares this read end, so the flag changes nothing for others.
            let flags = OFlag::from_bits_retain(fcntl(&output, FcntlArg::F_GETFL)?);
            fcntl(&output, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
            Ok((child, output))
        }
        None => Err(io::Error::other("it has no output")),
    });
    match with_output {
        Ok((child, output)) => {
            let (output, line) = (output.into(), Vec::new());
            Some(Started { number, child, output, ended: false, line })
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "cannot start {}: {error}", program.display());
            None
        }
    }
}

/// Prints what the commands write, until all of them have closed their outputs.
fn read_all(commands: &mut [Option<Started>]) -> anyhow::Result<()> {
    loop {
        // Without those that have ended: HUP stays, and with it in the set poll never sleeps again.
        let open = commands.iter().flatten().filter(|command| !command.ended);
        let mut asked: Vec<PollFd> =
            open.map(|command| PollFd::new(command.output.as_fd(), PollFlags::POLLIN)).collect();
        if asked.is_empty() {
            return Ok(());
        }

        match poll(&mut asked, PollTimeout::NONE) {
            // A signal came. It says nothing about the pipes.
            Err(Errno::EINTR) => continue,
            answered => answered.context("wait for the commands' output")?,
        };

        let answers: Vec<_> = asked.iter().map(PollFd::revents).collect();
        let open = commands.iter_mut().flatten().filter(|command| !command.ended);
        for (command, answer) in open.zip(answers) {
            command.hear(answer.context("poll answered with flags that nix does not name")?)?;
        }
    }
}

impl Started {
    /// Reads what is there, where poll has something to say.
    fn hear(&mut self, answer: PollFlags) -> anyhow::Result<()> {
        let broken = answer.intersects(PollFlags::POLLERR | PollFlags::POLLNVAL);
        ensure!(!broken, "poll answers {answer:?} for the output of command {}", self.number);
        if answer.is_empty() {
            return Ok(());
        }
        let mut chunk = [0; CHUNK_BYTES];
        for _ in 0..READS_MAX {
            match read(&self.output, &mut chunk) {
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => break,
                Ok(0) => {
                    self.ended = true;
                    return self.finish_line();
                }
                Ok(count) => self.print_lines(&chunk[..count])?,
                Err(error) => bail!("read the output of command {}: {error}", self.number),
            }
        }
        Ok(())
    }

    /// What one read returned may be a part of a line, or many of them.
    fn print_lines(&mut self, chunk: &[u8]) -> anyhow::Result<()> {
        for piece in chunk.split_inclusive(|&byte| byte == b'\n') {
            self.line.extend_from_slice(piece.strip_suffix(b"\n").unwrap_or(piece));
            if piece.ends_with(b"\n") {
                print(self.number, &self.line)?;
                self.line.clear();
            }
        }
        Ok(())
    }

    /// The last line may have no newline.
    fn finish_line(&mut self) -> anyhow::Result<()> {
        if !self.line.is_empty() {
            print(self.number, &self.line)?;
        }
        Ok(())
    }
}

/// One line behind its label, in one write.
fn print(number: usize, line: &[u8]) -> anyhow::Result<()> {
    let mut text = format!("[{number}] ").into_bytes();
    text.extend_from_slice(line);
    text.push(b'\n');
    io::stdout().write_all(&text).context("print a line")
}

/// Waits for all commands and tells how each ended.
fn reap(commands: Vec<Option<Started>>) -> Vec<String> {
    let ending = |command: Option<Started>| {
        let Some(Started { mut child, output, .. }) = command else {
            return "was not started".to_owned();
        };
        // Where reading has failed a command may still be writing: without a read end it is ended
        // by SIGPIPE, with one it would wait for us.
        drop(output);
        match child.wait() {
            Ok(status) => in_words(status),
            Err(error) => format!("cannot be waited for: {error}"),
        }
    };
    commands.into_iter().map(ending).collect()
}

fn in_words(status: ExitStatus) -> String {
    let signal = status.signal().map(|number| (number, Signal::try_from(number)));
    match (status.code(), signal) {
        (Some(code), _) => format!("exited with {code}"),
        (None, Some((_, Ok(signal)))) => format!("was ended by {signal}"),
        (None, Some((number, Err(_)))) => format!("was ended by signal {number}"),
        (None, None) => status.to_string(),
    }
}
