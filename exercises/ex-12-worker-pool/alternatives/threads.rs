//! Right, and built with a thread for each worker, which waits for that one and nobody else.

#![allow(unsafe_code)]

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use nix::sys::signal::{SigSet, Signal, kill, killpg};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{Pid, getpid};

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

#[derive(Default)]
struct State {
    told_to_stop: bool,
    /// The groups of the workers that run.
    groups: Vec<Option<Pid>>,
    /// By what each worker was stopped.
    stopped: Vec<Option<Signal>>,
    error: Option<anyhow::Error>,
}

#[derive(Default)]
struct Pool {
    state: Mutex<State>,
    changed: Condvar,
}

/// Holds the workers at their number until told to stop.
fn hold(options: &Options) -> anyhow::Result<ExitCode> {
    let stops = SigSet::from_iter([Signal::SIGTERM, Signal::SIGINT]);
    // Before there is a second thread, so that all have it.
    stops.thread_block().context("block the signals")?;
    let pool = Pool::default();
    let count = usize::try_from(options.count)?;
    pool.state().groups.resize(count, None);
    pool.state().stopped.resize(count, None);
    thread::scope(|scope| {
        for id in 0..count {
            // One after the other, so that the log has them in their order.
            let first = pool.start(id, options);
            let pool = &pool;
            scope.spawn(move || pool.hold_one(id, options, first));
        }
        let told = stops.wait().context("wait for a signal")?;
        pool.stop(told, options.grace);
        anyhow::Ok(())
    })?;
    let mut state = pool.state();
    if let Some(error) = state.error.take() {
        return Err(error);
    }
    for (id, by) in state.stopped.iter().enumerate() {
        if let Some(by) = by {
            log(&format!("worker {id} stopped by {by}"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl Pool {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self, id: usize, options: &Options) -> Option<Child> {
        // Held while the worker is started: it is stopped with the others, or not started at all.
        let mut state = self.state();
        if state.told_to_stop {
            return None;
        }
        let mut command = Command::new(&options.program[0]);
        command.args(&options.program[1..]).env("WORKER_ID", id.to_string());
        command.stdin(Stdio::null()).process_group(0);
        // SAFETY:
        // obligation: between fork and exec only async-signal-safe calls (signal-safety(7)).
        // here: pthread_sigmask is one.
        // broken by: allocating, locking or printing in the closure.
        unsafe { command.pre_exec(|| Ok(SigSet::empty().thread_set_mask()?)) };
        match command.spawn() {
            Ok(child) => {
                state.groups[id] = i32::try_from(child.id()).ok().map(Pid::from_raw);
                self.log(&mut state, &format!("worker {id} started"));
                Some(child)
            }
            Err(error) => {
                // A message that nobody reads is no reason to end.
                let _ = writeln!(io::stderr(), "{}: {error}", options.program[0].display());
                self.log(&mut state, &format!("worker {id} not started"));
                None
            }
        }
    }

    fn hold_one(&self, id: usize, options: &Options, mut child: Option<Child>) {
        loop {
            let due = Instant::now() + options.backoff;
            if let Some(child) = child.take() {
                self.until_it_ends(id, child);
            }
            let mut state = self.state();
            while !state.told_to_stop && Instant::now() < due {
                let left = due.saturating_duration_since(Instant::now());
                let woken = self.changed.wait_timeout(state, left);
                state = woken.unwrap_or_else(PoisonError::into_inner).0;
            }
            if state.told_to_stop {
                return;
            }
            drop(state);
            child = self.start(id, options);
        }
    }

    fn until_it_ends(&self, id: usize, mut child: Child) {
        let group = self.state().groups[id];
        let Some(group) = group else { return };
        // It stays a zombie, so that its group keeps its number.
        while waitid(Id::Pid(group), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT).is_err() {}
        let mut state = self.state();
        let _ = killpg(group, Signal::SIGKILL);
        let status = child.wait();
        state.groups[id] = None;
        if state.told_to_stop {
            state.stopped[id].get_or_insert(Signal::SIGTERM);
        } else if let Ok(status) = status {
            self.log(&mut state, &format!("worker {id} ended: {}", words(status)));
        }
        drop(state);
        self.changed.notify_all();
    }

    fn stop(&self, told: Signal, grace: Duration) {
        let end = Instant::now() + grace;
        let mut state = self.state();
        self.log(&mut state, &format!("told to stop: {told}"));
        state.told_to_stop = true;
        for group in state.groups.iter().flatten() {
            let _ = killpg(*group, Signal::SIGTERM);
        }
        self.changed.notify_all();
        while state.groups.iter().any(Option::is_some) && Instant::now() < end {
            let left = end.saturating_duration_since(Instant::now());
            let woken = self.changed.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        for id in 0..state.groups.len() {
            if let Some(group) = state.groups[id] {
                let _ = killpg(group, Signal::SIGKILL);
                state.stopped[id] = Some(Signal::SIGKILL);
            }
        }
    }

    /// A log that cannot be written any more is a reason to stop.
    fn log(&self, state: &mut State, line: &str) {
        if let Err(error) = log(line) {
            state.error.get_or_insert(error);
            let _ = kill(getpid(), Signal::SIGTERM);
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
