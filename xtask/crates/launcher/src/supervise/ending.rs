//! The end of a run: nobody is left, every byte is passed on, all of it is reported.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use nix::sys::signal::Signal;

use super::Run;
use crate::limits::{Limit, Limits};
use crate::relay::Relay;
use crate::report::{Ended, Report};
use crate::signals::{self, Stop};
use crate::start::Mode;
use crate::tree;

/// How long processes may take to vanish after SIGKILL before they are reported as left behind.
const KILL_PATIENCE: Duration = Duration::from_secs(10);

/// What a person presses again who will not wait for the grace to be over.
const KEYS: [Signal; 2] = [Signal::SIGINT, Signal::SIGQUIT];

impl Run<'_> {
    /// Those that came to the launcher, and those that are still below it.
    pub fn count_unreaped(&self, ended: &anyhow::Result<Ended>) -> Option<usize> {
        if !ended.as_ref().is_ok_and(Ended::was_its_own) {
            return None;
        }
        let below = if self.reaped.all { 0 } else { tree::count().ok()? };
        Some(self.reaped.others + below)
    }

    /// Ends and reaps every process; returns how many would not go.
    pub fn end_the_tree(&mut self, ended: &anyhow::Result<Ended>) -> usize {
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
            let is_key = |stop: &Stop| KEYS.iter().any(|&key| key as i32 == stop.number);
            self.hurried |= self.signals.take().iter().any(is_key);
            // Errors of the relays no longer matter: the tree is about to go.
            let _ = self.pass_on();
            let reaped = self.reaped.take(self.program, false);
            let is_over = Instant::now() >= end || self.hurried && !kill;
            if reaped.is_err() || self.reaped.all || is_over {
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
    pub fn flush(&mut self, patience: Duration) -> anyhow::Result<()> {
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

    pub fn report(
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
