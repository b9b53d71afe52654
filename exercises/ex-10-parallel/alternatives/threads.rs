//! Right, and built with threads: two for each command that runs, one reads and one waits.
//!
//! A thread that waits in read cannot be told that the command has ended. So the reader polls two
//! pipes: the command's output, and one that closes when the waiting thread has come back.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;

/// The exit status stands for the number of commands that failed; more than a hundred are one.
const MANY_FAILED: u8 = 101;
/// Apart from every such number.
const OWN_ERROR: u8 = 255;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let Some((at_once, commands)) = parse(&words) else {
        let _ = writeln!(io::stderr(), "usage: [-j NUMBER] COMMAND…");
        return ExitCode::from(OWN_ERROR);
    };
    run(commands, at_once).unwrap_or_else(|error| {
        let _ = writeln!(io::stderr(), "Error: {error:#}");
        ExitCode::from(OWN_ERROR)
    })
}

/// How many may run at once, and the commands; `None` where the usage is wrong.
fn parse(words: &[OsString]) -> Option<(usize, &[OsString])> {
    let (at_once, commands) = match words {
        [option, number, commands @ ..] if option == "-j" => {
            (number.to_str()?.parse().ok()?, commands)
        }
        commands => (commands.len(), commands),
    };
    let is_option = commands.first()?.as_encoded_bytes().starts_with(b"-");
    (at_once > 0 && !is_option).then_some((at_once, commands))
}

/// All that a command said, and how it failed, where it did.
type Said = (Vec<u8>, Option<String>);

/// Runs the commands, prints their outputs in order, and returns how many failed, as status.
fn run(commands: &[OsString], at_once: usize) -> anyhow::Result<ExitCode> {
    let to_start = Mutex::new(commands.iter().enumerate());
    let nobody_reads = AtomicBool::new(false);
    let (tell, told) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..at_once.min(commands.len()) {
            let (tell, to_start, nobody_reads) = (tell.clone(), &to_start, &nobody_reads);
            scope.spawn(move || {
                let take = || to_start.lock().ok().and_then(|mut left| left.next());
                while !nobody_reads.load(Ordering::Relaxed)
                    && let Some((index, command)) = take()
                {
                    // Its receiver is gone after an error, which is told already.
                    let _ = tell.send((index, run_one(command, nobody_reads)));
                }
            });
        }
        drop(tell);
        let outcome = print_in_order(commands.len(), &told);
        nobody_reads.store(outcome.is_err(), Ordering::Relaxed);
        let failed = u8::try_from(outcome?).unwrap_or(MANY_FAILED);
        Ok(ExitCode::from(failed.min(MANY_FAILED)))
    })
}

fn run_one(command: &OsString, nobody_reads: &AtomicBool) -> anyhow::Result<Said> {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = match shell.spawn() {
        Ok(child) => child,
        Err(error) => return Ok((Vec::new(), Some(format!("could not be started: {error}")))),
    };
    let pipe = child.stdout.take().context("the command's output")?;
    let (end, close_at_end) = io::pipe().context("create a pipe")?;
    thread::scope(|scope| {
        let waiting = scope.spawn(move || wait(child, close_at_end));
        let output = read(File::from(OwnedFd::from(pipe)), &end.into(), nobody_reads);
        let status = waiting.join().map_err(|_| anyhow::anyhow!("a waiting thread has died"))?;
        Ok((output?, failure(status.context("wait for a command")?)))
    })
}

fn wait(mut child: Child, close_at_end: io::PipeWriter) -> io::Result<ExitStatus> {
    let status = child.wait();
    // The reader gets end-of-file by this, and not before.
    drop(close_at_end);
    status
}

/// Reads to the end of the pipe or of the command, whichever comes first.
fn read(mut pipe: File, end: &OwnedFd, nobody_reads: &AtomicBool) -> anyhow::Result<Vec<u8>> {
    let flags = OFlag::from_bits_retain(fcntl(&pipe, FcntlArg::F_GETFL)?);
    fcntl(&pipe, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))
        .context("stop reads from waiting")?;
    let mut all = Vec::new();
    while !nobody_reads.load(Ordering::Relaxed) {
        let ask = |file| PollFd::new(file, PollFlags::POLLIN);
        let mut asked = [ask(pipe.as_fd()), ask(end.as_fd())];
        match poll(&mut asked, PollTimeout::NONE) {
            Err(Errno::EINTR) => continue,
            outcome => outcome.context("poll a pipe")?,
        };
        let has_ended = asked[1].any().unwrap_or(true);
        // No more than that can be in the pipe when the command has ended.
        let capacity = fcntl(&pipe, FcntlArg::F_GETPIPE_SZ).context("ask for the capacity")?;
        let mut some = (&mut pipe).take(u64::try_from(capacity)?);
        match some.read_to_end(&mut all) {
            // Only end-of-file ends it before the limit.
            Ok(count) if count < usize::try_from(capacity)? => break,
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                return Err(error).context("read from a pipe");
            }
            _ => {}
        }
        if has_ended {
            break;
        }
    }
    Ok(all)
}

fn print_in_order(
    count: usize,
    told: &mpsc::Receiver<(usize, anyhow::Result<Said>)>,
) -> anyhow::Result<usize> {
    let mut kept: Vec<Option<Said>> = vec![None; count];
    let (mut turn, mut failed) = (0, 0);
    for (index, said) in told {
        kept[index] = Some(said?);
        while let Some((output, failure)) = kept.get_mut(turn).and_then(Option::take) {
            turn += 1;
            let mut out = io::stdout().lock();
            out.write_all(&output).and_then(|()| out.flush()).context("print the output")?;
            if let Some(words) = failure {
                failed += 1;
                writeln!(io::stderr(), "[{turn}] {words}")?;
            }
        }
    }
    Ok(failed)
}

/// How a command failed; `None` where it did not.
fn failure(status: ExitStatus) -> Option<String> {
    match (status.code(), status.signal()) {
        (Some(0), _) => None,
        (Some(code), _) => Some(format!("exited with {code}")),
        (None, Some(number)) => {
            let name = Signal::try_from(number).map_or("a signal", Signal::as_str);
            Some(format!("was ended by {name}"))
        }
        (None, None) => Some(format!("ended, and nobody knows how ({status})")),
    }
}
