//! Workers that end, and those that take their places.

use std::time::Duration;

use trial::{Outcome, Trial};

use crate::scene::{LAST_OF_3_TELLS, PLAIN, RESTS, TELLS, by_worker, pool, when_all};

const STARTED: &str = "Each worker is a child with a `WORKER_ID` of its own in its environment, \
    from 0 on. SIGTERM tells the pool to stop: it stops its workers, waits for them, and ends \
    with 0.";
const TOLD: &str = "SIGTERM ends a process by default, and its children live on as orphans. So the \
    pool asks for it: by a signalfd, or by a handler that writes into a pipe.";
const MASK: &str = "Signals that are blocked stay blocked through fork and exec: a worker in which \
    SIGTERM is blocked never gets it, and only SIGKILL stops it.";
const ANY_CAUSE: &str = "A worker's end is told by wait, which has either an exit code or the \
    signal that ended it. Whatever it was, another takes the worker's place.";
const KEPT: &str = "The replacement takes the place of the worker that has ended, so it gets that \
    worker's ID: not the next one, and not that of a worker which runs.";
const ONE_TICK: &str = "Two workers have ended while the pool was stopped by SIGSTOP, so that it \
    hears of both at once. A signal that is pending does not become pending twice: one SIGCHLD \
    may stand for several children. Look at all workers, until none is found that has ended.";
const STRANGER: &str = "A program keeps its children when it calls exec. So the pool had a child \
    before it began, started by the shell that it was. `waitpid(-1)` waits for any child, that \
    one too, and takes its status away from whoever would want it: wait for the workers by their \
    numbers.";
const NO_STRANGER: &str = "The pool has a child that is no worker, and never ends. It is none of \
    its business: stop and wait for the workers, and for nobody else.";
const REAP: &str = "Who starts a child waits for it, or it stays as a zombie: each worker, and each \
    that takes its place.";
const NO_POLLING: &str = "All workers are well and nothing is due, and the pool sleeps in one call \
    that ends when a worker does: poll on a pidfd of each worker, on a signalfd, or on a pipe that \
    a handler of SIGCHLD writes into. Waking up to look finds it late, and costs time for nothing.";
const MISSING: &str = "fork succeeds, exec does not: std's Command tells it as an error of `spawn`. \
    The log says `not started`, standard error why, and it is tried again after the back-off.";
const MISSING_WAITS: &str = "A start that fails is over at once, so trying again without a wait \
    is as fast as the machine can. It is tried again as if the worker had ended at once: from one \
    try to the next `--backoff` has to pass.";

/// The article's three.
pub fn pool_started(trial: &Trial) -> Outcome {
    let worker = format!("{}; {RESTS}", when_all("seen", 3, "kill -TERM $PPID"));
    let around = r#""$@"; status=$?; sort seen; exit $status"#;
    let ran = pool(trial, &["3"], &worker, around)?.may_sleep().run()?;
    ran.holds(
        ran.report.ended.status() != 128 + 15,
        "the pool hears of SIGTERM, and stops its workers",
        "SIGTERM ended the pool itself",
        TOLD,
    )?;
    ran.exits(0, STARTED)?;
    let is_killed = String::from_utf8_lossy(&ran.stdout).contains("by SIGKILL");
    let means = if is_killed { MASK } else { STARTED };
    trial::snapshot!(
        ran,
        @"\n\
            worker 0 started\n\
            worker 1 started\n\
            worker 2 started\n\
            told to stop: SIGTERM\n\
            worker 0 stopped by SIGTERM\n\
            worker 1 stopped by SIGTERM\n\
            worker 2 stopped by SIGTERM\n\
            0\n\
            1\n\
            2\n",
        means
    )
}

pub fn death_by_any_cause(trial: &Trial) -> Outcome {
    let code = trial.random().u8(2..=200);
    let worker = format!(
        "echo >> starts; case $(wc -l < starts) in 1) exit 0;; 2) exit {code};; \
        3) kill -KILL $$;; esac; {TELLS}"
    );
    let ran = pool(trial, &["--backoff", "1", "1"], &worker, PLAIN)?.run()?;
    ran.exits(0, ANY_CAUSE)?;
    let ends = ["exit 0", &format!("exit {code}"), "SIGKILL"];
    let lives = ends.map(|end| format!("worker 0 started\nworker 0 ended: {end}\n")).concat();
    let last = "worker 0 started\ntold to stop: SIGTERM\nworker 0 stopped by SIGTERM\n";
    ran.prints(lives + last, ANY_CAUSE)?;
    ran.leaves_nothing(REAP)
}

pub fn worker_id_kept(trial: &Trial) -> Outcome {
    let count = 4;
    let mut ids: Vec<usize> = (0..count).collect();
    trial.random().shuffle(&mut ids);
    let (first, second, third) = (ids[0], ids[1], ids[2]);
    // The third lets the first end, the first's replacement the second, and that one's tells.
    let life = format!(
        "case $WORKER_ID in {first}) : < go; exit 1;; {second}) : < turn; exit 2;; \
        {third}) : > go;; esac"
    );
    let again = format!(
        "echo $WORKER_ID >> again; if test $WORKER_ID = {first}; then : > turn; \
        else kill -TERM $PPID; fi"
    );
    let worker = format!(
        "if test $WORKER_ID -lt {count} && mkdir $WORKER_ID; then {life}; else {again}; fi; {RESTS}"
    );
    let around = r#""$@" 2> errors; status=$?; cat again; exit $status"#;
    let ran = by_worker(pool(trial, &["--backoff", "1", "4"], &worker, around)?.run()?);
    ran.exits(0, KEPT)?;
    let lines = |id: usize| {
        let code = if id == first { 1 } else { 2 };
        let life = format!("worker {id} started\nworker {id} ended: exit {code}\n");
        let life = if id == first || id == second { life } else { String::new() };
        format!("{life}worker {id} started\nworker {id} stopped by SIGTERM\n")
    };
    let log: String = (0..count).map(lines).collect();
    ran.prints(format!("{log}told to stop: SIGTERM\n{first}\n{second}\n"), KEPT)
}

pub fn last_workers_die_in_one_tick(trial: &Trial) -> Outcome {
    let ended = |pids: &str| {
        format!(
            "for p in {pids}; do while grep -qs 'State:.[RSDT]' /proc/$p/status; do :; done; done"
        )
    };
    let first = format!(
        ": < go; : < turn; kill -STOP $PPID; \
        until grep -qs 'State:.T' /proc/$PPID/status; do :; done; \
        others=$(cat pid.1 pid.2); kill -KILL $others; {}; kill -CONT $PPID; exit 0",
        ended("$others")
    );
    let others = format!(
        "echo $$ > pid.$WORKER_ID; if test $WORKER_ID = 1; then : > go; else : > turn; fi; {RESTS}"
    );
    let worker = format!(
        "if mkdir $WORKER_ID; then if test $WORKER_ID = 0; then {first}; else {others}; fi; \
        else {LAST_OF_3_TELLS}; fi"
    );
    let around = r#""$@" 2> errors"#;
    let ran = by_worker(pool(trial, &["--backoff", "1", "3"], &worker, around)?.run()?);
    ran.exits(0, ONE_TICK)?;
    let lines = |id: usize| {
        let end = if id == 0 { "exit 0" } else { "SIGKILL" };
        let life = format!("worker {id} started\nworker {id} ended: {end}\n");
        format!("{life}worker {id} started\nworker {id} stopped by SIGTERM\n")
    };
    let log: String = (0..3).map(lines).collect();
    ran.prints(log + "told to stop: SIGTERM\n", ONE_TICK)?;
    ran.leaves_nothing(REAP)
}

pub fn only_its_own_children(trial: &Trial) -> Outcome {
    // The worker lets the stranger end, and ends itself when that has: the pool hears of both.
    let ended = "while grep -qs 'State:.[RSDT]' /proc/$s/status; do :; done";
    let looks = "if test -e /proc/$s; then echo a zombie; else echo gone; fi > found";
    let worker = format!(
        "s=$(cat stranger); if mkdir life; then : > go; {ended}; exit 1; fi 2> errors; {looks}; \
        {TELLS}"
    );
    let around = r#"sh -c ': < go' & echo $! > stranger; exec "$@""#;
    let ran = pool(trial, &["--backoff", "1", "1"], &worker, around)?.run()?;
    ran.exits(0, STRANGER)?;
    let found = trial.left("found").unwrap_or_default();
    let found = String::from_utf8_lossy(&found);
    ran.holds(
        found == "a zombie\n",
        "the child that is no worker stays a zombie: nobody waits for it",
        &format!("it is {}", found.trim_end()),
        STRANGER,
    )?;
    trial::snapshot!(
        ran,
        @"\n\
            worker 0 started\n\
            worker 0 ended: exit 1\n\
            worker 0 started\n\
            told to stop: SIGTERM\n\
            worker 0 stopped by SIGTERM\n",
        STRANGER
    )?;
    let around = r#"cat never & exec "$@""#;
    let ran = pool(trial, &["1"], TELLS, around)?.run()?;
    ran.exits(0, NO_STRANGER)
}

/// One worker ends at once; when it is there again, nothing is due.
pub fn noticed_without_polling(trial: &Trial) -> Outcome {
    let worker = format!("if test $WORKER_ID = 0 && mkdir life; then exit 1; fi; {RESTS}");
    let ran = pool(trial, &["--backoff", "1", "3"], &worker, r#""$@" 2> errors"#)?
        .limits(|limits| {
            limits.quiet = Some(Duration::from_millis(100));
            limits.cpu = Some(Duration::from_millis(500));
            // For a pool that wakes now and then.
            limits.wall = Some(Duration::from_secs(5));
        })
        .by_hand("cargo xtask run ex-12 --deadline 3 -- 3 sleep 9")
        .run()?;
    ran.sleeps_without_a_timeout(NO_POLLING)
}

/// The program is missing for five tries.
pub fn cannot_be_started(trial: &Trial) -> Outcome {
    let worker = trial.folder().join("worker");
    let mut talk = trial
        .program(["--backoff", "50", "1", "./worker", "-c", TELLS])
        .by_hand("cargo xtask run ex-12 -- 1 ./no-such-program")
        .may_stand_still()
        .talk()?;
    let mut tries = 0;
    loop {
        let line = talk.line()?;
        if line.as_deref() == Some("worker 0 not started") {
            tries += 1;
            if tries == 5 {
                std::os::unix::fs::symlink("/bin/sh", &worker)?;
            }
            continue;
        }
        let ran = talk.finish()?;
        let is_started = tries >= 5 && line.as_deref() == Some("worker 0 started");
        let came = line.unwrap_or_else(|| "the end of the log".to_owned());
        let expected = "`worker 0 not started`, and `worker 0 started` when the program is there";
        ran.holds(is_started, expected, &came, MISSING)?;
        ran.exits(0, MISSING)?;
        ran.mentions("No such file or directory", MISSING)?;
        let took = ran.report.wall_ms;
        return ran.holds(
            took >= 5 * 50,
            "five tries in vain, and each next one 50 ms after the last or later",
            &format!("it was tried {tries} times in vain, and all was over after {took} ms"),
            MISSING_WAITS,
        );
    }
}
