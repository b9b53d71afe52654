//! How long a tree has waited for a processor.
//!
//! A deadline in real time is not fair where others want the processors: of ten seconds a program
//! may get one. The kernel counts for each thread how long it was ready to run and did not
//! (`run_delay`, the second number of /proc/TID/schedstat,
//! Documentation/scheduler/sched-stats.rst), and tells of a wait when it is over. What
//! [`Limits::queued`] adds to a deadline comes from there.
//!
//! Threads may wait at the same time, and a tree that is larger than the machine waits for itself.
//! So of all that have waited since the last look only the longest wait counts, and of real time no
//! moment twice. Threads that come and go between two looks are missed, and so is what a hypervisor
//! takes. The launcher counts as one of the tree: it passes its bytes on.
//!
//! [`Limits::queued`]: crate::Limits::queued

use std::collections::HashMap;
use std::time::{Duration, Instant};

use doctor::tree::{WithThreads, read_at_once};
use nix::unistd::{Pid, gettid};

/// Of a longer wait only so much counts.
const LONGEST: Duration = Duration::from_secs(1);

/// What all looks so far have found.
pub struct Queued {
    /// Of each thread that was there at the last look, as the kernel counts.
    by_thread: HashMap<Pid, Duration>,
    at: Instant,
    /// Real time until then in which no wait has been counted.
    open: Duration,
    /// What has been counted.
    pub total: Duration,
}

impl Queued {
    /// Before the tree is there.
    pub fn new() -> Queued {
        let by_thread = delays(&[]);
        Queued { by_thread, at: Instant::now(), open: Duration::ZERO, total: Duration::ZERO }
    }

    /// Counts what has been added since the last look.
    pub fn look(&mut self, tree: &[WithThreads]) {
        self.add(delays(tree), Instant::now());
    }

    fn add(&mut self, by_thread: HashMap<Pid, Duration>, now: Instant) {
        let before = |tid: &Pid| self.by_thread.get(tid).copied().unwrap_or_default();
        let waits = by_thread.iter().map(|(tid, time)| time.saturating_sub(before(tid)));
        let longest = waits.max().unwrap_or_default();
        self.open = (self.open + now.duration_since(self.at)).min(LONGEST);
        let counts = longest.min(self.open);
        self.open -= counts;
        self.total += counts;
        (self.by_thread, self.at) = (by_thread, now);
    }
}

/// Of all threads of the tree, and this one. Where the kernel does not count, of none.
fn delays(tree: &[WithThreads]) -> HashMap<Pid, Duration> {
    let threads = tree.iter().flat_map(|(_, threads)| threads).copied().chain([gettid()]);
    threads.filter_map(|tid| Some((tid, run_delay(tid)?))).collect()
}

fn run_delay(tid: Pid) -> Option<Duration> {
    let text = read_at_once(&format!("/proc/{tid}/schedstat")).ok()?;
    let text = String::from_utf8_lossy(&text);
    Some(Duration::from_nanos(text.split_ascii_whitespace().nth(1)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks at these times, in milliseconds: what each thread has waited by then, and what has
    /// been counted.
    #[track_caller]
    fn counted(looks: &[(u64, &[u64], u64)]) {
        let began = Instant::now();
        let (by_thread, total) = (HashMap::new(), Duration::ZERO);
        let mut queued = Queued { by_thread, at: began, open: total, total };
        for &(at, waited, expected) in looks {
            let threads = (1..).map(Pid::from_raw);
            let times = waited.iter().copied().map(Duration::from_millis);
            queued.add(threads.zip(times).collect(), began + Duration::from_millis(at));
            assert_eq!(queued.total, Duration::from_millis(expected), "at {at} ms");
        }
    }

    #[test]
    fn a_wait_counts_when_it_is_over() {
        counted(&[(10, &[0], 0), (20, &[0], 0), (100, &[95], 95), (110, &[97], 97)]);
        // Another thread has the number.
        counted(&[(100, &[50], 50), (200, &[20], 50), (300, &[40], 70)]);
    }

    #[test]
    fn no_moment_counts_twice() {
        counted(&[(10, &[10, 10, 9], 10), (20, &[20, 20, 19], 20), (120, &[60, 120, 21], 120)]);
        // Nor is there more of it than has passed, or than may count.
        counted(&[(10, &[700], 10)]);
        counted(&[(9_000, &[8_000], 1000), (9_100, &[8_500], 1100)]);
    }

    #[test]
    fn who_has_ended_counts_on() {
        counted(&[(100, &[30, 20], 30), (200, &[], 30), (300, &[7], 37)]);
    }
}
