//! From start to report: one loop that waits for everything at once.

mod ending;

use std::os::fd::AsFd;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context;
use nix::errno::Errno;
use nix::poll::{PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::asleep::Asleep;
use crate::limits::Limit;
use crate::outside;
use crate::quiet::{self, Explained, Quiet, Unproved};
use crate::reap::Reaped;
use crate::relay::{self, Own, Relay};
use crate::report::{Ended, Report};
use crate::signals::{self, Signals, Stop};
use crate::start::{Mode, Pipes, Spec, close_the_rest_on_exec, hide, start};
use crate::tree;
use crate::watch::Watch;

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

    let watch = Watch::new(&spec.limits, attached);
    let since = outside::begin(spec.asked).context("read the clock of file systems")?;
    let started = Instant::now();
    let report = match start(spec, &signals) {
        Ok((program, pipes)) => {
            let run = Run {
                spec,
                signals: &signals,
                program,
                relays: Vec::new(),
                since,
                started,
                watch,
                asleep: spec.limits.asleep.map(|at_least| Asleep::new(at_least, program)),
                quiet: spec.limits.look().then(|| Quiet::new(spec.limits.quiet, program)),
                explained: Explained::default(),
                interrupts: Vec::new(),
                interrupted: None,
                hurried: false,
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
    since: SystemTime,
    started: Instant,
    watch: Watch,
    asleep: Option<Asleep>,
    quiet: Option<Quiet>,
    explained: Explained,
    interrupts: Vec<Instant>,
    /// What stood still when somebody last asked to stop it.
    interrupted: Option<(Instant, Unproved)>,
    /// Ctrl-C came once more while the tree was being ended.
    hurried: bool,
    reaped: Reaped,
}

impl Run<'_> {
    fn complete(mut self, own: Option<Own>, pipes: Option<Pipes>) -> anyhow::Result<Report> {
        let ended = self.connect(own, pipes).and_then(|()| self.until_it_ends());
        let wall = self.started.elapsed();
        if matches!(ended, Ok(Ended::Limit { limit: Limit::Wall })) {
            let outside = outside::of(self.spec, &self.relays, self.since);
            self.explained = quiet::at_the_deadline(self.program, &outside, wall);
        }
        let unreaped = self.count_unreaped(&ended);
        let left_behind = self.end_the_tree(&ended);
        let ended = ended?;
        // Only now, so that nobody waits for it to end.
        if let Some(unproved) = self.was_interrupted(&ended).filter(|_| !self.hurried) {
            self.explained = unproved.explain(wall);
        }
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
        loop {
            // Taken before the children are reaped: see `Signals::take`.
            let stops = self.signals.take();
            if !stops.is_empty() {
                self.note_what_is_interrupted();
            }
            let stopped = self.reaped.take(self.program, self.spec.mode == Mode::Attached)?;
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
            if let Some(ended) = self.only_sleeps()? {
                return Ok(ended);
            }
            if self.wait(self.until_next())? {
                self.pass_on()?;
            }
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
        let seen =
            quiet.look(|| outside::of(self.spec, &self.relays, self.since)).context(context)?;
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

    /// The same for a tree in which nothing but time passes.
    fn only_sleeps(&mut self) -> anyhow::Result<Option<Ended>> {
        let Some(mut asleep) = self.asleep.take() else { return Ok(None) };
        let outside = || outside::of(self.spec, &self.relays, self.since);
        let seen = asleep.look(outside).context("look at the program's threads in /proc")?;
        self.asleep = Some(asleep);
        let Some(seen) = seen else { return Ok(None) };
        if self.pass_on()? {
            return Ok(None);
        }
        self.explained = seen.explained;
        Ok(Some(seen.ended))
    }

    /// Sleeps until a byte can move, a signal has come, or `at_most` is over, which it tells by
    /// `false`.
    fn wait(&self, at_most: Option<Duration>) -> anyhow::Result<bool> {
        let timeout = at_most.map_or(PollTimeout::NONE, |time| {
            // Rounded up: a poll that wakes a little too early would spin.
            let millis = time.as_micros().div_ceil(1000);
            PollTimeout::try_from(i32::try_from(millis).unwrap_or(i32::MAX))
                .unwrap_or(PollTimeout::MAX)
        });
        let mut watched = relay::watched(&self.relays, self.signals.as_fd());
        match poll(&mut watched, timeout) {
            Ok(count) => Ok(count > 0),
            Err(Errno::EINTR) => Ok(true),
            Err(error) => Err(error).context("wait for the program"),
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let limits = &self.spec.limits;
        limits.wall.map(|wall| self.started + wall + self.watch.queued(limits))
    }

    /// Until the deadline or the next look, whichever comes first.
    fn until_next(&self) -> Option<Duration> {
        let deadline = self.deadline();
        let look = self.quiet.as_ref().map(Quiet::next);
        let asleep = self.asleep.as_ref().map(Asleep::next);
        let next = [deadline, self.watch.next(), look, asleep].into_iter().flatten().min()?;
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
        if let Some(asleep) = self.asleep.as_mut().filter(|_| moved) {
            asleep.disturb();
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
        let context = "look at the program's processes in /proc";
        let is_over = |run: &Run| run.deadline().is_some_and(|at| Instant::now() >= at);
        if is_over(self) {
            // It may be this process that had to wait.
            self.watch.look_at_queue().context(context)?;
            if is_over(self) {
                return Ok(Some(Limit::Wall));
            }
        }
        if limits.output_bytes.is_some_and(|cap| self.output_bytes() > cap) {
            return Ok(Some(Limit::Output));
        }
        self.watch.passed(limits, &self.reaped).context(context)
    }

    /// As it was at the last look: a Ctrl-C at the terminal ends most programs before the launcher
    /// could take another.
    fn note_what_is_interrupted(&mut self) {
        if let Some(unproved) = self.quiet.as_ref().and_then(Quiet::unproved) {
            self.interrupted = Some((Instant::now(), unproved.clone()));
        }
    }

    /// What stood still until a signal ended this run, the launcher's doing or not.
    fn was_interrupted(&self, ended: &Ended) -> Option<Unproved> {
        let is_recent = |at: Instant| at.elapsed() < INSIST_WITHIN;
        let is_its_end = matches!(ended, Ended::Interrupted { .. }) || ended.was_its_own();
        let (_, unproved) = self.interrupted.as_ref().filter(|(at, _)| is_recent(*at))?;
        is_its_end.then(|| unproved.clone())
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
}
