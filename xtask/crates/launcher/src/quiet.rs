//! Noticing that a tree stands still, long before its deadline.
//!
//! # The rule
//!
//! A tree is quiet when, for long enough and at every look, each of its threads waited in a way
//! that a signal could end, none had run since the look before, none came or went, no byte passed
//! through the launcher, and nothing known outside the tree, no timer included, could end any of
//! the waits ([`Outside`], [`Snapshot::may_move`]).
//!
//! # Why looks at single threads are enough
//!
//! A look reads one thread after the other. If two looks find the same counts of switches, then no
//! thread left a processor between its two reads, and as it was waiting at both, it did not run in
//! between. So at the moment between the two looks all of them waited at once.
//!
//! # What it is not
//!
//! A proof. Who waits for a signal may get it from another terminal, shared memory may be shared
//! with somebody outside, and who stands outside may be about to open a FIFO. What is not known
//! counts as movement, so that the deadline remains for it: file locks, sockets, terminals, and
//! calls that [`doctor::calls`] does not have. A proof is the doctor's work.

use std::io;
use std::time::{Duration, Instant};

use doctor::{Outside, Snapshot, Task, tasks};

use crate::tree;

/// Between two looks, at least and at most.
const LOOK_EVERY: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(50));
/// On a loaded machine the launcher itself may sleep for all of the time between two looks.
const LOOKS_MIN: u32 = 3;

/// Looks at the tree now and then, and how long it has been the same.
pub struct Quiet {
    at_least: Duration,
    every: Duration,
    next: Instant,
    same: Option<Same>,
}

/// What all looks since then have found.
struct Same {
    since: Instant,
    looks: u32,
    tasks: Vec<Task>,
}

impl Quiet {
    /// For a tree that may stand still for `at_least`.
    pub fn new(at_least: Duration) -> Quiet {
        let every = (at_least / 4).clamp(LOOK_EVERY.0, LOOK_EVERY.1);
        Quiet { at_least, every, next: Instant::now() + every, same: None }
    }

    /// When the next look is due.
    pub fn next(&self) -> Instant {
        self.next
    }

    /// Something moved that is no thread of the tree.
    pub fn disturb(&mut self) {
        self.same = None;
    }

    /// Looks, where it is time. What comes back is a tree that has been quiet for long enough; it
    /// still is if nothing has moved by the time that [`Quiet::is_unchanged`] says so.
    ///
    /// # Errors
    /// When /proc cannot be read.
    pub fn look(&mut self, outside: impl FnOnce() -> Outside) -> io::Result<Option<Snapshot>> {
        let now = Instant::now();
        if now < self.next {
            return Ok(None);
        }
        let found = waiting()?;
        self.next = Instant::now() + self.every;
        let Some(found) = found else {
            self.same = None;
            return Ok(None);
        };
        let same = match &mut self.same {
            Some(same) if same.tasks == found => same,
            other => {
                // After the look: what was read first may have moved before the last was.
                *other = Some(Same { since: Instant::now(), looks: 1, tasks: found });
                return Ok(None);
            }
        };
        same.looks += 1;
        if same.looks < LOOKS_MIN || now.saturating_duration_since(same.since) < self.at_least {
            return Ok(None);
        }
        let snapshot = Snapshot::take(same.tasks.iter().cloned(), &outside());
        if snapshot.may_move {
            // A snapshot costs more than a look: not before another such time is over.
            self.same = None;
            return Ok(None);
        }
        Ok(Some(snapshot))
    }

    /// Whether the tree is still as every look since [`Quiet::look`] began has found it.
    ///
    /// # Errors
    /// When /proc cannot be read.
    pub fn is_unchanged(&self) -> io::Result<bool> {
        let found = waiting()?;
        Ok(found.is_some() && found.as_ref() == self.same.as_ref().map(|same| &same.tasks))
    }
}

/// All threads, or nothing as soon as one of them does not wait: a look at a tree that is busy is
/// cheap. Who has only ended does not move.
fn waiting() -> io::Result<Option<Vec<Task>>> {
    let mut found = Vec::new();
    for task in tasks(&tree::descendants()?) {
        if !task.waits() && !task.has_ended() {
            return Ok(None);
        }
        found.push(task);
    }
    Ok(found.iter().any(Task::waits).then_some(found))
}
