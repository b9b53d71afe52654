//! From start to report: one loop that waits for everything at once.

use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use anyhow::Context;
use nix::errno::Errno;
use nix::poll::{PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::limits::{Limit, Limits};
use crate::relay::{self, Relay};
use crate::report::{Ended, Report};
use crate::signals::{Signals, Stop};
use crate::start::{Mode, Spec, close_the_rest_on_exec, start};
use crate::tree;

/// Between two looks at what the tree uses.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How long processes may take to vanish after SIGKILL before they are reported as left behind.
const KILL_PATIENCE: Duration = Duration::from_secs(10);
/// How long a reader may take for the bytes that are still on their way when the tree has ended.
const FLUSH_PATIENCE: Duration = Duration::from_secs(10);
/// So many Ctrl-C within [`INSIST_WITHIN`] end an attached program that survives one.
const INSIST_COUNT: usize = 3;
const INSIST_WITHIN: Duration = Duration::from_secs(2);

/// Starts a program, watches over its limits, ends whatever is left of its tree, and reports.
///
/// The calling process becomes a subreaper and reaps *every* child it has: call it only in a
/// process with one thread that has no other children.
///
/// # Errors
/// When the launcher itself fails. Whatever had been started is ended first.
pub fn supervise(spec: &Spec) -> anyhow::Result<Report> {
    let signals = Signals::block()?;
    nix::sys::prctl::set_child_subreaper(true).context("become the subreaper")?;
    close_the_rest_on_exec()?;

    let started = Instant::now();
    let (program, pipes) = match start(spec, signals.before()) {
        Ok(started) => started,
        Err(error) => return Ok(not_started(&error)),
    };
    let relays = match pipes {
        Some(pipes) => vec![
            Relay::output(pipes.stdout, io::stdout())?,
            Relay::output(pipes.stderr, io::stderr())?,
            Relay::input(pipes.stdin)?,
        ],
        None => Vec::new(),
    };
    let mut run = Run {
        spec,
        signals,
        program,
        relays,
        started,
        next_look: spec
            .limits
            .needs_looks(spec.mode == Mode::Attached)
            .then_some(started + LOOK_EVERY),
        interrupts: Vec::new(),
        reaped: Reaped::default(),
    };
    let ended = run.until_it_ends();
    let wall = started.elapsed();
    let unreaped = run.count_unreaped(&ended);
    let left_behind = run.end_the_tree(&ended);
    let ended = ended?;
    run.flush()?;
    run.report(ended, wall, unreaped, left_behind)
}

fn not_started(error: &anyhow::Error) -> Report {
    Report {
        ended: Ended::NotStarted { error: format!("{error:#}") },
        wall_ms: 0,
        cpu_ms: 0,
        peak_memory_kib: 0,
        stdout_bytes: 0,
        stderr_bytes: 0,
        unreaped: None,
        left_behind: 0,
    }
}

/// A program that is running, and everything the launcher knows of it.
struct Run<'a> {
    spec: &'a Spec,
    signals: Signals,
    program: Pid,
    /// Standard output, standard error, standard input; empty when attached.
    relays: Vec<Relay>,
    started: Instant,
    next_look: Option<Instant>,
    interrupts: Vec<Instant>,
    reaped: Reaped,
}

/// What `wait4` has told so far.
#[derive(Default)]
struct Reaped {
    /// The program's own end.
    program: Option<Ended>,
    /// Processes other than the program that came to the launcher to be reaped.
    others: usize,
    cpu: Duration,
    peak_memory_kib: u64,
    /// No child is left.
    all: bool,
}

impl Run<'_> {
    /// Returns when the program itself has ended, or has to be ended.
    fn until_it_ends(&mut self) -> anyhow::Result<Ended> {
        loop {
            self.reap()?;
            if let Some(ended) = self.reaped.program.clone() {
                return Ok(ended);
            }
            if let Some(limit) = self.limit_passed() {
                return Ok(Ended::Limit { limit });
            }
            for stop in self.signals.take() {
                if self.must_stop(stop) {
                    let signal = stop.signal.as_str().to_owned();
                    return Ok(Ended::Interrupted { signal, number: stop.signal as i32 });
                }
            }
            self.wait(self.until_next())?;
            self.pass_on()?;
        }
    }

    /// Sleeps until a byte can move, a signal has come, or `at_most` is over.
    fn wait(&mut self, at_most: Option<Duration>) -> anyhow::Result<()> {
        let timeout = at_most.map_or(PollTimeout::NONE, |time| {
            // Rounded up: a poll that wakes a little too early would spin.
            let millis = time.as_micros().div_ceil(1000);
            PollTimeout::try_from(i32::try_from(millis).unwrap_or(i32::MAX))
                .unwrap_or(PollTimeout::MAX)
        });
        let mut watched = relay::watched(&self.relays, self.signals.as_fd());
        match poll(&mut watched, timeout) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(error) => Err(error).context("wait for the program"),
        }
    }

    /// Until the deadline or the next look, whichever comes first.
    fn until_next(&self) -> Option<Duration> {
        let deadline = self.spec.limits.wall.map(|wall| self.started + wall);
        let next = [deadline, self.next_look].into_iter().flatten().min()?;
        Some(next.saturating_duration_since(Instant::now()))
    }

    /// Tells whether any byte moved.
    fn pass_on(&mut self) -> anyhow::Result<bool> {
        let mut moved = false;
        for index in 0..self.relays.len() {
            let room = self.room_bytes();
            moved |= self.relays[index].turn(room)?;
        }
        Ok(moved)
    }

    /// Bytes written on standard output and standard error so far.
    fn output_bytes(&self) -> u64 {
        self.relays.iter().take(2).map(|relay| relay.total_bytes).sum()
    }

    fn room_bytes(&self) -> u64 {
        let cap = self.spec.limits.output_bytes.unwrap_or(u64::MAX);
        cap.saturating_sub(self.output_bytes())
    }

    fn limit_passed(&mut self) -> Option<Limit> {
        let limits = &self.spec.limits;
        if limits.wall.is_some_and(|wall| self.started.elapsed() >= wall) {
            return Some(Limit::Wall);
        }
        if limits.output_bytes.is_some_and(|cap| self.output_bytes() > cap) {
            return Some(Limit::Output);
        }
        let now = Instant::now();
        if self.next_look.is_none_or(|look| now < look) {
            return None;
        }
        self.next_look = Some(now + LOOK_EVERY);
        let attached_cap =
            limits.output_bytes.filter(|_| self.spec.mode == Mode::Attached).unwrap_or(u64::MAX);
        let processes = tree::descendants().ok()?;
        let used = tree::used_by(&processes, attached_cap != u64::MAX);
        let passed = |limit: Option<u64>, used: u64| limit.is_some_and(|limit| used > limit);
        if limits.processes.is_some_and(|count| used.alive > count) {
            Some(Limit::Processes)
        } else if passed(limits.memory_bytes, used.resident_bytes) {
            Some(Limit::Memory)
        } else if limits.cpu.is_some_and(|cpu| used.cpu + self.reaped.cpu > cpu) {
            Some(Limit::Cpu)
        } else if used.written_bytes > attached_cap {
            Some(Limit::Output)
        } else {
            None
        }
    }

    /// Whether this signal ends the run. A Ctrl-C at an attached program's terminal has reached the
    /// program already: what it does with it is its own affair, as for any program, unless it only
    /// ignores it, or the user insists.
    fn must_stop(&mut self, stop: Stop) -> bool {
        let is_key = matches!(stop.signal, Signal::SIGINT | Signal::SIGQUIT);
        if self.spec.mode == Mode::Captured || !stop.from_terminal || !is_key {
            return true;
        }
        let now = Instant::now();
        self.interrupts.retain(|&at| now.duration_since(at) < INSIST_WITHIN);
        self.interrupts.push(now);
        self.interrupts.len() >= INSIST_COUNT || tree::ignores(self.program, stop.signal)
    }

    /// Takes every child that has ended.
    fn reap(&mut self) -> anyhow::Result<()> {
        loop {
            let mut status = 0;
            let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
            // SAFETY:
            // obligation: the pointers are valid for an int and an rusage (wait4(2)).
            // here: both point to locals that live until the call returns.
            // broken by: passing a pointer to something smaller.
            let pid =
                unsafe { libc::wait4(-1, &raw mut status, libc::WNOHANG, usage.as_mut_ptr()) };
            match pid {
                0 => return Ok(()),
                -1 if Errno::last() == Errno::ECHILD => {
                    self.reaped.all = true;
                    return Ok(());
                }
                -1 if Errno::last() == Errno::EINTR => continue,
                -1 => return Err(Errno::last()).context("reap the program's processes"),
                _ => {}
            }
            // SAFETY:
            // obligation: the value is initialised.
            // here: it began as zeroes, which are a valid rusage, and wait4 has filled it in.
            // broken by: `uninit` instead of `zeroed`.
            let usage = unsafe { usage.assume_init() };
            self.reaped.note(Pid::from_raw(pid) == self.program, status, &usage);
        }
    }

    /// Those that came to the launcher, and those that are still below it.
    fn count_unreaped(&self, ended: &anyhow::Result<Ended>) -> Option<usize> {
        match ended {
            Ok(Ended::Exited { .. } | Ended::Signaled { .. }) => {
                Some(self.reaped.others + tree::descendants().ok()?.len())
            }
            _ => None,
        }
    }

    /// Ends and reaps every process; returns how many would not go.
    fn end_the_tree(&mut self, ended: &anyhow::Result<Ended>) -> usize {
        let gently = matches!(ended, Ok(Ended::Interrupted { .. } | Ended::Limit { .. }))
            // Processes that multiply are given no time to.
            && !matches!(ended, Ok(Ended::Limit { limit: Limit::Processes }));
        if gently {
            tree::signal_all(Signal::SIGTERM, Some(self.program));
            // A stopped process would not see the SIGTERM.
            tree::signal_all(Signal::SIGCONT, Some(self.program));
            let grace = self.spec.limits.grace.unwrap_or(Limits::GRACE);
            self.reap_until(Instant::now() + grace, None);
        }
        self.reap_until(Instant::now() + KILL_PATIENCE, Some(Signal::SIGKILL));
        if self.reaped.all { 0 } else { tree::descendants().map_or(1, |left| left.len()) }
    }

    /// Reaps until no child is left or time is up; sends `signal` anew in every round, since a
    /// process can be born between a look and the signal.
    fn reap_until(&mut self, end: Instant, signal: Option<Signal>) {
        loop {
            // Errors of the relays no longer matter: the tree is about to go.
            let _ = self.pass_on();
            if self.reap().is_err() || self.reaped.all || Instant::now() >= end {
                return;
            }
            if let Some(signal) = signal {
                let program = self.reaped.program.is_none().then_some(self.program);
                tree::signal_all(signal, program);
            }
            let _ = self.wait(Some(Duration::from_millis(5)));
            self.signals.take();
        }
    }

    /// Passes on what was on its way when the last process ended. The program's pipes cannot get
    /// more: at worst somebody outside the tree still holds an end, and is not waited for.
    fn flush(&mut self) -> anyhow::Result<()> {
        let end = Instant::now() + FLUSH_PATIENCE;
        self.relays.truncate(2);
        while self.relays.iter().any(|relay| !relay.is_done()) && Instant::now() < end {
            match self.pass_on() {
                Ok(true) => {}
                Ok(false) if self.relays.iter().all(Relay::has_nothing_pending) => return Ok(()),
                Ok(false) => self.wait(Some(Duration::from_millis(50)))?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn report(
        self,
        ended: Ended,
        wall: Duration,
        unreaped: Option<usize>,
        left_behind: usize,
    ) -> anyhow::Result<Report> {
        let limits = &self.spec.limits;
        let ran = matches!(ended, Ended::Exited { .. } | Ended::Signaled { .. });
        let peak_bytes = self.reaped.peak_memory_kib * 1024;
        // What a program used between the last look and its end counts as well.
        let ended = if ran && limits.memory_bytes.is_some_and(|limit| peak_bytes > limit) {
            Ended::Limit { limit: Limit::Memory }
        } else if ran && limits.cpu.is_some_and(|limit| self.reaped.cpu > limit) {
            Ended::Limit { limit: Limit::Cpu }
        } else if ran && limits.output_bytes.is_some_and(|cap| self.output_bytes() > cap) {
            Ended::Limit { limit: Limit::Output }
        } else {
            ended
        };
        let millis = |time: Duration| u64::try_from(time.as_millis()).context("a time in range");
        Ok(Report {
            ended,
            wall_ms: millis(wall)?,
            cpu_ms: millis(self.reaped.cpu)?,
            peak_memory_kib: self.reaped.peak_memory_kib,
            stdout_bytes: self.relays.first().map_or(0, |relay| relay.total_bytes),
            stderr_bytes: self.relays.get(1).map_or(0, |relay| relay.total_bytes),
            unreaped,
            left_behind,
        })
    }
}

impl Reaped {
    fn note(&mut self, is_program: bool, status: i32, usage: &libc::rusage) {
        let time = |time: libc::timeval| {
            Duration::from_secs(time.tv_sec.unsigned_abs())
                + Duration::from_micros(time.tv_usec.unsigned_abs())
        };
        // wait4's usage holds the process and the children it waited for itself, so the sum over
        // what the launcher reaps is the whole tree.
        self.cpu += time(usage.ru_utime) + time(usage.ru_stime);
        self.peak_memory_kib = self.peak_memory_kib.max(usage.ru_maxrss.unsigned_abs());
        if !is_program {
            self.others += 1;
        } else if libc::WIFSIGNALED(status) {
            let number = libc::WTERMSIG(status);
            let signal = Signal::try_from(number)
                .map_or_else(|_| format!("signal {number}"), |signal| signal.as_str().to_owned());
            self.program = Some(Ended::Signaled { signal, number });
        } else {
            // wait's status has eight bits for the code, so this cannot truncate.
            let code = u8::try_from(libc::WEXITSTATUS(status)).unwrap_or(u8::MAX);
            self.program = Some(Ended::Exited { code });
        }
    }
}
