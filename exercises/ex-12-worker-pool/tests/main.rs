//! The tests of ex-12: a pool of workers.

/// What it means when the script around the pool waits for something that was left.
macro_rules! held {
    ($means:literal) => {
        concat!(
            $means,
            " An orphan in what came is what was left: it holds `held` open, and the script around \
            the pool waits for the end-of-file."
        )
    };
}

mod held_at_n;
mod pauses;
mod scene;
mod stops;

use std::process::ExitCode;

use trial::{Test, Trial};

fn main() -> ExitCode {
    let test = |name, claim, run: fn(&Trial) -> trial::Outcome| Test { name, claim, run };
    trial::main(
        "ex-12",
        &[
            test(
                "pool-started-with-3-workers",
                "three workers run, each with its `WORKER_ID`, until it is told to stop",
                held_at_n::pool_started,
            ),
            test(
                "death-by-any-cause",
                "a worker that ends is replaced, however it ended",
                held_at_n::death_by_any_cause,
            ),
            test(
                "worker-id-kept",
                "the replacement has the ID of the worker that has ended",
                held_at_n::worker_id_kept,
            ),
            test(
                "noticed-without-polling",
                "it sleeps without a timeout until a worker ends",
                held_at_n::noticed_without_polling,
            ),
            test(
                "last-workers-die-in-one-tick",
                "all workers that have ended are replaced, also when it hears once",
                held_at_n::last_workers_die_in_one_tick,
            ),
            test(
                "only-its-own-children",
                "it waits for its workers and for no other child that it has",
                held_at_n::only_its_own_children,
            ),
            test(
                "back-off",
                "a worker that ends at once is not started again at once",
                pauses::back_off,
            ),
            test(
                "lived-longer",
                "a worker that has run for the back-off is replaced at once",
                pauses::lived_longer,
            ),
            test(
                "back-off-holds-up-nobody",
                "while one worker waits for its start, the others are looked after",
                pauses::back_off_holds_up_nobody,
            ),
            test(
                "stops-when-told",
                "on SIGTERM and SIGINT it stops all workers, and ends with 0",
                stops::when_told,
            ),
            test(
                "sigkill-after-the-grace",
                "workers that ignore SIGTERM are killed after the grace",
                stops::sigkill_after_the_grace,
            ),
            test(
                "grace-for-all-at-once",
                "all workers get SIGTERM before it waits for any of them",
                stops::grace_for_all_at_once,
            ),
            test(
                "what-a-worker-leaves",
                "what a worker has started ends with it",
                stops::what_a_worker_leaves,
            ),
            test(
                "what-a-worker-inherits",
                "the environment, /dev/null, descriptors 0, 1 and 2, no blocked signal",
                stops::what_a_worker_inherits,
            ),
            test(
                "cannot-be-started",
                "a program that cannot be started is tried again",
                held_at_n::cannot_be_started,
            ),
            test(
                "nobody-reads-the-log",
                "when its log is closed it stops the workers all the same",
                stops::nobody_reads_the_log,
            ),
        ],
    )
}
