//! How long a tree has waited for a processor.
//!
//! A deadline in real time is not fair where others want the processors: of ten seconds a program
//! may get one. The kernel counts for each thread how long it was ready to run and did not
//! (`run_delay`, the second number of /proc/PID/task/TID/schedstat,
//! Documentation/scheduler/sched-stats.rst). The sum of these is what [`Limits::queued`] adds to a
//! deadline. Threads may wait at the same time, so it is no more than an upper bound. Of a wait
//! that is not over the kernel does not tell, nor do we know of who comes and goes between two
//! looks. Who does not want a processor, because it sleeps or is blocked, gets no more time.
//!
//! [`Limits::queued`]: crate::Limits::queued

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

use doctor::tree::WithThreads;
use nix::unistd::{Pid, gettid};

/// What all looks so far have found.
#[derive(Default)]
pub struct Queued {
    /// Of each thread that is there, and of this one, which passes the tree's bytes on.
    by_thread: HashMap<Pid, Duration>,
    /// Of threads that have ended.
    ended: Duration,
}

impl Queued {
    /// Takes in what has been added since the last look.
    pub fn look(&mut self, tree: &[WithThreads]) {
        let before = std::mem::take(&mut self.by_thread);
        let threads = tree.iter().flat_map(|(_, threads)| threads).copied().chain([gettid()]);
        self.by_thread = threads.filter_map(|tid| Some((tid, run_delay(tid)?))).collect();
        let is_gone = |tid: &Pid| !self.by_thread.contains_key(tid);
        self.ended +=
            before.iter().filter(|(tid, _)| is_gone(tid)).map(|(_, time)| *time).sum::<Duration>();
    }

    pub fn total(&self) -> Duration {
        self.ended + self.by_thread.values().sum::<Duration>()
    }
}

/// `None` once the thread has ended, or where the kernel does not count.
fn run_delay(tid: Pid) -> Option<Duration> {
    let text = fs::read_to_string(format!("/proc/{tid}/schedstat")).ok()?;
    Some(Duration::from_nanos(text.split_ascii_whitespace().nth(1)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_ended_counts_on() {
        let tree = |tid: i32| [(Pid::from_raw(tid), vec![Pid::from_raw(tid)])];
        let mut queued = Queued::default();
        // No process has this number.
        queued.look(&tree(i32::MAX));
        let ours = run_delay(gettid()).expect("the kernel counts");
        assert!(queued.by_thread[&gettid()] <= ours);
        let gone = Duration::from_secs(7);
        queued.by_thread.insert(Pid::from_raw(i32::MAX), gone);
        assert!(queued.total() >= gone);
        for _ in 0..2 {
            queued.look(&[]);
            assert_eq!(queued.ended, gone);
        }
        assert!((gone..gone * 2).contains(&queued.total()), "{:?}", queued.total());
    }
}
