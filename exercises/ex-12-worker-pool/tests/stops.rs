//! How workers are stopped, with all that they have started, and what they get from the pool.

use trial::{Outcome, Trial};

use crate::scene::{HELD, LAST_OF_3_TELLS, PLAIN, RESTS, TELLS, pool, when_all};

const TOLD: &str = held!(
    "SIGTERM ends a process by default, and its children live on as orphans. The pool hears of \
    SIGTERM and SIGINT (a signalfd, or a handler that writes into a pipe), stops all workers with \
    what they have started (a process group for each worker), waits for them, and ends with 0."
);
const GRACE: &str = "A worker may ignore SIGTERM, or hang in its handler. SIGKILL cannot be \
    ignored: it comes when the grace is over, no earlier.";
const ALL_AT_ONCE: &str = "Worker 0 needs worker 1 to put its things in order, so it ends after \
    that one. The grace begins for all at once: first SIGTERM to each worker, then the wait for \
    all.";
const LEFT: &str = held!(
    "The worker has ended, what it has started has not: it lives on as an orphan beside the \
    replacement. It is in the worker's process group, which gets SIGKILL when the worker has ended."
);
const INHERITS: &str = "A worker has the pool's environment and one variable more. exec passes on \
    each descriptor that is not close-on-exec, and the mask of blocked signals: what the pool \
    waits with is its own. So is its standard input: a worker gets /dev/null.";
const EPIPE: &str = held!(
    "Nobody reads the log any more, so a write to it fails with EPIPE. That is no reason to leave \
    the workers alone: they are stopped as always, and then the pool ends with an error."
);
const SECOND: &str = "While the pool stops its workers, one of them tells it to stop again and \
    again. It is told already: no other line, and the grace goes on from where it began.";
const LEFT_AT_THE_END: &str = held!(
    "A worker has ended on SIGTERM, what it has started ignores it: it lives on as an orphan. What \
    is left of a worker's group gets SIGKILL when the worker has ended, at the end as well."
);
const REAP: &str = "Who starts a child waits for it, or it stays as a zombie: each worker, and each \
    that takes its place.";

pub fn when_told(trial: &Trial) -> Outcome {
    for signal in ["TERM", "INT"] {
        let worker = format!("exec 5> held; {}", LAST_OF_3_TELLS.replace("TERM", signal));
        let ran = pool(trial, &["3"], &worker, HELD)?.run()?;
        ran.exits(0, TOLD)?;
        let line = |id: usize| format!("worker {id} stopped by SIGTERM\n");
        let stopped = [0, 1, 2].map(line).concat();
        let started = "worker 0 started\nworker 1 started\nworker 2 started\n";
        ran.prints(format!("{started}told to stop: SIG{signal}\n{stopped}"), TOLD)?;
        ran.leaves_nothing(REAP)?;
    }
    let worker = format!("exec 5> held; cat never & {TELLS}");
    let ran = pool(trial, &["1"], &worker, HELD)?.run()?;
    ran.exits(0, TOLD)
}

pub fn sigkill_after_the_grace(trial: &Trial) -> Outcome {
    let worker = format!("trap '' TERM; {LAST_OF_3_TELLS}");
    let ran = pool(trial, &["--grace", "100", "3"], &worker, PLAIN)?.run()?;
    ran.exits(0, GRACE)?;
    trial::snapshot!(
        ran,
        @"\n\
            worker 0 started\n\
            worker 1 started\n\
            worker 2 started\n\
            told to stop: SIGTERM\n\
            worker 0 stopped by SIGKILL\n\
            worker 1 stopped by SIGKILL\n\
            worker 2 stopped by SIGKILL\n",
        GRACE
    )?;
    let took = ran.report.wall_ms;
    let came = format!("all was over after {took} ms");
    ran.holds(took >= 100, "the workers are given their grace of 100 ms", &came, GRACE)?;
    ran.leaves_nothing(REAP)?;
    let worker = "trap '' TERM; while kill -TERM $PPID; do /bin/true; done";
    let ran = pool(trial, &["--grace", "100", "1"], worker, PLAIN)?.run()?;
    ran.exits(0, SECOND)?;
    let log = "worker 0 started\ntold to stop: SIGTERM\nworker 0 stopped by SIGKILL\n";
    ran.prints(log, SECOND)
}

pub fn grace_for_all_at_once(trial: &Trial) -> Outcome {
    // Right after fork a process still has the shell's handlers: what waits beside the shell counts
    // itself when it has its own.
    let waits = when_all("up", 2, "kill -TERM $PPID");
    let worker = format!(
        "if test $WORKER_ID = 0; then trap ': < turn; exit' TERM; \
        else trap ': > turn; exit' TERM; fi; {{ {waits}; {RESTS}; }} & wait"
    );
    let ran = pool(trial, &["--grace", "3000", "2"], &worker, PLAIN)?.may_sleep().run()?;
    ran.exits(0, ALL_AT_ONCE)?;
    trial::snapshot!(
        ran,
        @"\n\
            worker 0 started\n\
            worker 1 started\n\
            told to stop: SIGTERM\n\
            worker 0 stopped by SIGTERM\n\
            worker 1 stopped by SIGTERM\n",
        ALL_AT_ONCE
    )
}

pub fn what_a_worker_leaves(trial: &Trial) -> Outcome {
    let worker =
        format!("exec 5> held; if mkdir life; then cat never & exit 1; fi 2> errors; {TELLS}");
    let ran = pool(trial, &["--backoff", "1", "1"], &worker, HELD)?.run()?;
    ran.exits(0, LEFT)?;
    trial::snapshot!(
        ran,
        @"\n\
            worker 0 started\n\
            worker 0 ended: exit 1\n\
            worker 0 started\n\
            told to stop: SIGTERM\n\
            worker 0 stopped by SIGTERM\n",
        LEFT
    )?;
    // What is beside the worker ignores SIGTERM, as the worker did when it was started.
    let worker = format!("exec 5> held; trap '' TERM; cat never & trap - TERM; {TELLS}");
    let ran = pool(trial, &["1"], &worker, HELD)?.run()?;
    ran.exits(0, LEFT_AT_THE_END)?;
    let log = "worker 0 started\ntold to stop: SIGTERM\nworker 0 stopped by SIGTERM\n";
    ran.prints(log, LEFT_AT_THE_END)
}

pub fn what_a_worker_inherits(trial: &Trial) -> Outcome {
    // A shell that has waited for a child may have unblocked all signals: so first its own mask,
    // without a child. `ls` opens the folder itself, as 3.
    let looks = "while read name mask; do case $name in SigBlk:) echo $mask > seen;; esac; \
        done < /proc/$$/status; ls /proc/self/fd >> seen; readlink /proc/self/fd/0 >> seen";
    let worker = format!("{looks}; echo $GREETING >> seen; {TELLS}");
    let around =
        r#"echo > input; GREETING='good morning' "$@" < input; status=$?; cat seen; exit $status"#;
    let ran = pool(trial, &["1"], &worker, around)?.run()?;
    ran.exits(0, INHERITS)?;
    let log = "worker 0 started\ntold to stop: SIGTERM\nworker 0 stopped by SIGTERM\n";
    let seen = "0000000000000000\n0\n1\n2\n3\n/dev/null\ngood morning\n";
    ran.prints(format!("{log}{seen}"), INHERITS)
}

pub fn nobody_reads_the_log(trial: &Trial) -> Outcome {
    // One rests and the others end, whatever IDs they have.
    let worker = format!("exec 5> held; mkdir one 2> /dev/null || exit 1; {RESTS}");
    let around = "exec 8<> held 9< held 8>&-; \
        { \"$@\" 9<&-; echo \"exit code $?\" > ended; } | read line; cat ended; cat <&9";
    let ran = pool(trial, &["--backoff", "0", "2"], &worker, around)?.run()?;
    ran.exits(0, EPIPE)?;
    ran.prints("exit code 1\n", EPIPE)?;
    ran.mentions("Broken pipe", EPIPE)
}
