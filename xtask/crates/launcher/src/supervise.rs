//! From start to report: one loop that waits for everything at once.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use nix::errno::Errno;
use nix::poll::{PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::limits::{Limit, Limits};
use crate::outside;
use crate::quiet::{self, Explained, Quiet};
use crate::reap::Reaped;
use crate::relay::{self, Own, Relay};
use crate::report::{Ended, Report};
use crate::signals::{self, Signals, Stop};
use crate::start::{Mode, Pipes, Spec, close_the_rest_on_exec, hide, start};
use crate::tree;
use crate::watch::Watch;

/// How long processes may take to vanish after SIGKILL before they are reported as left behind.
const KILL_PATIENCE: Duration = Duration::from_secs(10);
/// How long a reader may take no byte of what is still on its way when the tree has ended.
const FLUSH_PATIENCE: Duration = Duration::from_secs(10);
/// The same where the launcher ended the tree, so that the output is cut short anyway.
const FLUSH_PATIENCE_ENDED: Duration = Duration::from_secs(1);
/// So many Ctrl-C within [`INSIST_WITHIN`] end an attached program that survives one.
const INSIST_COUNT: usize = 3;
const INSIST_WITHIN: Duration = Duration::from_secs(2);

/// Starts a program, watches over its limits, ends whatever is left of its tree, and reports, also
/// to `spec.report`.
///
/// The calling process becomes a subreaper and reaps *every* child it has: call it only in a
/// process with one thread that has no other children.
///
/// # Errors
/// When the launcher itself fails. Whatever had been started is ended first.
pub fn supervise(spec: &Spec) -> anyhow::Result<Report> {
    let attached = spec.mode == Mode::Attached;
    tree::check_proc()?;
    let signals = Signals::block(attached, spec.inside.is_some())?;
    nix::sys::prctl::set_child_subreaper(true).context("become the subreaper")?;
    close_the_rest_on_exec()?;

    let own = Own::open(attached)?;
    if spec.inside.is_some() && !spec.traceable {
        hide()?;
    }

    let looks = spec.limits.quiet.is_some() || spec.limits.deadlock;
    let watch = Watch::new(&spec.limits, attached);
    let started = Instant::now();
    let report = match start(spec, &signals) {
        Ok((program, pipes)) => {
            let run = Run {
                spec,
                signals: &signals,
                program,
                relays: Vec::new(),
                started,
                watch,
                quiet: looks.then(|| Quiet::new(spec.limits.quiet, program)),
                explained: Explained::default(),
                interrupts: Vec::new(),
                reaped: Reaped::default(),
            };
            run.complete(own, pipes)?
        }
        Err(error) => Report::not_started(&error),
    };
    if let Some(path) = &spec.report {
        // The signals are still blocked: who is told to stop now writes the report first.
        report.write(path)?;
    }
    if let Some(number) = spec.inside {
        report.write_to(number)?;
    }
    Ok(report)
}

/// A program that is running, and everything the launcher knows of it.
struct Run<'a> {
    spec: &'a Spec,
    signals: &'a Signals,
    program: Pid,
    /// Standard output, standard error, standard input; empty when attached.
    relays: Vec<Relay>,
    started: Instant,
    watch: Watch,
    quiet: Option<Quiet>,
    explained: Explained,
    interrupts: Vec<Instant>,
    reaped: Reaped,
}

impl Run<'_> {
    fn complete(mut self, own: Option<Own>, pipes: Option<Pipes>) -> anyhow::Result<Report> {
        let ended = self.connect(own, pipes).and_then(|()| self.until_it_ends());
        let wall = self.started.elapsed();
        if matches!(ended, Ok(Ended::Limit { limit: Limit::Wall })) {
            let outside = outside::of(self.spec, &self.relays);
            self.explained = quiet::at_the_deadline(self.program, &outside, wall);
        }
        let unreaped = self.count_unreaped(&ended);
        let left_behind = self.end_the_tree(&ended);
        let ended = ended?;
        if ended.was_its_own() {
            self.flush(FLUSH_PATIENCE)?;
        } else if let Err(error) = self.flush(FLUSH_PATIENCE_ENDED) {
            // The output is incomplete in any case; how it ended matters more.
            drop(error);
        }
        self.report(ended, wall, unreaped, left_behind)
    }

    fn connect(&mut self, own: Option<Own>, pipes: Option<Pipes>) -> anyhow::Result<()> {
        if let (Some(own), Some(pipes)) = (own, pipes) {
            self.relays.push(Relay::output(pipes.stdout, own.stdout)?);
            self.relays.push(Relay::output(pipes.stderr, own.stderr)?);
            self.relays.push(Relay::input(pipes.stdin, own.stdin)?);
        }
        Ok(())
    }

    /// Returns when the program itself has ended, or has to be ended.
    fn until_it_ends(&mut self) -> anyhow::Result<Ended> {
        let attached = self.spec.mode == Mode::Attached;
        loop {
            // Taken before the children are reaped: see `Signals::take`.
            let stops = self.signals.take();
            let stopped = self.reaped.take(self.program, attached)?;
            if let Some(ended) = self.reaped.program.clone() {
                return Ok(ended);
            }
            if let Some(limit) = self.limit_passed()? {
                return Ok(Ended::Limit { limit });
            }
            for stop in stops {
                if self.must_stop(stop)? {
                    let number = stop.number;
                    return Ok(Ended::Interrupted { signal: signals::name(number), number });
                }
            }
            if stopped {
                signals::stop_too();
            }
            if let Some(ended) = self.stands_still()? {
                return Ok(ended);
            }
            self.wait(self.until_next())?;
            self.pass_on()?;
        }
    }

    /// Looks, where it is time, and notes what everybody waits for if nobody can go on, or nothing
    /// has moved for too long.
    fn stands_still(&mut self) -> anyhow::Result<Option<Ended>> {
        let Some(mut quiet) = self.quiet.take() else { return Ok(None) };
        if !self.relays.iter().take(2).all(Relay::has_nothing_pending) {
            // The program may be waiting for whoever reads the launcher's output.
            quiet.disturb();
        }
        let context = "look at the program's threads in /proc";
        let seen = quiet.look(|| outside::of(self.spec, &self.relays)).context(context)?;
        if seen.is_some() && self.pass_on()? {
            // What had come since the last turn may be what the program waits for.
            quiet.disturb();
        }
        let is_still = seen.is_some() && quiet.is_unchanged().context(context)?;
        self.quiet = Some(quiet);
        let Some(seen) = seen.filter(|_| is_still) else { return Ok(None) };
        self.explained = seen.explained;
        Ok(Some(seen.ended))
    }

    /// Sleeps until a byte can move, a signal has come, or `at_most` is over.
    fn wait(&self, at_most: Option<Duration>) -> anyhow::Result<()> {
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
        let look = self.quiet.as_ref().map(Quiet::next);
        let next = [deadline, self.watch.next(), look].into_iter().flatten().min()?;
        Some(next.saturating_duration_since(Instant::now()))
    }

    /// Tells whether any byte moved.
    fn pass_on(&mut self) -> anyhow::Result<bool> {
        let mut moved = false;
        for index in 0..self.relays.len() {
            let room = self.room_bytes();
            moved |= self.relays[index].turn(room)?;
        }
        if let Some(quiet) = self.quiet.as_mut().filter(|_| moved) {
            quiet.disturb();
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

    fn limit_passed(&mut self) -> anyhow::Result<Option<Limit>> {
        let limits = &self.spec.limits;
        if limits.wall.is_some_and(|wall| self.started.elapsed() >= wall) {
            return Ok(Some(Limit::Wall));
        }
        if limits.output_bytes.is_some_and(|cap| self.output_bytes() > cap) {
            return Ok(Some(Limit::Output));
        }
        self.watch.passed(limits, &self.reaped).context("look at the program's processes in /proc")
    }

    /// Whether this signal ends the run. A Ctrl-C at an attached program's terminal has reached the
    /// program already: what it does with it is its own affair, as for any program, unless nobody
    /// in its tree does more than ignore it, or the user insists.
    fn must_stop(&mut self, stop: Stop) -> anyhow::Result<bool> {
        let key = [Signal::SIGINT, Signal::SIGQUIT].into_iter().find(|&k| k as i32 == stop.number);
        let Some(key) = key.filter(|_| stop.from_terminal && self.spec.mode == Mode::Attached)
        else {
            return Ok(true);
        };
        let now = Instant::now();
        self.interrupts.retain(|&at| now.duration_since(at) < INSIST_WITHIN);
        self.interrupts.push(now);
        // All, not the program alone: who waits for a command as system(3) does ignores the keys
        // so that they end only the command.
        let ignores = |&pid: &Pid| doctor::is_in(tree::ignored_signals(pid), key);
        Ok(self.interrupts.len() >= INSIST_COUNT || tree::descendants()?.iter().all(ignores))
    }

    /// Those that came to the launcher, and those that are still below it.
    fn count_unreaped(&self, ended: &anyhow::Result<Ended>) -> Option<usize> {
        if !ended.as_ref().is_ok_and(Ended::was_its_own) {
            return None;
        }
        let below = if self.reaped.all { 0 } else { tree::count().ok()? };
        Some(self.reaped.others + below)
    }

    /// Ends and reaps every process; returns how many would not go.
    fn end_the_tree(&mut self, ended: &anyhow::Result<Ended>) -> usize {
        let gently = match ended {
            Ok(Ended::Interrupted { .. } | Ended::Deadlock) => true,
            // Processes that multiply are given no time to.
            Ok(Ended::Limit { limit }) => *limit != Limit::Processes,
            _ => false,
        };
        if gently {
            tree::signal_all(Signal::SIGTERM);
            // A stopped process would not see the SIGTERM.
            tree::signal_all(Signal::SIGCONT);
            let grace = self.spec.limits.grace.unwrap_or(Limits::GRACE);
            self.reap_until(Instant::now() + grace, false);
        }
        self.reap_until(Instant::now() + KILL_PATIENCE, true);
        if self.reaped.all { 0 } else { tree::count().unwrap_or(1) }
    }

    /// Reaps until no child is left or time is up. Kills anew in every round, since a process can
    /// be born between a look and the signal.
    fn reap_until(&mut self, end: Instant, kill: bool) {
        loop {
            self.signals.take();
            // Errors of the relays no longer matter: the tree is about to go.
            let _ = self.pass_on();
            let reaped = self.reaped.take(self.program, false);
            if reaped.is_err() || self.reaped.all || Instant::now() >= end {
                return;
            }
            if kill {
                if self.spec.mode == Mode::Captured {
                    tree::kill_group(self.program);
                }
                tree::signal_all(Signal::SIGKILL);
            }
            let _ = self.wait(Some(Duration::from_millis(5)));
        }
    }

    /// Passes on what was on its way when the last process ended. The program's pipes cannot get
    /// more: at worst somebody outside the tree still holds an end, and is not waited for.
    fn flush(&mut self, patience: Duration) -> anyhow::Result<()> {
        self.relays.truncate(2);
        let mut end = Instant::now() + patience;
        loop {
            if self.pass_on()? {
                end = Instant::now() + patience;
                continue;
            }
            if self.relays.iter().all(Relay::has_nothing_pending) {
                return Ok(());
            }
            ensure!(Instant::now() < end, "nobody reads the program's output: bytes were lost");
            if let Some(stop) = self.signals.take().first() {
                bail!("{} came before the output was read", signals::name(stop.number));
            }
            self.wait(Some(Duration::from_millis(50)))?;
        }
    }

    fn report(
        self,
        ended: Ended,
        wall: Duration,
        unreaped: Option<usize>,
        left_behind: usize,
    ) -> anyhow::Result<Report> {
        let limits = &self.spec.limits;
        let passed = if limits.output_bytes.is_some_and(|cap| self.output_bytes() > cap) {
            Some(Limit::Output)
        } else {
            self.watch.passed_at_the_end(limits, &self.reaped)
        };
        let ended = match passed {
            Some(limit) if ended.was_its_own() => Ended::Limit { limit },
            _ => ended,
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
            stuck: self.explained.stuck,
            diagnosis: self.explained.diagnosis,
        })
    }
}
