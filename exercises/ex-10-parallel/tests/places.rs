//! How many run, what frees a place, and what keeps nobody waiting.

use std::time::Duration;

use trial::{Outcome, Program, Trial, inputs};

use crate::fifos;

const SPINS: &str = "The first command here has closed its output, and both wait. A pipe at its \
    end answers poll at once, every time, and so does a poll that may not wait: the loop never \
    sleeps then (`time` shows it by hand, as user). What is at its end must leave the set.";
const GOES_ON: &str = "End-of-file says that no more output will come. It does not say that the \
    command has ended: a wait at that moment may wait for long, and from nobody is read \
    meanwhile. Poll for the end of a command as well: a pidfd is readable then, or SIGCHLD \
    writes into a pipe.";
const TOO_MANY: &str = "With -j 2 the third command may start when one of the first two has \
    ended. Here these wait for the third, so a right program waits with them for ever. (The \
    first has closed its output, which is not its end.)";
const PLACE: &str = "A place is free when a command has ended, whichever it was. The first here \
    ends last of all, and the others need each other, two and two: so always three have to run.";
const REUSED: &str = "What belongs to a command is given back when it has ended: its pipe and \
    whatever else there is have to be closed then, or the descriptors run out.";
const MANY: &str = "An exit status has eight bits: 300 would come out as 44. So 101 stands for \
    more than a hundred.";
const LEFT_BEHIND: &str = "The command has ended, but a process that it has started holds the \
    write end of its pipe, so end-of-file does not come. The end of a command is not the end of \
    its pipe: poll for it, then read what is in the pipe, and no further.";
const LATE: &str = "Each `late` here is written long after its command has ended, by a process that \
    it has started. Whoever leaves the pipe in the set as long as others run takes that for the \
    command's. Its output ends with the command: the pipe is done with as soon as what was in it \
    then has been read.";
const REAP: &str = "Each command has to be waited for, or it stays as a zombie.";

/// Waits for what nobody in it does, so that it is ended by the launcher.
fn standing_still(program: Program<'_>) -> Program<'_> {
    program.limits(|limits| {
        // A right program waits for it too, and whoever is about to run does not stand still.
        limits.quiet = Some(Duration::from_millis(150));
        // What spins has used that long before the deadline, on a busy machine too.
        limits.cpu = Some(Duration::from_millis(500));
        // For a loop that sleeps with a timeout.
        limits.wall = Some(Duration::from_secs(6));
    })
}

pub fn rests(trial: &Trial) -> Outcome {
    fifos(trial, &["never"])?;
    let program = trial.program(["echo one; exec >&-; : < never", "echo two; : < never"]);
    let ran = standing_still(program)
        .by_hand("time cargo xtask run ex-10 -- 'echo one; exec >&-; sleep 3' 'echo two; sleep 3'")
        .run()?;
    ran.sleeps(SPINS)
}

pub fn closes_and_goes_on(trial: &Trial) -> Outcome {
    let lines = trial.random().usize(30_000..60_000);
    fifos(trial, &["closed", "gate"])?;
    // Opening a FIFO waits until somebody opens its other end (fifo(7)), and `cat` for the end of
    // whoever has that: so the first closes first, and ends last.
    let closes = "echo one; exec >&-; : > closed; cat gate > /dev/null";
    let speaks = format!(": < closed; seq {lines}; exec 9> gate");
    let ran = trial
        .program([closes, &speaks])
        .by_hand(format!(
            "cargo xtask run ex-10 -- 'echo one; exec >&-; sleep 5' 'seq {lines}; echo end >&2'"
        ))
        .run()?;
    ran.exits(0, GOES_ON)?;
    ran.prints("one\n".to_owned() + &inputs::seq(lines), GOES_ON)?;
    ran.leaves_nothing(REAP)
}

pub fn at_most_j(trial: &Trial) -> Outcome {
    fifos(trial, &["one", "two"])?;
    let commands = ["exec >&-; : < one", ": < two", ": > one; : > two"];
    let ran = standing_still(trial.program(["-j", "2"].into_iter().chain(commands)))
        .by_hand("cargo xtask run ex-10 -- -j 2 'exec >&-; sleep 2' 'sleep 2' 'echo not yet >&2'")
        .run()?;
    ran.sleeps(TOO_MANY)
}

pub fn always_j(trial: &Trial) -> Outcome {
    fifos(trial, &["last", "a", "b", "c"])?;
    let pair = |gate: &str| [format!(": < {gate}; echo {gate}"), format!(": > {gate}")];
    let mut commands = vec!["cat last; echo first".to_owned()];
    commands.extend(["a", "b", "c"].iter().flat_map(|gate| pair(gate)));
    commands.push("exec 9> last; echo last".to_owned());
    let options = ["-j", "3"].map(str::to_owned);
    let ran = trial
        .program(options.into_iter().chain(commands))
        .by_hand("cargo xtask run ex-10 -- -j 2 'sleep 3' 'sleep 1' 'date >&2; sleep 1' 'date >&2'")
        .run()?;
    ran.exits(0, PLACE)?;
    ran.prints("first\na\nb\nc\nlast\n", PLACE)?;
    ran.leaves_nothing(REAP)
}

pub fn three_hundred(trial: &Trial) -> Outcome {
    const COUNT: usize = 300;
    fifos(trial, &["gate"])?;
    // The first ends after others, so that whoever prints what has ended is wrong every time.
    let commands = (1..=COUNT).map(|number| {
        let when = match number {
            1 => "cat gate; ",
            20 => "exec 9> gate; ",
            _ => "",
        };
        format!("{when}echo {number}; exit 1")
    });
    let ran = trial
        .program(["-j", "8"].map(str::to_owned).into_iter().chain(commands))
        // Each is a shell that has to be started, also where others want the processors, and by a
        // program that is slow at that.
        .limits(|limits| {
            limits.cpu = Some(Duration::from_secs(10));
            limits.wall = Some(Duration::from_secs(60));
        })
        // With as many descriptors as it has here: a shell allows more.
        .by_hand(
            "(ulimit -n 256; cargo xtask run ex-10 -- -j 8 $(yes false | head -300) > /dev/null; \
             echo $?)",
        )
        .run()?;
    let told: String = (1..=COUNT).map(|number| format!("[{number}] exited with 1\n")).collect();
    let said = String::from_utf8_lossy(&ran.stderr);
    let other = said.lines().zip(told.lines()).find(|(said, told)| said != told);
    let (said, told_so) = other.unwrap_or_default();
    let expected = format!("`{told_so}` on standard error");
    ran.holds(other.is_none(), &expected, &format!("`{said}`"), REUSED)?;
    ran.complains(told, REUSED)?;
    ran.prints(inputs::seq(COUNT), REUSED)?;
    ran.exits(101, MANY)?;
    ran.leaves_nothing(REAP)
}

/// More than one read, and less than a pipe holds: it is all in the pipe when the command ends.
pub fn left_behind(trial: &Trial) -> Outcome {
    let lines = trial.random().usize(5000..12_000);
    fifos(trial, &["never"])?;
    let ran = trial
        .program(["-j", "1", &format!("cat never & seq {lines}"), "echo second"])
        .by_hand("time cargo xtask run ex-10 -- -j 1 'sleep 5 & echo early' 'echo second'")
        .run()?;
    ran.exits(0, LEFT_BEHIND)?;
    ran.prints(inputs::seq(lines) + "second\n", LEFT_BEHIND)
}

/// What is left behind waits for a reader of its FIFO, and writes then: the fifth command is that.
/// By then the first command has had its turn in the output, and the third has not, as the second
/// ends last of all; and since the third ended, a whole command has come and gone.
pub fn says_more_later(trial: &Trial) -> Outcome {
    fifos(trial, &["one", "three", "last"])?;
    let leaves = |name: &str| format!("(exec 9> {name}; echo late) & echo {name}");
    let commands = [
        &leaves("one"),
        "cat last; echo two",
        &leaves("three"),
        "echo four",
        "cat one three; echo five",
        "exec 9> last; echo six",
    ];
    let ran = trial
        .program(["-j", "2"].into_iter().chain(commands))
        .by_hand("cargo xtask run ex-10 -- '(sleep 1; echo late) & echo early' 'sleep 2; echo two'")
        .run()?;
    ran.exits(0, LATE)?;
    ran.prints("one\ntwo\nthree\nfour\nfive\nsix\n", LATE)
}
