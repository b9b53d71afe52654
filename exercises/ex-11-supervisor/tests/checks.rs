//! When a check is run, and what comes of it.

use std::time::Duration;

use trial::{Outcome, Trial};

use crate::scene::{HELD, MEETS, PLAIN, held, supervisor};

const FAILS: &str = "The check is a child of its own beside the program. Its exit status is its \
    answer: 0 is well, anything else has the program stopped and started again.";
const QUIET: &str = "What a check prints is not for the log: its output goes to /dev/null.";
const INTERVAL: &str = "The first check begins when the program has run for the interval, and the \
    next one at least the interval after that.";
const SIGNAL: &str = "A check that a signal has ended has no exit code, and certainly not 0: wait \
    tells the signal. It has failed.";
const DEADLINE: &str = held!(
    "A check that hangs says nothing, and whoever waits for it hangs too. It has \
    a deadline of its own: then it is killed, and has failed."
);
const CHECK_GROUP: &str = held!(
    "The check is a shell that has started a process of its own. A signal to \
    the shell alone leaves that one: give the check a process group, and signal the group."
);
const NO_PROGRAM: &str = held!(
    "The program has ended while its check is still running. What the check \
    would say is of no use any more: it is killed, and the end of the program is told at once."
);
const TOLD: &str = held!(
    "The supervisor is told to stop while a check is running. The check is a child too, in a group \
    of its own, and not worth a grace: it is killed, so that nothing is left behind."
);
const REAP: &str = "Who starts a child waits for it, or it stays as a zombie: the program as well \
    as each check.";
const SLEEPS: &str = "The program runs and there is nothing to do: the supervisor waits in one \
    call, poll for example, until a signal comes or something is due. Asking again and again \
    burns a processor, and so does, slowly, a call with a timeout that looks whether \
    something has come.";

pub fn health_check_fails(trial: &Trial) -> Outcome {
    // As in the article, but for the file, which goes away: the first check of each life takes it.
    let program = format!("touch healthy; {MEETS}");
    let code = trial.random().u8(2..=200);
    let check =
        format!(": > go; echo noise; echo noise >&2; test -f healthy || exit {code}; rm healthy");
    let options = ["--check", &check, "--interval", "10", "--restarts", "1", "--backoff", "1"];
    let ran = supervisor(trial, &options, &program, PLAIN)?.run()?;
    ran.exits(3, FAILS)?;
    let is_noisy = String::from_utf8_lossy(&ran.stdout).contains("noise");
    let means = if is_noisy { QUIET } else { FAILS };
    let life = format!("started\ncheck failed: exit {code}\nstopped by SIGTERM\n");
    let log = format!("{life}restart 1 of 1 in 1 ms\n{life}gave up: no restart left\n");
    ran.prints(log, means)?;
    ran.complains("", QUIET)?;
    ran.leaves_nothing(REAP)
}

pub fn health_interval(trial: &Trial) -> Outcome {
    let check = ": > go; echo >> checks; test $(wc -l < checks) -lt 2";
    let options = ["--check", check, "--interval", "110", "--restarts", "0"];
    let ran = supervisor(trial, &options, MEETS, PLAIN)?.run()?;
    ran.exits(3, FAILS)?;
    let log = "started\ncheck failed: exit 1\nstopped by SIGTERM\ngave up: no restart left\n";
    ran.prints(log, FAILS)?;
    let took = ran.report.wall_ms;
    ran.holds(
        took >= 2 * 110,
        "the second check no earlier than two intervals of 110 ms",
        &format!("all was over after {took} ms"),
        INTERVAL,
    )
}

pub fn ended_by_a_signal(trial: &Trial) -> Outcome {
    // A second check would say something else.
    let check = ": > go; echo >> checks; test $(wc -l < checks) -gt 1 || kill -KILL $$; exit 9";
    let options = ["--check", check, "--interval", "10", "--restarts", "0"];
    let ran = supervisor(trial, &options, MEETS, PLAIN)?.run()?;
    ran.exits(3, SIGNAL)?;
    trial::snapshot!(
        ran,
        @"\n\
            started\n\
            check failed: SIGKILL\n\
            stopped by SIGTERM\n\
            gave up: no restart left\n",
        SIGNAL
    )
}

pub fn hangs(trial: &Trial) -> Outcome {
    let alone = ("exec 5> held; exec cat never", DEADLINE);
    let with_another = ("exec 5> held; cat never & wait", CHECK_GROUP);
    for (check, means) in [alone, with_another] {
        let options = ["--check", check, "--interval", "10", "--deadline", "40", "--restarts", "0"];
        let ran = supervisor(trial, &options, "exec cat never", HELD)?.run()?;
        ran.exits(3, means)?;
        let log = "started\ncheck failed: no answer\nstopped by SIGTERM\n";
        ran.prints(format!("{log}gave up: no restart left\n"), means)?;
        let took = ran.report.wall_ms;
        let came = format!("all was over after {took} ms");
        ran.holds(took >= 40, "the check is given its 40 ms", &came, DEADLINE)?;
    }
    Ok(())
}

pub fn program_ends_during_one(trial: &Trial) -> Outcome {
    let check = "exec 5> held; : > go; exec cat never";
    let options = ["--check", check, "--interval", "10", "--deadline", "60000", "--restarts", "0"];
    let ran = supervisor(trial, &options, ": < go; exit 5", HELD)?.run()?;
    ran.exits(3, NO_PROGRAM)?;
    trial::snapshot!(
        ran,
        @"\n\
            started\n\
            ended: exit 5\n\
            gave up: no restart left\n",
        NO_PROGRAM
    )
}

pub fn told_during_one(trial: &Trial) -> Outcome {
    let check = "exec 5> held; : > go; exec cat never";
    let options = ["--check", check, "--interval", "10", "--deadline", "60000"];
    let program = ": < go; kill -TERM $PPID; exec cat never";
    let ran = supervisor(trial, &options, program, HELD)?.run()?;
    ran.exits(0, TOLD)?;
    ran.prints("started\ntold to stop: SIGTERM\nstopped by SIGTERM\n", TOLD)?;
    ran.leaves_nothing(REAP)
}

/// No check, so nothing is ever due.
pub fn sleeps_while_all_is_well(trial: &Trial) -> Outcome {
    let ran = supervisor(trial, &[], MEETS, PLAIN)?
        .limits(|limits| {
            limits.quiet = Some(Duration::from_millis(100));
            limits.cpu = Some(Duration::from_millis(150));
            // For a supervisor that wakes now and then.
            limits.wall = Some(Duration::from_secs(3));
        })
        .by_hand("time cargo xtask run ex-11 --deadline 3 -- sleep 9")
        .run()?;
    ran.sleeps_without_a_timeout(SLEEPS)
}
