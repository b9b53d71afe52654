//! Right, and built with SIGCHLD in place of pidfds: its handler writes a byte into a pipe, which
//! poll asks about as about any other. And all is printed after all commands have ended.

#![allow(unsafe_code)]

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, IntoRawFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::atomic::{AtomicI32, Ordering};

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::pipe2;

/// The exit status stands for the number of commands that failed; more than a hundred are one.
const MANY_FAILED: u8 = 101;
/// Apart from every such number.
const OWN_ERROR: u8 = 255;

/// Where the handler writes; open until the program ends.
static WAKE: AtomicI32 = AtomicI32::new(-1);

extern "C" fn child_has_ended(_: libc::c_int) {
    let errno = Errno::last_raw();
    // SAFETY:
    // obligation: the pointer leads to as many bytes as the count says, and only
    //   async-signal-safe functions are called (signal-safety(7)).
    // here: one byte of our own, and write is one; a full pipe wakes poll as well.
    // broken by: a print or an allocation in this function.
    unsafe { libc::write(WAKE.load(Ordering::Relaxed), b"!".as_ptr().cast(), 1) };
    Errno::set_raw(errno);
}

/// Sets the handler, and returns the end of the pipe that poll asks about.
fn wake_by_sigchld() -> anyhow::Result<File> {
    let (reader, writer) =
        pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).context("create the pipe to wake poll")?;
    WAKE.store(writer.into_raw_fd(), Ordering::Relaxed);
    let flags = SaFlags::SA_RESTART | SaFlags::SA_NOCLDSTOP;
    let action = SigAction::new(SigHandler::Handler(child_has_ended), flags, SigSet::empty());
    // SAFETY:
    // obligation: a handler may make only async-signal-safe calls (sigaction(2)).
    // here: it calls write, and keeps errno.
    // broken by: a handler that does more.
    unsafe { sigaction(Signal::SIGCHLD, &action) }.context("set the handler")?;
    Ok(File::from(reader))
}

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
    let failed = u8::try_from(in_order.print()?).unwrap_or(MANY_FAILED);
    Ok(ExitCode::from(failed.min(MANY_FAILED)))
}

/// A command that was started and not yet waited for.
struct Running {
    index: usize,
    child: Child,
    /// Its standard output, until end-of-file.
    pipe: Option<File>,
}

fn run_all(
    commands: &[OsString],
    at_once: usize,
    running: &mut Vec<Running>,
    in_order: &mut InOrder,
) -> anyhow::Result<()> {
    let mut wake = wake_by_sigchld()?;
    let mut to_start = commands.iter().enumerate();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        while running.len() < at_once {
            let Some((index, command)) = to_start.next() else { break };
            match start(index, command) {
                Ok(started) => running.push(started),
                Err(error) => {
                    in_order.failures[index] = Some(format!("could not be started: {error}"));
                }
            }
        }
        if running.is_empty() {
            return Ok(());
        }
        let ready = wait_for_any(running, &mut wake)?;
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
    let pipe = child.stdout.take().map(|pipe| File::from(OwnedFd::from(pipe)));
    Ok(Running { index, child, pipe })
}

/// What poll has said about one command.
struct Ready {
    has_bytes: bool,
    has_ended: bool,
}

/// Sleeps until there is something to do; an answer for each command, in their order.
fn wait_for_any(running: &mut [Running], wake: &mut File) -> anyhow::Result<Vec<Ready>> {
    let ask = |file| PollFd::new(file, PollFlags::POLLIN);
    let mut asked = vec![ask(wake.as_fd())];
    for command in running.iter() {
        // A pipe at its end would answer HUP at once, every time.
        asked.extend(command.pipe.as_ref().map(|pipe| ask(pipe.as_fd())));
    }
    while let Err(error) = poll(&mut asked, PollTimeout::NONE) {
        if error != Errno::EINTR {
            return Err(error).context("poll the pipes");
        }
    }
    let mut answers = asked.iter().map(|asked| asked.any().unwrap_or(true));
    let somebody_has_ended = answers.next().unwrap_or(false);
    let has_bytes: Vec<bool> = running
        .iter()
        .map(|command| command.pipe.is_some() && answers.next().unwrap_or(false))
        .collect();
    if somebody_has_ended {
        // One byte may stand for several children. Emptied before the children are asked: whoever
        // ends after being asked writes another.
        match wake.read(&mut [0; 64]) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error.into()),
            _ => {}
        }
    }
    let ready = running.iter_mut().zip(has_bytes).map(|(command, has_bytes)| {
        let has_ended = somebody_has_ended && command.child.try_wait()?.is_some();
        Ok(Ready { has_bytes, has_ended })
    });
    ready.collect()
}

impl Running {
    /// Reads once, and as much as there is: whoever else has something is not kept waiting.
    fn read(&mut self, buffer: &mut [u8], in_order: &mut InOrder) -> anyhow::Result<()> {
        let Some(pipe) = &mut self.pipe else { return Ok(()) };
        let count = pipe.read(buffer).context("read from a pipe")?;
        if count == 0 {
            self.pipe = None;
        }
        in_order.brings(self.index, &buffer[..count]);
        Ok(())
    }

    /// All that the command wrote is in the pipe by now, and is read. Not until end-of-file: a
    /// process that it has left behind may keep the write end for as long as it likes.
    fn finish(mut self, in_order: &mut InOrder) -> anyhow::Result<()> {
        if let Some(pipe) = self.pipe.take() {
            let mut rest = Vec::new();
            let count = bytes_in(&pipe).context("ask how much is in a pipe")?;
            pipe.take(count).read_to_end(&mut rest).context("read the rest of a pipe")?;
            in_order.brings(self.index, &rest);
        }
        let status = self.child.wait().context("wait for a command")?;
        in_order.failures[self.index] = failure(status);
        Ok(())
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

/// What the commands have said and how they have ended, until all of them have.
struct InOrder {
    kept: Vec<Vec<u8>>,
    failures: Vec<Option<String>>,
}

impl InOrder {
    fn new(count: usize) -> InOrder {
        InOrder { kept: vec![Vec::new(); count], failures: vec![None; count] }
    }

    fn brings(&mut self, index: usize, bytes: &[u8]) {
        self.kept[index].extend_from_slice(bytes);
    }

    /// Prints all, and returns how many have failed.
    fn print(self) -> anyhow::Result<usize> {
        let mut failed = 0;
        let mut out = io::stdout().lock();
        for (index, (kept, failure)) in self.kept.into_iter().zip(self.failures).enumerate() {
            out.write_all(&kept).and_then(|()| out.flush()).context("print the output")?;
            if let Some(words) = failure {
                failed += 1;
                writeln!(io::stderr(), "[{}] {words}", index + 1)?;
            }
        }
        Ok(failed)
    }
}
