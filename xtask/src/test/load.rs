//! Something that keeps the processors busy, and work on one of them only.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::Context;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// Busy loops for each processor.
const LOOPS_PER_PROCESSOR: usize = 2;

/// Does `work` while loops beside it take the processors.
pub fn beside<T>(work: impl FnOnce() -> T) -> T {
    let over = AtomicBool::new(false);
    let processors = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        // Also when `work` panics: else the loops, and this scope, would never end.
        let _end = End(&over);
        for _ in 0..processors * LOOPS_PER_PROCESSOR {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        work()
    })
}

/// Does `work` with this thread, and whatever it starts meanwhile, on one processor.
pub fn on_one_processor<T>(work: impl FnOnce() -> T) -> anyhow::Result<T> {
    let this = Pid::from_raw(0);
    let before = sched_getaffinity(this).context("ask for the processors")?;
    let first = (0..CpuSet::count()).find(|&cpu| before.is_set(cpu).unwrap_or(false));
    let mut one = CpuSet::new();
    one.set(first.context("no processor is allowed")?).context("choose a processor")?;
    sched_setaffinity(this, &one).context("stay on one processor")?;
    let done = work();
    sched_setaffinity(this, &before).context("give the processors back")?;
    Ok(done)
}

struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
