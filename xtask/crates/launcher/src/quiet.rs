//! Noticing that a tree stands still, long before its deadline.
//!
//! # Two answers
//!
//! As soon as all threads wait, the doctor is asked. It looks twice, a few milliseconds apart, and
//! may prove that nobody can ever go on ([`doctor::proof`]): that ends the run at once.
//!
//! What it cannot prove may hang all the same. Where a time is set ([`Limits::quiet`]), a tree is
//! called quiet when for so long, and at every look, each of its threads waited in a way that a
//! signal could end, none had run since the look before, none came or went, no byte passed through
//! the launcher, and nothing known outside the tree, no timer included, could end any of the waits
//! ([`Outside`], [`Snapshot::may_move`]). That is a heuristic: who waits for a signal may get it
//! from another terminal, who stands outside may be about to open a FIFO. What is not known counts
//! as movement, so that the deadline remains for it.
//!
//! # Why looks at single threads are enough
//!
//! A look reads one thread after the other. If two looks find the same counts of switches, then no
//! thread left a processor between its two reads, and as it was waiting at both, it did not run in
//! between. So at the moment between the two looks all of them waited at once.
//!
//! # What it costs
//!
//! A program that runs: a look every 20 ms, which is over with the first thread that does not wait,
//! and begins with those that did not wait lately. The doctor is asked only where two such
//! looks have found the same, and after an answer that is no proof he is left alone for ever
//! longer.
//!
//! [`Limits::quiet`]: crate::Limits::quiet

use std::io;
use std::time::{Duration, Instant};

use doctor::proof::{self, PAUSE, Still};
use doctor::{Diagnosis, Occasion, Outside, Snapshot, Stuck, Task, Whose};
use nix::unistd::Pid;

use crate::limits::Limit;
use crate::report::Ended;
use crate::tree;

/// Between two looks at a tree that moves.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Until the second look at one that seems to rest.
const SETTLE: Duration = Duration::from_millis(5);
/// Between two looks at one that rests and may go on.
const REST: Duration = Duration::from_millis(50);
/// Until the doctor is asked again after no proof, at first and at most.
const ASK_AGAIN: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// On a loaded machine the launcher itself may sleep for all of the time between two looks.
const LOOKS_MIN: u32 = 3;
/// So many looks in a row may end with a thread that moved at a look before: its number could have
/// gone to somebody outside the tree.
const GLANCES_MAX: u32 = 10;
/// Who is glanced at first: programs that talk with each other run in turns.
const MOVERS_MAX: usize = 4;

/// Looks at the tree now and then, and how long it has been the same.
pub struct Quiet {
    /// `None`: only a proof counts.
    at_least: Option<Duration>,
    program: Pid,
    next: Instant,
    same: Option<Same>,
    /// Who moved at the last whole looks, the latest first, and how many glances there were since.
    movers: Vec<Task>,
    glances: u32,
}

/// What all looks since then have found.
struct Same {
    since: Instant,
    looks: u32,
    tasks: Vec<Task>,
    /// What the doctor has seen once, and looks for again.
    first: Option<Still>,
    /// What he saw when there was no proof.
    unproved: Option<Unproved>,
    ask_at: Instant,
    ask_again: Duration,
    /// When the heuristic begins to count: anew after it has found that something may move.
    counts_since: (Instant, u32),
}

/// A tree that stood still and was not proved to be in a deadlock.
#[derive(Clone)]
pub struct Unproved {
    still: Still,
    refused: Option<String>,
}

impl Unproved {
    /// For a program that somebody interrupts after so long.
    pub fn explain(&self, after: Duration) -> Explained {
        let Unproved { still, refused } = self;
        let diagnosis = Diagnosis::of(&still.scene, Occasion::Interrupt(after), refused.clone());
        Explained { stuck: Vec::new(), diagnosis: Some(diagnosis) }
    }
}

/// A tree that stands still, and why it is to be ended.
pub struct Seen {
    pub ended: Ended,
    pub explained: Explained,
}

/// What each thread waited for when the tree was ended.
#[derive(Default)]
pub struct Explained {
    pub stuck: Vec<Stuck>,
    pub diagnosis: Option<Diagnosis>,
}

impl Quiet {
    /// For a tree that may stand still for `at_least`, or for ever where it is no deadlock.
    pub fn new(at_least: Option<Duration>, program: Pid) -> Quiet {
        let next = Instant::now() + LOOK_EVERY;
        Quiet { at_least, program, next, same: None, movers: Vec::new(), glances: 0 }
    }

    /// When the next look is due.
    pub fn next(&self) -> Instant {
        self.next
    }

    /// Something moved that is no thread of the tree.
    pub fn disturb(&mut self) {
        self.same = None;
    }

    /// What the doctor saw of the tree, which has stood still since, as far as is known: who
    /// interrupts it ends most of it before anybody could look.
    pub fn unproved(&self) -> Option<&Unproved> {
        self.same.as_ref()?.unproved.as_ref()
    }

    /// Looks, where it is time. What comes back is a tree that is in a deadlock, or has been quiet
    /// for long enough; it still is if nothing has moved by the time that [`Quiet::is_unchanged`]
    /// says so.
    ///
    /// # Errors
    /// When /proc cannot be read.
    pub fn look(&mut self, outside: impl Fn() -> Outside) -> io::Result<Option<Seen>> {
        let now = Instant::now();
        if now < self.next {
            return Ok(None);
        }
        let Some(found) = self.all_resting()? else {
            self.same = None;
            self.next = Instant::now() + LOOK_EVERY;
            return Ok(None);
        };
        // After the look: what was read first may have moved before the last was.
        let after = Instant::now();
        let Some(mut same) = self.same.take().filter(|same| same.tasks == found) else {
            self.same = Some(Same::new(after, found));
            self.next = after + SETTLE;
            return Ok(None);
        };
        same.looks += 1;
        let seen = match same.ask(now, self.program, &outside)? {
            Asked::Moved => None,
            Asked::Proved(diagnosis) => {
                let stuck = Snapshot::take(same.tasks.iter().cloned(), &outside()).stuck;
                self.same = Some(same);
                let explained = Explained { stuck, diagnosis: Some(*diagnosis) };
                Some(Seen { ended: Ended::Deadlock, explained })
            }
            Asked::Nothing => {
                let seen = self.at_least.and_then(|at_least| {
                    same.has_been_quiet(now, at_least, self.program, &outside())
                });
                self.same = Some(same);
                seen
            }
        };
        let same = self.same.as_ref();
        let is_asking = same.is_some_and(|same| same.first.is_some());
        let wait = if is_asking { PAUSE } else { same.map_or(LOOK_EVERY, |_| REST) };
        self.next = Instant::now() + wait;
        Ok(seen)
    }

    /// As [`resting`], and at once over where a thread that moved lately does so again.
    fn all_resting(&mut self) -> io::Result<Option<Vec<Task>>> {
        if self.glances < GLANCES_MAX && self.movers.iter().any(Task::moves_again) {
            self.glances += 1;
            return Ok(None);
        }
        self.glances = 0;
        match look_at_all()? {
            Tree::Rests(found) => {
                // Their numbers may be somebody else's by now, who moves.
                self.movers.clear();
                Ok(Some(found))
            }
            Tree::Moves(mover) => {
                if let Some(mover) = mover {
                    self.movers.retain(|other| other.tid != mover.tid);
                    self.movers.insert(0, mover);
                    self.movers.truncate(MOVERS_MAX);
                }
                Ok(None)
            }
        }
    }

    /// Whether the tree is still as every look since [`Quiet::look`] began has found it.
    ///
    /// # Errors
    /// When /proc cannot be read.
    pub fn is_unchanged(&self) -> io::Result<bool> {
        let found = resting()?;
        Ok(found.is_some() && found.as_ref() == self.same.as_ref().map(|same| &same.tasks))
    }
}

enum Asked {
    /// Somebody ran meanwhile.
    Moved,
    Nothing,
    Proved(Box<Diagnosis>),
}

impl Same {
    fn new(since: Instant, tasks: Vec<Task>) -> Same {
        Same {
            since,
            looks: 1,
            tasks,
            first: None,
            unproved: None,
            ask_at: since,
            ask_again: ASK_AGAIN.0,
            counts_since: (since, 1),
        }
    }

    /// Asks the doctor, where it is time: for a first look, or for the second that proves.
    fn ask(
        &mut self,
        now: Instant,
        program: Pid,
        outside: &impl Fn() -> Outside,
    ) -> io::Result<Asked> {
        if self.first.is_none() && now < self.ask_at {
            return Ok(Asked::Nothing);
        }
        let outside = outside();
        let whose = Whose { program, outside: Some(&outside) };
        let again = || Ok(resting()?.unwrap_or_default());
        let Some(mut still) = Still::look(self.tasks.clone(), whose, again)? else {
            return Ok(Asked::Moved);
        };
        match self.first.take() {
            None if still.is_beyond_doubt() => self.first = Some(still),
            Some(first) => {
                let (is_proved, refused) = first.is_proved_by(&mut still);
                if is_proved {
                    let occasion = Occasion::Proof(self.since.elapsed());
                    let diagnosis = Diagnosis::of(&still.scene, occasion, refused);
                    return Ok(Asked::Proved(Box::new(diagnosis)));
                }
                self.unproved = Some(Unproved { still, refused });
                self.put_off(now);
            }
            None => {
                let refused = still.not_asked();
                self.unproved = Some(Unproved { still, refused });
                self.put_off(now);
            }
        }
        Ok(Asked::Nothing)
    }

    fn put_off(&mut self, now: Instant) {
        self.ask_at = now + self.ask_again;
        self.ask_again = (self.ask_again * 2).min(ASK_AGAIN.1);
    }

    /// The heuristic.
    fn has_been_quiet(
        &mut self,
        now: Instant,
        at_least: Duration,
        program: Pid,
        outside: &Outside,
    ) -> Option<Seen> {
        let (since, before) = self.counts_since;
        let is_early = now.saturating_duration_since(since) < at_least;
        if self.first.is_some() || self.looks - before + 1 < LOOKS_MIN || is_early {
            return None;
        }
        let snapshot = Snapshot::take(self.tasks.iter().cloned(), outside);
        if snapshot.may_move {
            // A snapshot costs more than a look: not before another such time is over.
            self.counts_since = (now, self.looks);
            return None;
        }
        let diagnosis = examine(&self.tasks, program, outside, Occasion::Quiet(at_least));
        let explained = Explained { stuck: snapshot.stuck, diagnosis: Some(diagnosis) };
        Some(Seen { ended: Ended::Limit { limit: Limit::Quiet }, explained })
    }
}

/// What can be said of a tree whose deadline has passed after so long. Where /proc cannot be read,
/// that it has passed matters more.
pub fn at_the_deadline(program: Pid, outside: &Outside, wall: Duration) -> Explained {
    let tasks: Vec<Task> = tree::tasks().map(Iterator::collect).unwrap_or_default();
    let diagnosis = examine(&tasks, program, outside, Occasion::Deadline(wall));
    let stuck = Snapshot::take(tasks, outside).stuck;
    Explained { stuck, diagnosis: Some(diagnosis) }
}

/// What can be said of a tree that is to be ended.
pub fn examine(tasks: &[Task], program: Pid, outside: &Outside, occasion: Occasion) -> Diagnosis {
    let whose = Whose { program, outside: Some(outside) };
    proof::examine(tasks, whose, occasion, || Ok(resting()?.unwrap_or_default()))
}

/// All threads, or nothing as soon as one of them does not rest: a look at a tree that is busy is
/// cheap. Who has only ended does not move.
fn resting() -> io::Result<Option<Vec<Task>>> {
    Ok(match look_at_all()? {
        Tree::Rests(found) => Some(found),
        Tree::Moves(_) => None,
    })
}

enum Tree {
    Rests(Vec<Task>),
    /// The first that does not rest; `None` where nobody is left who could.
    Moves(Option<Task>),
}

fn look_at_all() -> io::Result<Tree> {
    let mut found = Vec::new();
    for task in tree::tasks()? {
        if task.moves() {
            return Ok(Tree::Moves(Some(task)));
        }
        found.push(task);
    }
    let anybody = found.iter().any(Task::may_rest);
    Ok(if anybody { Tree::Rests(found) } else { Tree::Moves(None) })
}
