//! What is printed, and in which order.

use std::time::Duration;

use trial::{Outcome, Trial, inputs};

use crate::fifos;

const ENDS: &str = "A pipe ends when its last write end is closed: the command's own, and every \
    copy of it, in the program too. And whoever started a command learns of its end by waiting \
    for it.";
const PIPES: &str = "A command's standard output is the write end of a pipe here, and the program \
    has its read end. With a file nobody would have to read while the command runs, but nobody \
    would hear of what it says before it has ended either.";
const IN_ORDER: &str = "The commands finish in any order, and so their bytes come in any order. \
    What comes from one whose turn it is not has to be kept until it is, all of it.";
const REAP: &str = "Each command is a child of the program: it has to be waited for, or it stays \
    as a zombie.";
const ALL_PIPES: &str = "Here the first command goes on when the second has said all, and that is \
    more than a pipe holds (65536 bytes). So both have to run at once, and the second's \
    pipe has to be read while the first says nothing: poll tells which pipe has something.";
const AT_ONCE: &str = "Nineteen of these commands wait for the twentieth, and that one for each \
    of them. So they end only where all of them run at once.";
const READ_FIRST: &str = "A command with more to say than a pipe holds (65536 bytes) waits until \
    somebody reads. So the pipes are read first, and the commands waited for after that.";
const TAIL: &str = "When a command has ended there may still be 65536 bytes of it in its pipe, \
    whatever a single read returns. Read all of them before the pipe is closed.";
const BYTES: &str = "A pipe carries bytes. They may be no text, may have no newline at their \
    end, or may not come at all, and nothing is added to them.";
const MUCH: &str = "Whoever has to keep what comes keeps the bytes and little else; in short \
    lines of their own they take many times their size. And no output is too long to be read: \
    its command waits for its reader.";

/// Less than a pipe holds.
const TAIL_LINES: usize = 10_000;

pub fn captures_stdout(trial: &Trial) -> Outcome {
    let ran = trial.program(["echo one; echo two"]).run()?;
    ran.exits(0, ENDS)?;
    trial::snapshot!(ran, @"
    one
    two
    ", "What the command writes to its standard output is what the program prints.")?;
    ran.complains("", "Nothing went wrong here, so there is nothing to tell.")?;
    ran.leaves_nothing(REAP)
}

pub fn through_pipes(trial: &Trial) -> Outcome {
    let ran = trial.program(["test -p /dev/stdout && echo a pipe || echo no pipe"]).run()?;
    ran.exits(0, ENDS)?;
    trial::snapshot!(ran, @"a pipe", PIPES)
}

pub fn runs_n_simultaneously(trial: &Trial) -> Outcome {
    fifos(trial, &["gate", "passed"])?;
    // Opening a FIFO waits until somebody opens its other end (fifo(7)). Who has it open for both
    // waits for nobody, and reads no end-of-file.
    let waits = ": < gate; echo > passed; echo here";
    let opens = "exec 9<> gate; head -c 19 <> passed > /dev/null; echo here";
    let ran = trial
        .program([waits; 19].into_iter().chain([opens]))
        .by_hand("time cargo xtask run ex-10 -- 'sleep 1' 'sleep 1' 'sleep 1' 'sleep 1' 'sleep 1'")
        .run()?;
    ran.exits(0, AT_ONCE)?;
    ran.prints("here\n".repeat(20), "Each of the twenty commands has printed one line.")
}

/// `cat` sees end-of-file when the second command's process has ended.
pub fn prints_in_order(trial: &Trial) -> Outcome {
    fifos(trial, &["gate"])?;
    let ran = trial
        .program(["cat gate; echo one", "exec 9> gate; echo two", "printf three"])
        .by_hand("cargo xtask run ex-10 -- 'sleep 1; echo one' 'echo two' 'printf three'")
        .run()?;
    ran.exits(0, ENDS)?;
    trial::snapshot!(ran, @"
    one
    two
    three
    ", IN_ORDER)?;
    ran.leaves_nothing(REAP)
}

/// The first command ends while the program cannot read: it stops the program, and the second lets
/// it go on when the first is a zombie, or is gone.
pub fn reads_the_tail(trial: &Trial) -> Outcome {
    const FIRST: usize = 100_000;
    let by_hand = format!("cargo xtask run ex-10 -- 'seq {FIRST}' | tail -1");
    let ran = trial.program([format!("seq {FIRST}")]).by_hand(&by_hand).run()?;
    ran.exits(0, READ_FIRST)?;
    ran.prints(inputs::seq(FIRST), TAIL)?;

    fifos(trial, &["ended"])?;
    let stops = format!("exec 9> ended; echo $$ >&9; kill -STOP $PPID; seq {TAIL_LINES}");
    let goes_on = "exec < ended; read pid; cat; \
        while [ -e /proc/$pid ] && ! grep -q '^State:.Z' /proc/$pid/status; do :; done; \
        kill -CONT $PPID";
    let ran = trial.program([&stops, goes_on]).by_hand(by_hand).run()?;
    ran.exits(0, READ_FIRST)?;
    ran.prints(inputs::seq(TAIL_LINES), TAIL)
}

pub fn different_amounts_different_times(trial: &Trial) -> Outcome {
    let mut random = trial.random();
    let (few, many) = (random.usize(10..1000), random.usize(30_000..60_000));
    fifos(trial, &["gate"])?;
    let first = format!(": < gate; seq {few}");
    let second = format!("seq {many}; : > gate");
    let ran = trial
        .program([&first, &second])
        .by_hand(format!("cargo xtask run ex-10 -- 'sleep 1; seq {few}' 'seq {many}' | less"))
        .run()?;
    ran.exits(0, ALL_PIPES)?;
    ran.prints(inputs::seq(few) + &inputs::seq(many), IN_ORDER)?;
    ran.leaves_nothing(REAP)
}

/// The first ends last, so that whoever prints what has ended is wrong every time.
pub fn any_bytes(trial: &Trial) -> Outcome {
    fifos(trial, &["gate"])?;
    let first = r"cat gate; printf '\377\000\n'";
    let last = r"exec 9> gate; printf '\n\n'";
    let ran = trial
        .program([first, ":", "printf 'no newline'", "", last])
        .by_hand(
            "cargo xtask run ex-10 -- 'sleep 1; head -c 9 /dev/urandom' : 'printf x' '' | od -c",
        )
        .run()?;
    ran.exits(0, ENDS)?;
    ran.prints(b"\xff\0\nno newline\n\n", BYTES)
}

pub fn no_pipe_fills_up(trial: &Trial) -> Outcome {
    const SIZE: usize = 64 << 20;
    fifos(trial, &["gate"])?;
    let much = format!("yes | head -c {SIZE}");
    let ran = trial
        .program(["cat gate; echo first", &format!("exec 9> gate; {much}")])
        .by_hand(format!(
            "cargo xtask run ex-10 -- 'sleep 1; echo first' '{much}' | tail -n +2 | wc -c"
        ))
        // Who keeps too much is to meet the limit of memory, however slow the machine is.
        .limits(|limits| {
            limits.cpu = Some(Duration::from_secs(10));
            limits.wall = Some(Duration::from_secs(60));
        })
        .run()?;
    ran.exits(0, MUCH)?;
    // Made at once: megabytes that are put together take as long as the rest.
    let mut expected = "y\n".repeat(SIZE / 2 + 3).into_bytes();
    expected[..6].copy_from_slice(b"first\n");
    ran.prints(expected, MUCH)?;
    ran.leaves_nothing(REAP)
}
