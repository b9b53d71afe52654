//! How the commands end and the program does, and what a command is given.

use std::path::Path;

use trial::{Outcome, Ran, Trial, Wrong};

use crate::fifos;

const COUNTED: &str = "Each command is waited for, each status looked at: an exit code, or the \
    signal that has ended it. The program's own status is how many have failed.";
const PRINTED: &str = "A command that fails has often said something first, and that is printed \
    as for any other.";
const TOLD: &str = "Each failure is told in its command's turn: with its exit code, or with the \
    signal. A process that a signal has ended has no exit code; wait tells which it was.";
const MISSING: &str = "`sh` runs and finds no such command: it says so on standard error itself, \
    and exits with 127. For the program that is one more command that has failed.";
const NOT_STARTED: &str = "Starting a process can fail: exec in the child has an errno, which \
    `spawn` hands over as an error. It fails for this command; what belongs to the others goes \
    on.";
const INPUT: &str = "One standard input cannot serve several commands: each would take a part of \
    it, and nobody knows which. So theirs is empty (/dev/null).";
const ERRORS: &str = "Only standard output goes through the pipe. Standard error is the \
    program's own, and what a command says there is seen at once.";
const LEAK: &str = "A command is to have standard input, output and error, and nothing else. An \
    end of another command's pipe that it inherits stays open as long as it runs, and withholds \
    end-of-file or SIGPIPE: pipes are made close-on-exec.";
const READER_GONE: &str = "Rust ignores SIGPIPE, so a write to a pipe without reader is an error \
    (EPIPE). `println!` panics of it, and whoever passes it over writes on for nobody.";
const LOST: &str = "What could not be printed is lost, and only this program knows. It is an error \
    of its own, so its status is none that stands for a number of commands that failed.";
const REAP: &str = "Each command that was started has to be waited for, also when the program \
    ends for a reason of its own.";

/// The first ends last, so that whoever prints what has ended is wrong every time.
fn in_reverse(
    trial: &Trial,
    [first, second, third]: [&str; 3],
    by_hand: &str,
) -> Result<Ran, Wrong> {
    fifos(trial, &["gate"])?;
    let (first, third) = (format!("cat gate; {first}"), format!("exec 9> gate; {third}"));
    trial.program([&first, second, &third]).by_hand(by_hand).run()
}

pub fn failing_commands(trial: &Trial) -> Outcome {
    let by_hand = "cargo xtask run ex-10 -- 'sleep 1; echo one; exit 3' 'echo two' \
        'echo three; kill -KILL $$'; echo $?";
    let commands = ["echo one; exit 3", "echo two", "echo three; kill -KILL $$"];
    let ran = in_reverse(trial, commands, by_hand)?;
    ran.exits(2, COUNTED)?;
    ran.prints("one\ntwo\nthree\n", PRINTED)?;
    ran.complains("[1] exited with 3\n[3] was ended by SIGKILL\n", TOLD)?;
    ran.leaves_nothing(REAP)
}

pub fn missing_commands(trial: &Trial) -> Outcome {
    let by_hand =
        "cargo xtask run ex-10 -- 'sleep 1; echo one' 'no-such-command 2' 'echo three'; echo $?";
    let ran = in_reverse(trial, ["echo one", "no-such-command 2", "echo three"], by_hand)?;
    ran.exits(1, MISSING)?;
    ran.prints("one\nthree\n", MISSING)?;
    ran.mentions("no-such-command", ERRORS)?;
    ran.mentions("[2] exited with 127", MISSING)?;
    ran.leaves_nothing(REAP)
}

pub fn could_not_be_started(trial: &Trial) -> Outcome {
    let ran = trial
        .program(["echo one", "echo two", "echo three"])
        .in_script(r#"program=$(command -v "$1"); shift; PATH=/nonexistent; "$program" "$@""#)
        .by_hand(
            "cargo xtask run ex-10 -- true; (PATH=/nonexistent; target/debug/ex-10 'echo one' \
             'echo two' 'echo three')",
        )
        .run()?;
    ran.exits(3, NOT_STARTED)?;
    ran.prints("", NOT_STARTED)?;
    for number in 1..=3 {
        ran.mentions(&format!("[{number}] could not be started: "), NOT_STARTED)?;
    }
    ran.leaves_nothing(REAP)
}

pub fn input_and_errors(trial: &Trial) -> Outcome {
    let ran = trial.program(["cat; echo out", "echo error >&2"]).input("not for you\n").run()?;
    ran.exits(0, INPUT)?;
    ran.prints("out\n", INPUT)?;
    ran.complains("error\n", ERRORS)
}

pub fn no_descriptor_leaks(trial: &Trial) -> Outcome {
    // `ls` opens the folder itself, as 3.
    let list = "ls /proc/self/fd";
    let ran = trial.program([list, list, list]).run()?;
    ran.exits(0, LEAK)?;
    ran.prints("0\n1\n2\n3\n".repeat(3), LEAK)
}

pub fn reader_gone(trial: &Trial) -> Outcome {
    // Far more than the pipe holds when `head` has gone.
    let ran = trial
        .program(["seq 300000", "seq 300000"])
        .in_script(r#"{ "$@"; echo "status $?" >&2; } | head -1"#)
        .run()?;
    ran.prints("1\n", READER_GONE)?;
    let said = String::from_utf8_lossy(&ran.stderr);
    let status = said.lines().rev().find_map(|line| line.strip_prefix("status "));
    let status = status.unwrap_or("unknown");
    ran.holds(
        !matches!(status, "0" | "101" | "unknown"),
        "the program ends with a status that is not 0, and without a panic",
        &format!("its status was {status}"),
        READER_GONE,
    )?;
    ran.leaves_nothing(REAP)
}

pub fn cannot_print(trial: &Trial) -> Outcome {
    if !Path::new("/dev/full").exists() {
        return Err(Wrong::Skipped("there is no /dev/full, on which every write fails".to_owned()));
    }
    let ran = trial.program(["echo lost"]).in_script("\"$@\" > /dev/full").run()?;
    ran.exits(255, LOST)?;
    ran.mentions("No space left on device", LOST)?;
    ran.leaves_nothing(REAP)
}

pub fn wrong_usage(trial: &Trial) -> Outcome {
    let means = "Without a command there is nothing to run: say how the program is used. The status \
        is none that stands for a number of commands that failed.";
    for words in
        [&[][..], &["-j", "2"], &["-j", "0", "echo"], &["-j", "x", "echo"], &["-k", "echo"]]
    {
        let ran = trial.program(words.iter().copied()).run()?;
        ran.exits(255, means)?;
        ran.prints("", "What goes wrong is told on standard error.")?;
        ran.mentions("usage", means)?;
    }
    Ok(())
}
