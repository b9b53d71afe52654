//! Noticing that a tree does nothing but sleep, long before its deadline.
//!
//! Who sleeps for what never comes, or asks for it again and again with a pause between, is neither
//! in a deadlock nor quiet: time goes on. Where a time is set ([`Limits::asleep`]), a tree is ended
//! when for so long the same threads were there, nearly every look found all of them waiting, not a
//! byte was read or written by any of them, and nobody but time, or one of them, could end a wait.
//!
//! That is a heuristic: the next second might be the last of its sleep. So it is for programs that
//! have no reason to sleep, and for somebody who waits for an answer. On a machine under load it
//! says nothing of a program that would work if it could: a thread that waits for a processor, and
//! a launcher that comes late to its looks, let the time begin anew; the deadline remains.
//!
//! [`Limits::asleep`]: crate::Limits::asleep

use std::io;
use std::time::{Duration, Instant};

use doctor::{Occasion, Outside, Snapshot, Task};
use nix::unistd::Pid;

use crate::limits::Limit;
use crate::quiet::{Explained, Seen, examine};
use crate::report::Ended;
use crate::tree;

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Who comes so late to a look is not alone on the machine.
const LATE: Duration = Duration::from_millis(100);
/// One look in so many may find somebody who does not wait: he has just woken up.
const AWAKE_ONE_IN: u32 = 4;

/// How long the tree has done nothing but sleep.
pub struct Asleep {
    at_least: Duration,
    program: Pid,
    next: Instant,
    since: Option<Since>,
}

/// What all looks since then have found.
struct Since {
    at: Instant,
    threads: Vec<Pid>,
    /// Read and written by then.
    bytes: u64,
    looks: u32,
    awake: u32,
}

impl Asleep {
    pub fn new(at_least: Duration, program: Pid) -> Asleep {
        Asleep { at_least, program, next: Instant::now() + LOOK_EVERY, since: None }
    }

    /// When the next look is due.
    pub fn next(&self) -> Instant {
        self.next
    }

    /// Something moved that is no thread of the tree.
    pub fn disturb(&mut self) {
        self.since = None;
    }

    /// Looks, where it is time, and tells of a tree that has slept for too long.
    ///
    /// # Errors
    /// When /proc cannot be read.
    pub fn look(&mut self, outside: impl Fn() -> Outside) -> io::Result<Option<Seen>> {
        let now = Instant::now();
        if now < self.next {
            return Ok(None);
        }
        if now > self.next + LATE {
            self.since = None;
        }
        self.next = now + LOOK_EVERY;
        let tasks: Vec<Task> = tree::tasks()?.filter(|task| !task.has_ended()).collect();
        let is_awake = tasks.iter().any(Task::moves);
        let threads: Vec<Pid> = tasks.iter().map(|task| task.tid).collect();
        let same = self.since.take().filter(|since| since.threads == threads);
        let Some(mut since) = same.or_else(|| Since::new(now, threads)) else { return Ok(None) };
        since.looks += 1;
        since.awake += u32::from(is_awake);
        let is_over = now.duration_since(since.at) >= self.at_least && !is_awake;
        if since.awake > 1 + since.looks / AWAKE_ONE_IN {
            return Ok(None);
        }
        if !is_over {
            self.since = Some(since);
            return Ok(None);
        }
        let outside = outside();
        let snapshot = Snapshot::take(tasks.iter().cloned(), &outside);
        if snapshot.outside_may_move || bytes(&since.threads) != Some(since.bytes) {
            return Ok(None);
        }
        let occasion = Occasion::Asleep(now.duration_since(since.at));
        let diagnosis = examine(&tasks, self.program, &outside, occasion);
        let explained = Explained { stuck: snapshot.stuck, diagnosis: Some(diagnosis) };
        Ok(Some(Seen { ended: Ended::Limit { limit: Limit::Asleep }, explained }))
    }
}

impl Since {
    /// `None` where it cannot be known what they read and write.
    fn new(at: Instant, threads: Vec<Pid>) -> Option<Since> {
        let bytes = bytes(&threads)?;
        Some(Since { at, threads, bytes, looks: 0, awake: 0 })
    }
}

/// What these threads have read and written.
fn bytes(threads: &[Pid]) -> Option<u64> {
    threads.iter().map(|&tid| tree::moved_bytes(tid)).sum()
}
