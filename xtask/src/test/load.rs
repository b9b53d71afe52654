//! Something that keeps the processors busy.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

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

struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
