//! How the program is started, ends, and is started again.

use std::time::Duration;

use trial::{Outcome, Trial};

use crate::scene::{HELD, MEETS, MEETS_ONE, PLAIN, SAYS_NO, held, supervisor};

const ENDS: &str = "The end of a child is told by SIGCHLD and by wait, which has either an exit \
    code or the signal that ended it. A program under a supervisor is to run: whatever its end \
    was, 0 included, it is started again. When no restart is left the exit code is 3.";
const BUDGET: &str = "`--restarts N` is the number of restarts in all: the first start is none. \
    When none is left the supervisor gives up, and its exit code says so: 3.";
const BACKOFF: &str = "What fails at once would be started again at once, as fast as the machine \
    can. The wait before a restart is `--backoff` at first, and twice as long each time.";
const TOLD: &str = held!(
    "SIGTERM ends a process by default, and its children live on as orphans. The \
    supervisor hears of SIGTERM and SIGINT (a signalfd, or a handler that writes into a pipe), \
    stops the program, waits for it, and ends with 0."
);
const MASK: &str = "Signals that are blocked stay blocked through fork and exec: a program in which \
    SIGTERM is blocked never gets it, and only SIGKILL stops it.";
const REAP: &str = "Who starts a child waits for it, or it stays as a zombie: the program as well \
    as each check.";
const BACKOFF_TOLD: &str = "While the supervisor waits for a restart it can be told to stop. So \
    this wait is one in poll, with a timeout, where a signal is noticed: not a sleep.";
const GRACE_TOLD: &str = "Here the program, when it gets SIGTERM, tells the supervisor to stop. \
    Being told is noticed at any time, and after it nothing is started.";
const NOT_STARTED: &str = "fork succeeds, exec does not: std's Command tells it as an error of \
    `spawn`. It is a start that has failed: the log says `not started`, standard error why, and \
    the next try is a restart like any other.";

pub fn restarts_what_has_ended(trial: &Trial) -> Outcome {
    let program = "echo >> starts; case $(wc -l < starts) in 1) exit 7;; 2) kill -KILL $$;; esac";
    let ran = supervisor(trial, &["--restarts", "2", "--backoff", "0"], program, PLAIN)?.run()?;
    ran.exits(3, ENDS)?;
    trial::snapshot!(
        ran,
        @"\n\
            started\n\
            ended: exit 7\n\
            restart 1 of 2 in 0 ms\n\
            started\n\
            ended: SIGKILL\n\
            restart 2 of 2 in 0 ms\n\
            started\n\
            ended: exit 0\n\
            gave up: no restart left\n",
        ENDS
    )?;
    ran.leaves_nothing(REAP)
}

pub fn restart_budget(trial: &Trial) -> Outcome {
    let mut random = trial.random();
    for restarts in [0, random.usize(3..8)] {
        let code = random.u8(1..=200);
        let (budget, program) = (restarts.to_string(), format!("exit {code}"));
        let options = ["--restarts", &budget, "--backoff", "0"];
        let ran = supervisor(trial, &options, &program, PLAIN)?.run()?;
        ran.exits(3, BUDGET)?;
        let mut log = format!("started\nended: exit {code}\n");
        for restart in 1..=restarts {
            let life = format!("started\nended: exit {code}\n");
            log.push_str(&format!("restart {restart} of {restarts} in 0 ms\n{life}"));
        }
        ran.prints(log + "gave up: no restart left\n", BUDGET)?;
        ran.leaves_nothing(REAP)?;
    }
    Ok(())
}

pub fn back_off(trial: &Trial) -> Outcome {
    let options = ["--restarts", "2", "--backoff", "50"];
    let ran = supervisor(trial, &options, "exit 1", PLAIN)?.run()?;
    ran.exits(3, BUDGET)?;
    trial::snapshot!(
        ran,
        @"\n\
            started\n\
            ended: exit 1\n\
            restart 1 of 2 in 50 ms\n\
            started\n\
            ended: exit 1\n\
            restart 2 of 2 in 100 ms\n\
            started\n\
            ended: exit 1\n\
            gave up: no restart left\n",
        BACKOFF
    )?;
    let took = ran.report.wall_ms;
    ran.holds(
        took >= 50 + 100,
        "two restarts that take 50 + 100 ms or longer",
        &format!("all was over after {took} ms"),
        BACKOFF,
    )
}

pub fn stops_when_told(trial: &Trial) -> Outcome {
    for signal in ["TERM", "INT"] {
        let program = format!("exec 5> held; kill -{signal} $PPID; {MEETS}");
        let ran = supervisor(trial, &[], &program, HELD)?.may_sleep().run()?;
        ran.exits(0, TOLD)?;
        let is_killed = String::from_utf8_lossy(&ran.stdout).contains("by SIGKILL");
        let log = format!("started\ntold to stop: SIG{signal}\nstopped by SIGTERM\n");
        ran.prints(log, if is_killed { MASK } else { TOLD })?;
        ran.leaves_nothing(REAP)?;
    }
    Ok(())
}

pub fn told_during_the_back_off(trial: &Trial) -> Outcome {
    // Whoever reads the log tells the supervisor to stop when it has said that it waits.
    let around = "mkfifo log; \"$@\" > log & exec 8< log; while read line <&8; do echo \"$line\"; \
        case $line in restart*) kill -TERM $!;; esac; done; wait $!";
    let ran = supervisor(trial, &["--backoff", "60000"], "exit 1", around)?
        .limits(|limits| limits.wall = Some(Duration::from_secs(5)))
        .run()?;
    ran.exits(0, BACKOFF_TOLD)?;
    trial::snapshot!(
        ran,
        @"\n\
            started\n\
            ended: exit 1\n\
            restart 1 of 3 in 60000 ms\n\
            told to stop: SIGTERM\n",
        BACKOFF_TOLD
    )?;
    ran.leaves_nothing(REAP)
}

pub fn told_during_the_grace(trial: &Trial) -> Outcome {
    let program = format!("trap 'kill -TERM $PPID; exit' TERM; {MEETS_ONE}");
    let options = ["--check", SAYS_NO, "--interval", "10", "--backoff", "1"];
    let ran = supervisor(trial, &options, &program, PLAIN)?.run()?;
    let log = String::from_utf8_lossy(&ran.stdout);
    let after = log.split_once("told to stop: SIGTERM\n").map(|(_, after)| after);
    ran.holds(
        after.is_some_and(|after| !after.contains("start")),
        "`told to stop: SIGTERM` in the log, and no start after it",
        log.trim_end(),
        GRACE_TOLD,
    )?;
    ran.exits(0, GRACE_TOLD)
}

pub fn cannot_be_started(trial: &Trial) -> Outcome {
    let ran = trial.program(["--restarts", "1", "--backoff", "1", "./no-such-program"]).run()?;
    ran.exits(3, NOT_STARTED)?;
    trial::snapshot!(
        ran,
        @"\n\
            not started\n\
            restart 1 of 1 in 1 ms\n\
            not started\n\
            gave up: no restart left\n",
        NOT_STARTED
    )?;
    ran.mentions("No such file or directory", NOT_STARTED)?;
    ran.leaves_nothing(REAP)
}
