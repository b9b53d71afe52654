//! The ends of the commands: of their outputs, and of themselves.

use std::time::Duration;

use trial::{Outcome, Trial};

use crate::{by_label, fifos, scripts};

const SPINS: &str = "A pipe whose write ends are closed stays ready: `poll` answers HUP for it at \
    once, every time, also where nobody asked. With such a pipe left in the set the loop never \
    sleeps again (`time` shows it by hand, as user and sys). What has come to its end must not be \
    in the set any more.";
const READ_FIRST: &str = "The first command closed its output, so its pipe has come to its end, \
    and the command itself waits for the second, which waits to be read. End-of-file is not the \
    end of a command: who waits for the command in the middle of the loop reads nobody.";
const STATUSES: &str = "How a command ended is what `wait` tells its parent: an exit code, or the \
    signal that ended it. No pipe says anything about that.";
const OTHERS: &str = "One command that is not there says nothing about the others: they are read \
    to the end of their pipes and waited for.";
const NOT_STARTED: &str = "A command that cannot be started has no pipe and no status. The program \
    says so on standard error, with the command's name, and ends with 1.";
const NOBODY_READS: &str = "When its reader has gone, the program's write fails with EPIPE. Then \
    it closes its read ends, by which a command that still writes gets SIGPIPE, and waits for all.";
const REAP: &str = "Who starts a command waits for it, or it stays as a zombie.";

/// One command has ended, the other waits for ever: nothing happens any more.
pub fn rests(trial: &Trial) -> Outcome {
    fifos(trial, &["never"])?;
    let ran = trial
        .program(["true", "--", "cat", "never"])
        .limits(|limits| {
            limits.quiet = Some(Duration::from_millis(100));
            limits.cpu = Some(Duration::from_millis(150));
            // For a loop that sleeps with a timeout.
            limits.wall = Some(Duration::from_secs(3));
        })
        .by_hand("time cargo xtask run ex-04 -- true -- sleep 3")
        .run()?;
    ran.sleeps(SPINS)
}

/// When the second command speaks, the first one's pipe is at its end already.
pub fn waits_last(trial: &Trial) -> Outcome {
    let closes = "exec >&-; : > closed; read turn < turn; exit 7";
    let speaks = "cat closed; echo I am still read; read line; : > turn";
    fifos(trial, &["closed", "turn"])?;
    let mut talk = trial
        .program(scripts(&[closes, speaks]))
        .by_hand(
            "cargo xtask run ex-04 -- sh -c 'exec >&-; sleep 4' -- \
             sh -c 'sleep 1; echo after a second'",
        )
        .talk()?;
    talk.expects("[2] I am still read\n", READ_FIRST)?;
    talk.send("\n");
    let ran = talk.finish()?;
    ran.exits(0, READ_FIRST)?;
    trial::snapshot!(
        ran,
        @"\n[2] I am still read\n[1] exited with 7\n[2] exited with 0\n",
        STATUSES
    )?;
    ran.leaves_nothing(REAP)
}

pub fn tells_the_endings(trial: &Trial) -> Outcome {
    let commands = ["exit 3", "kill -KILL $$", "true", "kill -PIPE $$"];
    let ran = trial.program(scripts(&commands)).run()?;
    ran.exits(0, STATUSES)?;
    trial::snapshot!(
        ran,
        @"\n[1] exited with 3\n[2] was ended by SIGKILL\n[3] exited with 0\n\
        [4] was ended by SIGPIPE\n",
        STATUSES
    )?;
    ran.leaves_nothing(REAP)
}

pub fn goes_on_without_one(trial: &Trial) -> Outcome {
    let words = ["echo", "first", "--", "no-such-command", "x", "--", "seq", "1000"];
    let mut ran = trial.program(words).run()?;
    ran.exits(1, NOT_STARTED)?;
    ran.mentions("no-such-command", NOT_STARTED)?;
    by_label(&mut ran, 3);
    let numbers: String = (1..=1000).map(|number| format!("[3] {number}\n")).collect();
    let endings = "[1] exited with 0\n[2] was not started\n[3] exited with 0\n";
    ran.prints(format!("[1] first\n{numbers}{endings}"), OTHERS)?;
    ran.leaves_nothing(REAP)
}

pub fn ends_with_its_reader(trial: &Trial) -> Outcome {
    let ran = trial.program(["yes"]).in_script("\"$@\" | head -2").run()?;
    ran.exits(0, NOBODY_READS)?;
    ran.prints("[1] y\n[1] y\n", NOBODY_READS)?;
    ran.leaves_nothing(NOBODY_READS)
}
