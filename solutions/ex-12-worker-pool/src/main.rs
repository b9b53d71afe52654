//! The reference program of ex-12: holds a number of workers at that number.
//!
//! One poll waits for everything: a pidfd for each worker, which is readable when that worker has
//! ended and knows of no other child, and a signalfd for being told to stop. It has a timeout only
//! while a worker waits for its next start, or the pool for the end of the grace.

#![expect(unsafe_code, reason = "pidfd_open and a child's signal mask have no safe form")]

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::fd::{AsFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal, killpg};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::Pid;

const USAGE: &str = "usage: [--backoff MS] [--grace MS] N PROGRAM [ARGS…]";

struct Options {
    backoff: Duration,
    grace: Duration,
    count: u32,
    /// The program and its arguments.
    program: Vec<OsString>,
}

fn main() -> anyhow::Result<ExitCode> {
    match parse(std::env::args_os().skip(1)) {
        Ok(options) => hold(&options),
        Err(error) => {
            writeln!(io::stderr(), "{error:#}\n{USAGE}")?;
            Ok(ExitCode::from(2))
        }
    }
}

fn parse(words: impl Iterator<Item = OsString>) -> anyhow::Result<Options> {
    let [backoff, grace] = [1000, 5000].map(Duration::from_millis);
    let mut options = Options { backoff, grace, count: 0, program: Vec::new() };
    let number = |name: &str, value: Option<OsString>| {
        let number = value.and_then(|value| value.to_str()?.parse::<u32>().ok());
        number.with_context(|| format!("{name} takes a number"))
    };
    let mut words = words.peekable();
    while let Some(name) = words.next_if(|word| word.as_encoded_bytes().starts_with(b"--")) {
        let time = match name.to_str() {
            Some("--backoff") => &mut options.backoff,
            Some("--grace") => &mut options.grace,
            _ => bail!("there is no option {}", name.display()),
        };
        let millis = number(&name.to_string_lossy(), words.next())?;
        *time = Duration::from_millis(millis.into());
    }
    options.count = number("the first word: it", words.next())?;
    options.program.extend(words);
    if options.count == 0 || options.program.is_empty() {
        bail!("no worker was asked for");
    }
    Ok(options)
}

/// Holds the workers at their number until told to stop.
fn hold(options: &Options) -> anyhow::Result<ExitCode> {
    let mut pool = Pool::new(options.count)?;
    // Also after an error: nobody else would stop the workers.
    let held = pool.hold(options);
    let stopped = pool.stop(options.grace);
    held?;
    for (id, by) in stopped? {
        log(&format!("worker {id} stopped by {by}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

struct Pool {
    /// Their places are their IDs.
    workers: Vec<Worker>,
    signals: SignalFd,
    told_to_stop: bool,
}

impl Pool {
    fn new(count: u32) -> anyhow::Result<Pool> {
        let stops = SigSet::from_iter([Signal::SIGTERM, Signal::SIGINT]);
        stops.thread_block().context("block the signals")?;
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let signals = SignalFd::with_flags(&stops, flags).context("make a signalfd")?;
        let due = Instant::now();
        let workers = (0..count).map(|_| Worker { running: None, due }).collect();
        Ok(Pool { workers, signals, told_to_stop: false })
    }

    fn hold(&mut self, options: &Options) -> anyhow::Result<()> {
        while !self.told_to_stop {
            let now = Instant::now();
            for (id, worker) in self.workers.iter_mut().enumerate() {
                if worker.running.is_none() && worker.due <= now {
                    worker.start(id, options)?;
                }
            }
            let resting = self.workers.iter().filter(|worker| worker.running.is_none());
            let until = resting.map(|worker| worker.due).min();
            for (id, status) in self.wait(until)? {
                log(&format!("worker {id} ended: {}", words(status)))?;
            }
        }
        Ok(())
    }

    /// SIGTERM to all workers, and SIGKILL to those that are there when the grace is over. Tells
    /// which of them each took.
    fn stop(&mut self, grace: Duration) -> anyhow::Result<Vec<(usize, Signal)>> {
        let end = Instant::now() + grace;
        let mut stopped = Vec::new();
        for running in self.workers.iter().filter_map(|worker| worker.running.as_ref()) {
            running.signal(Signal::SIGTERM)?;
        }
        while self.workers.iter().any(|worker| worker.running.is_some()) && Instant::now() < end {
            let ended = self.wait(Some(end))?;
            stopped.extend(ended.into_iter().map(|(id, _)| (id, Signal::SIGTERM)));
        }
        for (id, worker) in self.workers.iter_mut().enumerate() {
            if let Some(running) = worker.running.take() {
                running.end()?;
                stopped.push((id, Signal::SIGKILL));
            }
        }
        stopped.sort_unstable_by_key(|&(id, _)| id);
        Ok(stopped)
    }

    /// Sleeps until a worker ends, a signal comes, or it is this late. Returns the workers that
    /// have ended.
    fn wait(&mut self, until: Option<Instant>) -> anyhow::Result<Vec<(usize, ExitStatus)>> {
        let timeout = until.map_or(PollTimeout::NONE, |until| {
            // Rounded up: who wakes a little too early would have to ask again.
            let left = until.saturating_duration_since(Instant::now()).as_millis() + 1;
            let left = i32::try_from(left).ok().and_then(|left| left.try_into().ok());
            left.unwrap_or(PollTimeout::MAX)
        });
        let running = self.workers.iter().filter_map(|worker| worker.running.as_ref());
        let watched = running.map(|running| running.pidfd.as_fd()).chain([self.signals.as_fd()]);
        let mut watched: Vec<PollFd<'_>> =
            watched.map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
        match poll(&mut watched, timeout) {
            Ok(_) => {}
            Err(Errno::EINTR) => return Ok(Vec::new()),
            Err(error) => return Err(error).context("wait for the workers"),
        }
        let is_ready: Vec<bool> = watched.iter().map(|fd| fd.any().unwrap_or(true)).collect();
        let mut is_ready = is_ready.into_iter();
        let mut ended = Vec::new();
        for (id, worker) in self.workers.iter_mut().enumerate() {
            let has_ended = worker.running.is_some() && is_ready.next() == Some(true);
            if let Some(running) = worker.running.take_if(|_| has_ended) {
                ended.push((id, running.end()?));
            }
        }
        self.read_signals()?;
        Ok(ended)
    }

    fn read_signals(&mut self) -> anyhow::Result<()> {
        while let Some(signal) = self.signals.read_signal().context("read a signal")? {
            let number = i32::try_from(signal.ssi_signo).context("know a signal")?;
            let stop = Signal::try_from(number).context("know a signal")?;
            if !std::mem::replace(&mut self.told_to_stop, true) {
                log(&format!("told to stop: {stop}"))?;
            }
        }
        Ok(())
    }
}

impl Drop for Pool {
    /// Nobody is left when stopping has failed too.
    fn drop(&mut self) {
        for running in self.workers.iter_mut().filter_map(|worker| worker.running.take()) {
            let _ = running.end();
        }
    }
}

struct Worker {
    running: Option<Running>,
    /// Not before then it is started again.
    due: Instant,
}

impl Worker {
    fn start(&mut self, id: usize, options: &Options) -> anyhow::Result<()> {
        self.due = Instant::now() + options.backoff;
        let mut command = Command::new(&options.program[0]);
        // The environment is the pool's own, and one more.
        command.args(&options.program[1..]).env("WORKER_ID", id.to_string());
        match Running::start(&mut command) {
            Ok(running) => self.running = Some(running),
            Err(error) => {
                writeln!(io::stderr(), "start {}: {error}", options.program[0].display())?;
                return log(&format!("worker {id} not started"));
            }
        }
        log(&format!("worker {id} started"))
    }
}

/// A process in a group of its own, with all that it starts there.
struct Running {
    child: Child,
    pidfd: OwnedFd,
}

impl Running {
    fn start(command: &mut Command) -> io::Result<Running> {
        command.stdin(Stdio::null()).process_group(0);
        // SAFETY:
        // obligation: between fork and exec only async-signal-safe calls (signal-safety(7)).
        // here: pthread_sigmask is one. The mask survives exec, and a worker in which SIGTERM is
        //   blocked could be stopped by SIGKILL only.
        // broken by: allocating, locking or printing in the closure.
        unsafe { command.pre_exec(|| Ok(SigSet::empty().thread_set_mask()?)) };
        let mut child = command.spawn()?;
        // It is still our child, so its number is not another's.
        match pidfd_open(child.id()) {
            Ok(pidfd) => Ok(Running { child, pidfd }),
            Err(error) => {
                child.kill()?;
                child.wait()?;
                Err(error)
            }
        }
    }

    /// The group has its number as long as the worker was not waited for.
    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let id = i32::try_from(self.child.id()).context("a process number")?;
        killpg(Pid::from_raw(id), signal).with_context(|| format!("send {signal} to a worker"))
    }

    /// Ends what is left of the group, and waits for the worker.
    fn end(mut self) -> anyhow::Result<ExitStatus> {
        self.signal(Signal::SIGKILL)?;
        self.child.wait().context("wait for a worker")
    }
}

fn pidfd_open(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY:
    // obligation: the arguments are those that the call takes, a process number and flags
    //   (pidfd_open(2)); no memory is touched.
    // here: they are.
    // broken by: another system call's number.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0_u32) };
    let fd = RawFd::try_from(fd).map_err(io::Error::other)?;
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY:
    // obligation: the descriptor is open and nobody else closes it (OwnedFd).
    // here: the kernel has just made it, close-on-exec, and nobody else knows its number.
    // broken by: a second owner of the same number.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
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
