//! How the program is stopped, with all that it has started.

use trial::{Outcome, Trial};

use crate::scene::{HELD, MEETS, MEETS_ONE, PLAIN, SAYS_NO, held, supervisor};

const TERM_FIRST: &str = "SIGTERM asks: a program that handles it puts its things in order, here \
    a folder that only one at a time can make. SIGKILL gives no time to. And the next start is for \
    after its end: when wait has told it.";
const GRACE: &str = "A program may ignore SIGTERM, or hang in its handler. SIGKILL cannot be \
    ignored: it comes when the grace is over, no earlier.";
const GROUP: &str = held!(
    "The program has started a process, which lives on when its parent has gone. A \
    process group holds both: put the program into one of its own (setpgid before exec), and send \
    the signals to the group. Also when the program itself has ended."
);
const GRACE_ALL: &str = "The program has ended, what it has started is still putting things in \
    order: it has the rest of the grace. Whether a group has a member left, `kill(-group, 0)` \
    tells, when the program itself has been waited for.";
const INHERITS: &str = "exec passes on each descriptor that is not close-on-exec, and the mask of \
    blocked signals. A signalfd or a self-pipe is the supervisor's own, and so is its standard \
    input: the program gets /dev/null.";
const CHECK_INHERITS: &str = "A check is a child like the program: /dev/null as its standard \
    input, no descriptor of the supervisor's own, and no signal is blocked in it.";
const EPIPE: &str = held!(
    "Nobody reads the log any more, so a write to it fails with EPIPE. That is no \
    reason to leave the program alone: it is stopped as always, and then the supervisor ends with \
    an error."
);
const REAP: &str = "Who starts a child waits for it, or it stays as a zombie: the program as well \
    as each check.";

pub fn sigterm_first(trial: &Trial) -> Outcome {
    // It takes its time, so that a start that comes too early finds the folder.
    let tidies = "for n in $(seq 40); do /bin/true; done; rmdir alone; exit";
    let program = format!("mkdir alone || exit 9; trap '{tidies}' TERM; {MEETS_ONE}");
    let options = ["--check", SAYS_NO, "--interval", "10", "--restarts", "1", "--backoff", "0"];
    let ran = supervisor(trial, &options, &program, PLAIN)?.run()?;
    ran.exits(3, TERM_FIRST)?;
    trial::snapshot!(
        ran,
        @"\n\
            started\n\
            check failed: exit 1\n\
            stopped by SIGTERM\n\
            restart 1 of 1 in 0 ms\n\
            started\n\
            check failed: exit 1\n\
            stopped by SIGTERM\n\
            gave up: no restart left\n",
        TERM_FIRST
    )
}

pub fn sigkill_after_the_grace(trial: &Trial) -> Outcome {
    let program = format!("trap '' TERM; {MEETS}");
    let options = ["--check", SAYS_NO, "--interval", "10", "--grace", "60", "--restarts", "0"];
    let ran = supervisor(trial, &options, &program, PLAIN)?.run()?;
    ran.exits(3, GRACE)?;
    trial::snapshot!(
        ran,
        @"\n\
            started\n\
            check failed: exit 1\n\
            stopped by SIGKILL\n\
            gave up: no restart left\n",
        GRACE
    )?;
    let took = ran.report.wall_ms;
    let came = format!("all was over after {took} ms");
    ran.holds(took >= 60, "the program is given its grace of 60 ms", &came, GRACE)?;
    ran.leaves_nothing(REAP)
}

pub fn whole_group(trial: &Trial) -> Outcome {
    // Told to stop with a process of the program's beside it.
    let program = format!("exec 5> held; cat never & kill -TERM $PPID; {MEETS}");
    let ran = supervisor(trial, &[], &program, HELD)?.run()?;
    ran.exits(0, GROUP)?;
    ran.prints("started\ntold to stop: SIGTERM\nstopped by SIGTERM\n", GROUP)?;
    // The program ends by itself, and what it leaves ignores SIGTERM.
    let program = "trap '' TERM; exec 5> held; cat never & exit 4";
    let options = ["--grace", "20", "--restarts", "1", "--backoff", "0"];
    let ran = supervisor(trial, &options, program, HELD)?.run()?;
    ran.exits(3, GROUP)?;
    trial::snapshot!(
        ran,
        @"\n\
            started\n\
            ended: exit 4\n\
            restart 1 of 1 in 0 ms\n\
            started\n\
            ended: exit 4\n\
            gave up: no restart left\n",
        GROUP
    )
}

pub fn grace_for_the_whole_group(trial: &Trial) -> Outcome {
    let tidies = "while grep -qs \"State:.[RSD]\" /proc/$$/status; do :; done; \
        for n in 1 2 3 4 5 6 7 8 9; do /bin/true; done; echo in order > state; exit";
    let program = format!("(trap '{tidies}' TERM; {MEETS_ONE}) & wait");
    let options = ["--check", SAYS_NO, "--interval", "10", "--restarts", "0"];
    let around = r#""$@"; status=$?; cat state; exit $status"#;
    let ran = supervisor(trial, &options, &program, around)?.run()?;
    ran.exits(3, GRACE_ALL)?;
    trial::snapshot!(
        ran,
        @"\n\
            started\n\
            check failed: exit 1\n\
            stopped by SIGTERM\n\
            gave up: no restart left\n\
            in order\n",
        GRACE_ALL
    )
}

pub fn what_the_program_inherits(trial: &Trial) -> Outcome {
    // A shell that has waited for a child may have unblocked all signals: so first its own mask,
    // without a child. `ls` opens the folder itself, as 3.
    let looks = "while read name mask; do case $name in SigBlk:) echo $mask > seen;; esac; \
        done < /proc/$$/status; ls /proc/self/fd >> seen; readlink /proc/self/fd/0 >> seen";
    let seen = "0000000000000000\n0\n1\n2\n3\n/dev/null\n";
    let around = r#"echo > input; "$@" < input; status=$?; cat seen; exit $status"#;
    let ran = supervisor(trial, &["--restarts", "0"], looks, around)?.run()?;
    ran.exits(3, INHERITS)?;
    let log = "started\nended: exit 0\ngave up: no restart left\n";
    ran.prints(format!("{log}{seen}"), INHERITS)?;
    let check = format!("{looks}; exit 1");
    let options = ["--check", &check, "--interval", "10", "--restarts", "0"];
    let ran = supervisor(trial, &options, "exec cat never", around)?.run()?;
    ran.exits(3, CHECK_INHERITS)?;
    let log = "started\ncheck failed: exit 1\nstopped by SIGTERM\ngave up: no restart left\n";
    ran.prints(format!("{log}{seen}"), CHECK_INHERITS)
}

pub fn nobody_reads_the_log(trial: &Trial) -> Outcome {
    let program = format!("exec 5> held; {MEETS}");
    let options = ["--check", SAYS_NO, "--interval", "1", "--restarts", "99999", "--backoff", "0"];
    let around = "exec 8<> held 9< held 8>&-; \
        { \"$@\" 9<&-; echo \"exit code $?\" > ended; } | read line; cat ended; cat <&9";
    let ran = supervisor(trial, &options, &program, around)?.run()?;
    ran.exits(0, EPIPE)?;
    ran.prints("exit code 1\n", EPIPE)?;
    ran.mentions("Broken pipe", EPIPE)
}
