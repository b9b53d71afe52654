//! Right too: a thread for each command, which reads lines until end-of-file.

#![allow(unsafe_code)]

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdout, Command, ExitCode, ExitStatus, Stdio};
use std::thread;

use anyhow::{Context, bail};
use nix::sys::signal::Signal;

/// A command that was started.
struct Started {
    number: usize,
    child: Child,
    /// The read end of the pipe that is its standard output, until it is read.
    output: Option<ChildStdout>,
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
    match spawned {
        Ok(mut child) => {
            let output = child.stdout.take();
            Some(Started { number, child, output })
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "cannot start {}: {error}", program.display());
            None
        }
    }
}

/// Prints what the commands write, until all of them have closed their outputs.
fn read_all(commands: &mut [Option<Started>]) -> anyhow::Result<()> {
    thread::scope(|scope| {
        let readers: Vec<_> = commands
            .iter_mut()
            .flatten()
            .map(|command| scope.spawn(move || command.read_lines()))
            .collect();
        let mut outcome = Ok(());
        for reader in readers {
            let read = reader.join().unwrap_or_else(|_| bail!("a thread has panicked"));
            outcome = outcome.and(read);
        }
        outcome
    })
}

impl Started {
    /// Reads until end-of-file. The last line may have no newline.
    fn read_lines(&mut self) -> anyhow::Result<()> {
        // It closes with the end of this function, also after an error: a command that still writes
        // must not wait for a reader that has gone.
        let Some(output) = self.output.take() else { return Ok(()) };
        let mut output = BufReader::new(output);
        loop {
            let mut line = Vec::new();
            let count = output.read_until(b'\n', &mut line);
            if count.with_context(|| format!("read the output of command {}", self.number))? == 0 {
                return Ok(());
            }
            print(self.number, line.strip_suffix(b"\n").unwrap_or(&line))?;
        }
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
        let Some(Started { mut child, .. }) = command else {
            return "was not started".to_owned();
        };
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
