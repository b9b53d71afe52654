//! The reference program of ex-10: commands that run at once, and their outputs in order.
//!
//! One poll waits for all that can happen: a pipe has bytes, or a command has ended, which its
//! pidfd tells. Neither stands for the other. A command may close its output and go on, and may end
//! and leave a process behind that keeps its pipe open.

#![expect(unsafe_code, reason = "pidfd_open and FIONREAD have no safe form in std and nix")]

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};

use anyhow::Context;
use nix::errno::Errno;
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

/// Runs the commands, prints their outputs in order, and returns how many failed, as status.
fn run(commands: &[OsString], at_once: usize) -> anyhow::Result<ExitCode> {
    let mut in_order = InOrder::new(commands.len());
    let mut running = Vec::new();
    let outcome = run_all(commands, at_once, &mut running, &mut in_order);
    // Somebody is left here only after an error. A command that goes on writing ends by SIGPIPE,
    // once nobody has the read end of its pipe.
    let children: Vec<Child> = running.into_iter().map(|Running { child, .. }| child).collect();
    for mut child in children {
        let _ = child.wait();
    }
    outcome?;
    let failed = u8::try_from(in_order.failed).unwrap_or(MANY_FAILED);
    Ok(ExitCode::from(failed.min(MANY_FAILED)))
}

/// A command that was started and not yet waited for.
struct Running {
    index: usize,
    child: Child,
    /// Readable when the child has ended (pidfd_open(2)).
    end: OwnedFd,
    /// Its standard output, until end-of-file.
    pipe: Option<File>,
}

fn run_all(
    commands: &[OsString],
    at_once: usize,
    running: &mut Vec<Running>,
    in_order: &mut InOrder,
) -> anyhow::Result<()> {
    let mut to_start = commands.iter().enumerate();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        while running.len() < at_once {
            let Some((index, command)) = to_start.next() else { break };
            match start(index, command) {
                Ok(started) => running.push(started),
                Err(error) => {
                    in_order.ends(index, Some(format!("could not be started: {error}")))?;
                }
            }
        }
        if running.is_empty() {
            return Ok(());
        }
        let ready = wait_for_any(running)?;
        // From the last to the first, so that a place is still right when one behind it is gone.
        for (place, Ready { has_bytes, has_ended }) in ready.into_iter().enumerate().rev() {
            if has_bytes {
                running[place].read(&mut buffer, in_order)?;
            }
            if has_ended {
                running.swap_remove(place).finish(in_order)?;
            }
        }
    }
}

/// Nobody but the command has the write end: std's pipe is close-on-exec, and the Command's copy
/// closes with the Command.
fn start(index: usize, command: &OsString) -> io::Result<Running> {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = shell.spawn()?;
    let end = match pidfd_open(&child) {
        Ok(end) => end,
        Err(error) => {
            let _ = child.kill();
            child.wait()?;
            return Err(error);
        }
    };
    let pipe = child.stdout.take().map(|pipe| File::from(OwnedFd::from(pipe)));
    Ok(Running { index, child, end, pipe })
}

fn pidfd_open(child: &Child) -> io::Result<OwnedFd> {
    // SAFETY:
    // obligation: pidfd_open takes a process id and flags, and no pointer (pidfd_open(2)).
    // here: the id is that of a child that nobody has waited for, so it is still this child's.
    // broken by: a wait before this line, after which the number may go to another process.
    let number = unsafe { libc::syscall(libc::SYS_pidfd_open, child.id(), 0) };
    let number = RawFd::try_from(Errno::result(number)?).map_err(io::Error::other)?;
    // SAFETY:
    // obligation: the descriptor is open, and nobody else closes it.
    // here: the kernel has just made it for this call.
    // broken by: a second owner of the same number.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// What poll has said about one command.
struct Ready {
    has_bytes: bool,
    has_ended: bool,
}

/// Sleeps until there is something to do; an answer for each command, in their order.
fn wait_for_any(running: &[Running]) -> anyhow::Result<Vec<Ready>> {
    let ask = |file| PollFd::new(file, PollFlags::POLLIN);
    let mut asked = Vec::new();
    for command in running {
        asked.push(ask(command.end.as_fd()));
        // A pipe at its end would answer HUP at once, every time.
        asked.extend(command.pipe.as_ref().map(|pipe| ask(pipe.as_fd())));
    }
    while let Err(error) = poll(&mut asked, PollTimeout::NONE) {
        if error != Errno::EINTR {
            return Err(error).context("poll the pipes");
        }
    }
    let mut answers = asked.iter().map(|asked| asked.any().unwrap_or(true));
    let mut answer = || answers.next().unwrap_or(false);
    let ready = |command: &Running| {
        let has_ended = answer();
        Ready { has_ended, has_bytes: command.pipe.is_some() && answer() }
    };
    Ok(running.iter().map(ready).collect())
}

impl Running {
    /// Reads once, and as much as there is: whoever else has something is not kept waiting.
    fn read(&mut self, buffer: &mut [u8], in_order: &mut InOrder) -> anyhow::Result<()> {
        let Some(pipe) = &mut self.pipe else { return Ok(()) };
        let count = pipe.read(buffer).context("read from a pipe")?;
        if count == 0 {
            self.pipe = None;
        }
        in_order.brings(self.index, &buffer[..count])
    }

    /// All that the command wrote is in the pipe by now, and is read. Not until end-of-file: a
    /// process that it has left behind may keep the write end for as long as it likes.
    fn finish(mut self, in_order: &mut InOrder) -> anyhow::Result<()> {
        if let Some(pipe) = self.pipe.take() {
            let mut rest = Vec::new();
            let count = bytes_in(&pipe).context("ask how much is in a pipe")?;
            pipe.take(count).read_to_end(&mut rest).context("read the rest of a pipe")?;
            in_order.brings(self.index, &rest)?;
        }
        let status = self.child.wait().context("wait for a command")?;
        in_order.ends(self.index, failure(status))
    }
}

nix::ioctl_read_bad!(fionread, libc::FIONREAD, libc::c_int);

fn bytes_in(pipe: &File) -> nix::Result<u64> {
    let mut count = 0;
    // SAFETY:
    // obligation: FIONREAD writes one int to where the pointer leads (pipe(7)).
    // here: the pointer leads to an int of this function.
    // broken by: a count of another type.
    unsafe { fionread(pipe.as_raw_fd(), &raw mut count) }?;
    Ok(u64::try_from(count).unwrap_or(0))
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

/// Prints in the commands' order what comes in any order. The output of the command whose turn it
/// is goes through; the others' is kept in memory until theirs comes.
struct InOrder {
    kept: Vec<Vec<u8>>,
    /// Whether and how each has ended.
    ends: Vec<Option<Option<String>>>,
    turn: usize,
    failed: usize,
}

impl InOrder {
    fn new(count: usize) -> InOrder {
        InOrder { kept: vec![Vec::new(); count], ends: vec![None; count], turn: 0, failed: 0 }
    }

    fn brings(&mut self, index: usize, bytes: &[u8]) -> anyhow::Result<()> {
        if index == self.turn {
            return print(bytes);
        }
        self.kept[index].extend_from_slice(bytes);
        Ok(())
    }

    fn ends(&mut self, index: usize, failure: Option<String>) -> anyhow::Result<()> {
        self.ends[index] = Some(failure);
        while let Some(failure) = self.ends.get_mut(self.turn).and_then(Option::take) {
            self.turn += 1;
            if let Some(words) = failure {
                self.failed += 1;
                writeln!(io::stderr(), "[{}] {words}", self.turn)?;
            }
            if let Some(kept) = self.kept.get_mut(self.turn) {
                print(&std::mem::take(kept))?;
            }
        }
        Ok(())
    }
}

fn print(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).context("print the output")
}
