//! The tests of ex-11: a supervisor with a health check.

mod checks;
mod groups;
mod lives;
mod scene;

use std::process::ExitCode;

use trial::{Test, Trial};

fn main() -> ExitCode {
    let test = |name, claim, run: fn(&Trial) -> trial::Outcome| Test { name, claim, run };
    trial::main(
        "ex-11",
        &[
            test(
                "restarts-what-has-ended",
                "a program that ends is started again, however it ended",
                lives::restarts_what_has_ended,
            ),
            test(
                "restart-budget",
                "it restarts so many times, then it gives up with exit code 3",
                lives::restart_budget,
            ),
            test(
                "back-off",
                "it waits before each restart, twice as long each time",
                lives::back_off,
            ),
            test(
                "stops-when-told",
                "on SIGTERM and SIGINT it stops the program, and ends with 0",
                lives::stops_when_told,
            ),
            test(
                "health-check-fails",
                "a check that exits non-zero has the program stopped and restarted",
                checks::health_check_fails,
            ),
            test(
                "health-interval",
                "checks are not run more often than the interval allows",
                checks::health_interval,
            ),
            test(
                "sigterm-first",
                "SIGTERM first, and the next start only after the end",
                groups::sigterm_first,
            ),
            test(
                "sigkill-after-the-grace",
                "a program that ignores SIGTERM is killed after the grace",
                groups::sigkill_after_the_grace,
            ),
            test(
                "check-ended-by-a-signal",
                "a check that a signal has ended has failed",
                checks::ended_by_a_signal,
            ),
            test(
                "check-hangs",
                "a check that does not answer is killed and has failed",
                checks::hangs,
            ),
            test(
                "program-ends-during-a-check",
                "the check of a program that has ended is ended as well",
                checks::program_ends_during_one,
            ),
            test(
                "told-during-a-check",
                "it is told to stop while a check is running",
                checks::told_during_one,
            ),
            test(
                "whole-group",
                "what the program has started is stopped with it",
                groups::whole_group,
            ),
            test(
                "grace-for-the-whole-group",
                "what the program has started is given the grace too",
                groups::grace_for_the_whole_group,
            ),
            test(
                "told-during-the-back-off",
                "it is told to stop while it waits for a restart",
                lives::told_during_the_back_off,
            ),
            test(
                "told-during-the-grace",
                "it is told to stop while it stops the program",
                lives::told_during_the_grace,
            ),
            test(
                "what-the-program-inherits",
                "/dev/null, descriptors 0, 1 and 2, no blocked signal: so does a check",
                groups::what_the_program_inherits,
            ),
            test(
                "cannot-be-started",
                "a program that cannot be started uses up restarts too",
                lives::cannot_be_started,
            ),
            test(
                "nobody-reads-the-log",
                "when its log is closed it stops the program all the same",
                groups::nobody_reads_the_log,
            ),
            test(
                "sleeps-while-all-is-well",
                "it sleeps as long as nothing happens",
                checks::sleeps_while_all_is_well,
            ),
        ],
    )
}
