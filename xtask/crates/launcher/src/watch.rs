//! The limits that the launcher enforces by looking at /proc while the program runs.

use std::io;
use std::time::{Duration, Instant};

use nix::unistd::{Pid, getpid};

use crate::limits::{Limit, Limits};
use crate::queued::Queued;
use crate::reap::Reaped;
use crate::tree;

/// Between two looks at what the tree uses.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// When to look next, and what the launcher itself had written before the start.
pub struct Watch {
    next: Option<Instant>,
    queued: Option<Queued>,
    /// Attached, where no byte passes through the launcher.
    output_cap: Option<u64>,
    written_before: u64,
}

impl Watch {
    pub fn new(limits: &Limits, attached: bool) -> Watch {
        let output_cap = limits.output_bytes.filter(|_| attached);
        let queued = limits.wall.and(limits.queued).map(|_| Queued::new());
        let needs_looks = limits.cpu.is_some()
            || limits.memory_bytes.is_some()
            || limits.processes.is_some()
            || queued.is_some()
            || output_cap.is_some();
        Watch {
            next: needs_looks.then(|| Instant::now() + LOOK_EVERY),
            queued,
            output_cap,
            written_before: output_cap.map_or(0, |_| tree::written_bytes(getpid())),
        }
    }

    /// When the next look is due.
    pub fn next(&self) -> Option<Instant> {
        self.next
    }

    /// How long the tree has waited for a processor, as far as that counts.
    pub fn queued(&self, limits: &Limits) -> Duration {
        let waited = self.queued.as_ref().map(|queued| queued.total).unwrap_or_default();
        waited.min(limits.queued.unwrap_or_default())
    }

    /// Counts that anew, where it counts at all.
    ///
    /// # Errors
    /// When /proc cannot be read.
    pub fn look_at_queue(&mut self) -> io::Result<()> {
        let Some(queued) = &mut self.queued else { return Ok(()) };
        queued.look(&tree::with_threads()?);
        Ok(())
    }

    /// Looks, where it is time, and tells the limit that the tree has passed.
    ///
    /// # Errors
    /// When /proc cannot be read: a limit that cannot be watched must not pass for one that holds.
    pub fn passed(&mut self, limits: &Limits, reaped: &Reaped) -> io::Result<Option<Limit>> {
        let now = Instant::now();
        if self.next.is_none_or(|next| now < next) {
            return Ok(None);
        }
        self.next = Some(now + LOOK_EVERY);
        let tree = tree::with_threads()?;
        if let Some(queued) = &mut self.queued {
            queued.look(&tree);
        }
        let processes: Vec<Pid> = tree.into_iter().map(|(pid, _)| pid).collect();
        let used = tree::used_by(&processes);
        let passed = |limit: Option<u64>, used: u64| limit.is_some_and(|limit| used > limit);
        let written = || {
            let alive: u64 = processes.iter().map(|&pid| tree::written_bytes(pid)).sum();
            alive + self.written_by_reaped()
        };
        Ok(if limits.processes.is_some_and(|count| used.alive > count) {
            Some(Limit::Processes)
        } else if passed(limits.memory_bytes, used.resident_bytes) {
            Some(Limit::Memory)
        } else if limits.cpu.is_some_and(|cpu| used.cpu + reaped.cpu > cpu) {
            Some(Limit::Cpu)
        } else if self.output_cap.is_some_and(|cap| written() > cap) {
            Some(Limit::Output)
        } else {
            None
        })
    }

    /// What the tree used between the last look and its end counts as well.
    pub fn passed_at_the_end(&self, limits: &Limits, reaped: &Reaped) -> Option<Limit> {
        if limits.memory_bytes.is_some_and(|limit| reaped.peak_memory_kib * 1024 > limit) {
            Some(Limit::Memory)
        } else if limits.cpu.is_some_and(|limit| reaped.cpu > limit) {
            Some(Limit::Cpu)
        } else if self.output_cap.is_some_and(|cap| self.written_by_reaped() > cap) {
            Some(Limit::Output)
        } else {
            None
        }
    }

    /// A process's count goes to whoever reaps it, and so in the end to the launcher.
    fn written_by_reaped(&self) -> u64 {
        tree::written_bytes(getpid()).saturating_sub(self.written_before)
    }
}
