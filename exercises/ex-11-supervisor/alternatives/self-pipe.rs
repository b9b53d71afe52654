//! Right, and built with a handler that writes into a pipe instead of a signalfd; nothing is
//! blocked, so nothing has to be unblocked in a child.

#![allow(unsafe_code)]

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, IntoRawFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc::{self, c_int};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, killpg, sigaction};
use nix::unistd::{Pid, pipe2};

const USAGE: &str = "usage: [--check COMMAND] [--interval MS] [--deadline MS] [--grace MS] \
    [--restarts N] [--backoff MS] PROGRAM [ARGS…]";
/// The exit code when no restart is left.
const GAVE_UP: u8 = 3;
/// No signal tells that the last of somebody else's children has gone: look for it, so often.
const LOOK_EVERY: Duration = Duration::from_millis(10);

struct Options {
    /// For `sh -c`.
    check: Option<OsString>,
    interval: Duration,
    deadline: Duration,
    grace: Duration,
    restarts: u32,
    backoff: Duration,
    /// The program and its arguments.
    program: Vec<OsString>,
}

fn main() -> anyhow::Result<ExitCode> {
    match parse(std::env::args_os().skip(1)) {
        Ok(options) => supervise(&options),
        Err(error) => {
            writeln!(io::stderr(), "{error:#}\n{USAGE}")?;
            Ok(ExitCode::from(2))
        }
    }
}

fn parse(words: impl Iterator<Item = OsString>) -> anyhow::Result<Options> {
    let [wait, second] = [5000, 1000].map(Duration::from_millis);
    let (interval, deadline, grace, backoff) = (wait, wait, wait, second);
    let program = Vec::new();
    let mut options =
        Options { check: None, interval, deadline, grace, restarts: 3, backoff, program };
    let mut words = words.peekable();
    while let Some(name) = words.next_if(|word| word.as_encoded_bytes().starts_with(b"--")) {
        let value = words.next().with_context(|| format!("{} takes a value", name.display()))?;
        let number = || {
            let number = value.to_str().and_then(|value| value.parse::<u32>().ok());
            number.with_context(|| format!("{} takes a number", name.display()))
        };
        let millis = || number().map(|number| Duration::from_millis(number.into()));
        match name.to_str() {
            Some("--check") => options.check = Some(value),
            Some("--interval") => options.interval = millis()?,
            Some("--deadline") => options.deadline = millis()?,
            Some("--grace") => options.grace = millis()?,
            Some("--restarts") => options.restarts = number()?,
            Some("--backoff") => options.backoff = millis()?,
            _ => bail!("there is no option {}", name.display()),
        }
    }
    options.program.extend(words);
    if options.program.is_empty() {
        bail!("no program was named");
    }
    Ok(options)
}

/// Runs the program, again and again, until it is told to stop or no restart is left.
fn supervise(options: &Options) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::block()?;
    let mut restarts = 0;
    loop {
        run(options, &mut signals)?;
        // What came while the program was stopped may not have been read yet.
        signals.take()?;
        if signals.told_to_stop {
            return Ok(ExitCode::SUCCESS);
        }
        if restarts == options.restarts {
            log("gave up: no restart left")?;
            return Ok(ExitCode::from(GAVE_UP));
        }
        let pause = options.backoff.saturating_mul(2_u32.saturating_pow(restarts));
        restarts += 1;
        log(&format!("restart {restarts} of {} in {} ms", options.restarts, pause.as_millis()))?;
        let end = Instant::now() + pause;
        while Instant::now() < end {
            signals.wait(Some(end))?;
            if signals.told_to_stop {
                return Ok(ExitCode::SUCCESS);
            }
        }
    }
}

/// Runs the program once, to its end or until there is a reason to stop it.
fn run(options: &Options, signals: &mut Signals) -> anyhow::Result<()> {
    let mut command = Command::new(&options.program[0]);
    command.args(&options.program[1..]);
    let mut program = match Group::start(&mut command) {
        Ok(program) => program,
        Err(error) => {
            writeln!(io::stderr(), "start {}: {error}", options.program[0].display())?;
            return log("not started");
        }
    };
    let watched = log("started").and_then(|()| watch(&mut program, options, signals));
    // Also after an error: nobody else would stop it. And also when it has ended by itself: what it
    // has started may be there still.
    let by = program.stop(signals, options.grace)?;
    match watched? {
        Watched::Ended => Ok(()),
        Watched::MustStop => log(&format!("stopped by {by}")),
    }
}

enum Watched {
    Ended,
    MustStop,
}

/// Has the program checked until it ends, a check fails, or this process is told to stop.
fn watch(program: &mut Group, options: &Options, signals: &mut Signals) -> anyhow::Result<Watched> {
    let mut next_check = Instant::now() + options.interval;
    // Whatever ends this function drops the check, and that ends it too.
    let mut check: Option<(Group, Instant)> = None;
    loop {
        if let Some(status) = program.has_ended()? {
            log(&format!("ended: {}", words(status)))?;
            return Ok(Watched::Ended);
        }
        if signals.told_to_stop {
            return Ok(Watched::MustStop);
        }
        let now = Instant::now();
        if let Some((group, deadline)) = &mut check {
            let failed = match group.has_ended()? {
                Some(status) if status.success() => None,
                Some(status) => Some(words(status)),
                None if now >= *deadline => Some("no answer".to_owned()),
                None => {
                    signals.wait(Some(*deadline))?;
                    continue;
                }
            };
            check = None;
            if let Some(why) = failed {
                log(&format!("check failed: {why}"))?;
                return Ok(Watched::MustStop);
            }
        }
        match &options.check {
            None => signals.wait(None)?,
            Some(_) if now < next_check => signals.wait(Some(next_check))?,
            Some(line) => {
                let mut command = Command::new("sh");
                command.arg("-c").arg(line).stdout(Stdio::null()).stderr(Stdio::null());
                let group = Group::start(&mut command).context("start sh for the check")?;
                next_check = now + options.interval;
                check = Some((group, now + options.deadline));
            }
        }
    }
}

/// A command in a process group of its own, with all that it starts there. Dropping it ends them.
struct Group {
    leader: Child,
    id: Pid,
    is_gone: bool,
}

impl Group {
    fn start(command: &mut Command) -> io::Result<Group> {
        command.stdin(Stdio::null()).process_group(0);
        let leader = command.spawn()?;
        let id = i32::try_from(leader.id()).map_err(io::Error::other)?;
        Ok(Group { leader, id: Pid::from_raw(id), is_gone: false })
    }

    /// How the command itself has ended; it is reaped by that.
    fn has_ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        self.leader.try_wait().context("look whether a child has ended")
    }

    /// Whether anybody is in the group. Its number is not given to another as long as it has a
    /// member, the command's zombie included; when it had none once, it is not used any more.
    fn is_there(&mut self) -> anyhow::Result<bool> {
        self.has_ended()?;
        self.signal(None)?;
        Ok(!self.is_gone)
    }

    fn signal(&mut self, signal: Option<Signal>) -> anyhow::Result<()> {
        if !self.is_gone {
            match killpg(self.id, signal) {
                Err(Errno::ESRCH) => self.is_gone = true,
                sent => sent.with_context(|| format!("send a signal to the group {}", self.id))?,
            }
        }
        Ok(())
    }

    /// SIGTERM to all of the group, and SIGKILL to whoever is there when the grace is over. Tells
    /// which of them it took.
    fn stop(&mut self, signals: &mut Signals, grace: Duration) -> anyhow::Result<Signal> {
        let end = Instant::now() + grace;
        self.signal(Some(Signal::SIGTERM))?;
        while self.is_there()? {
            let now = Instant::now();
            if now >= end {
                self.end()?;
                return Ok(Signal::SIGKILL);
            }
            let is_alone = self.has_ended()?.is_none();
            signals.wait(Some(if is_alone { end } else { end.min(now + LOOK_EVERY) }))?;
        }
        Ok(Signal::SIGTERM)
    }

    fn end(&mut self) -> anyhow::Result<()> {
        self.signal(Some(Signal::SIGKILL))?;
        self.is_gone = true;
        self.leader.wait().context("wait for a child that was killed")?;
        Ok(())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // What cannot be signalled or waited for any more needs it no more.
        let _ = self.is_there();
        let _ = self.end();
    }
}

/// The signals that this process hears of through a pipe to itself.
struct Signals {
    pipe: File,
    told_to_stop: bool,
}

/// Where the handler writes.
static TELL: AtomicI32 = AtomicI32::new(-1);

extern "C" fn tell(number: c_int) {
    let byte = number as u8;
    let errno = Errno::last();
    // Where the pipe is full the supervisor will wake anyway.
    // SAFETY:
    // obligation: a handler may call only what is async-signal-safe, and the buffer must be valid.
    // here: write is (signal-safety(7)), and the buffer is one byte of this frame.
    // broken by: a print, a lock or an allocation in a handler.
    unsafe { libc::write(TELL.load(Ordering::Relaxed), (&raw const byte).cast(), 1) };
    errno.set();
}

impl Signals {
    fn block() -> anyhow::Result<Signals> {
        let (reader, writer) =
            pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).context("create a pipe")?;
        // The handler has it as long as the process runs.
        TELL.store(writer.into_raw_fd(), Ordering::Relaxed);
        let flags = SaFlags::SA_RESTART | SaFlags::SA_NOCLDSTOP;
        let action = SigAction::new(SigHandler::Handler(tell), flags, SigSet::empty());
        for signal in [Signal::SIGCHLD, Signal::SIGTERM, Signal::SIGINT] {
            // SAFETY:
            // obligation: a new handler must be sound to call at any moment (signal-safety(7)).
            // here: it only writes a byte and keeps errno.
            // broken by: a handler that does more.
            unsafe { sigaction(signal, &action) }.context("handle a signal")?;
        }
        Ok(Signals { pipe: File::from(reader), told_to_stop: false })
    }

    /// Sleeps until a signal comes, or it is this late.
    fn wait(&mut self, until: Option<Instant>) -> anyhow::Result<()> {
        let timeout = until.map_or(PollTimeout::NONE, |until| {
            let left = until.saturating_duration_since(Instant::now()).as_millis() + 1;
            i32::try_from(left)
                .ok()
                .and_then(|left| left.try_into().ok())
                .unwrap_or(PollTimeout::MAX)
        });
        match poll(&mut [PollFd::new(self.pipe.as_fd(), PollFlags::POLLIN)], timeout) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error).context("wait for a signal"),
        }
        self.take()
    }

    fn take(&mut self) -> anyhow::Result<()> {
        let mut numbers = [0; 64];
        loop {
            let count = match self.pipe.read(&mut numbers) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                count => count.context("read the pipe to this process")?,
            };
            for &number in &numbers[..count] {
                let signal = Signal::try_from(i32::from(number)).context("know a signal")?;
                if signal != Signal::SIGCHLD && !self.told_to_stop {
                    self.told_to_stop = true;
                    log(&format!("told to stop: {signal}"))?;
                }
            }
        }
    }
}

fn words(status: ExitStatus) -> String {
    match status.signal() {
        Some(number) => {
            Signal::try_from(number).map_or_else(|_| format!("signal {number}"), |s| s.to_string())
        }
        None => format!("exit {}", status.code().unwrap_or_default()),
    }
}

fn log(line: &str) -> anyhow::Result<()> {
    writeln!(io::stdout(), "{line}").context("write the log")
}
