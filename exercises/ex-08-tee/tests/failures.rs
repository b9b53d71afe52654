//! An output that fails, or goes away, and an input that cannot be read.

use std::path::Path;
use std::time::Duration;

use trial::{Outcome, Ran, Trial, Wrong, inputs};

use crate::copies::REAP;
use crate::{FILE, FILE_TOO, TYPED, file_holds};

const NO_FILE: &str = "The file could not be opened. That ends the child, and with it the last read \
    end of the pipe: the parent's next write there fails with EPIPE, or kills it by SIGPIPE if \
    that has its default action. It is to write to standard output alone from then on.";
const NOT_READ: &str = "The child could not write its file and ends. The parent learns of it by \
    EPIPE, if it has closed its own read end: else it fills the pipe, 65536 bytes, and waits for \
    ever. EPIPE on this pipe ends only this output.";
const TOLD: &str = "An output that is not complete is told: by a message that names it and says \
    why, and by exit code 1. The child knows why, the parent ends the program: the exit code of \
    the child can carry it.";
const STDOUT_FULL: &str = "Standard output could not be written. The file is an output of its own, \
    and gets all of the input, to the end.";
const NEITHER: &str = "Both outputs have failed, and the input goes on for ever: whatever is read \
    now is lost. The parent learns that the child is gone by EPIPE.";
const CLOSED: &str = "Nobody reads standard output any more, as after `| head -1`: a write there \
    says so by EPIPE, or by SIGPIPE. A filter ends then, by SIGPIPE, even if its input is still \
    open: so does the writer before it learn that nobody reads.";
const CLOSED_FILE: &str = "The file gets the same pieces as standard output, each after it. The \
    first was taken, so it is in the file; the second was refused, so it is not.";
const CLOSED_CHILD: &str = "The program has ended before its child: whoever looks into the file \
    now may find it unfinished. SIGPIPE with its default action kills the parent in the middle of \
    `write`. Rust ignores it: so the parent gets EPIPE, and can close the pipe and wait for the \
    child before it ends itself by that signal.";
const READ_ERROR: &str = "`read` returned -1: that is an error and no end. Who takes it for the end \
    of the input says that all has been copied, and knows nothing.";

/// Some lines, more than a pipe holds.
fn lines(trial: &Trial) -> String {
    inputs::seq(trial.random().usize(30_000..50_000))
}

fn needs_full_device() -> Outcome {
    if Path::new("/dev/full").exists() {
        return Ok(());
    }
    Err(Wrong::Skipped("there is no /dev/full, on which every write fails".to_owned()))
}

pub fn file_cannot_be_opened(trial: &Trial) -> Outcome {
    let input = lines(trial);
    let all = [("no/such.txt", "No such file or directory"), (".", "Is a directory")];
    for (file, why) in all {
        let ran = trial.program([file]).input_made_by("seq 40000", input.as_str()).run()?;
        ran.prints(&input, NO_FILE)?;
        ran.exits(1, TOLD)?;
        ran.mentions(&format!("{file}: {why}"), TOLD)?;
    }
    Ok(())
}

pub fn disk_full(trial: &Trial) -> Outcome {
    needs_full_device()?;
    let input = lines(trial);
    let ran = trial.program(["/dev/full"]).input_made_by("seq 40000", input.as_str()).run()?;
    ran.prints(&input, NOT_READ)?;
    ran.exits(1, TOLD)?;
    ran.mentions("/dev/full: No space left on device", TOLD)?;
    // What fits into the pipe is written there before the child has failed.
    let ran = trial.program(["/dev/full"]).input("hello tee\n").run()?;
    ran.prints("hello tee\n", NOT_READ)?;
    ran.exits(1, TOLD)?;
    ran.mentions("/dev/full: No space left on device", TOLD)
}

/// With the name in quotes or without.
fn tells_of_standard_output(ran: &Ran) -> Outcome {
    let words = "standard output: No space left on device";
    let said = String::from_utf8_lossy(&ran.stderr).replace('\'', "");
    if said.contains(words) {
        return Ok(());
    }
    ran.mentions(words, TOLD)
}

pub fn standard_output_full(trial: &Trial) -> Outcome {
    needs_full_device()?;
    let input = lines(trial);
    let ran = trial
        .program([FILE])
        .in_script("\"$@\" > /dev/full")
        .input_made_by("seq 40000", input.as_str())
        .by_hand(format!("seq 40000 | cargo xtask run ex-08 -- {TYPED} > /dev/full; wc -l {TYPED}"))
        .run()?;
    ran.exits(1, STDOUT_FULL)?;
    tells_of_standard_output(&ran)?;
    ran.leaves_nothing(REAP)?;
    file_holds(trial, &ran, input.as_bytes(), STDOUT_FULL)
}

pub fn neither_is_left(trial: &Trial) -> Outcome {
    needs_full_device()?;
    let ran = trial
        .program(["/dev/full"])
        .in_script("yes | \"$@\" > /dev/full")
        // Who reads on is noticed by the time that it uses, also where others want the processors.
        .limits(|limits| {
            limits.cpu = Some(Duration::from_millis(500));
            limits.wall = Some(Duration::from_secs(60));
        })
        .by_hand("yes | cargo xtask run ex-08 -- /dev/full > /dev/full; echo $?")
        .run()?;
    ran.exits(1, NEITHER)?;
    tells_of_standard_output(&ran)?;
    ran.mentions("/dev/full: No space left on device", TOLD)
}

/// Only `head` has the read end of standard output, so it is closed when `head` has ended. (Of a
/// shell's own pipe the shell may hold it a little longer.)
pub fn standard_output_closed_early(trial: &Trial) -> Outcome {
    let mut talk = trial
        .program([FILE])
        .in_script(
            "exec 3<&0; mkfifo out; \"$@\" <&3 3<&- >out & head -1 <out; echo closed; \
             wait $!; echo \"exit code $?\"",
        )
        .by_hand(format!(
            "(echo one; sleep 1; echo two; sleep 1; echo three) | \
             (cargo xtask run ex-08 -- {TYPED}; echo \"exit code $?\" >&2) | head -1; cat {TYPED}"
        ))
        .talk()?;
    talk.send("one\n");
    talk.expects("one\nclosed\n", CLOSED)?;
    talk.send("two\n");
    // 128 and the number of SIGPIPE. The input is still open.
    talk.expects("exit code 141\n", CLOSED)?;
    let ran = talk.finish()?;
    ran.exits(0, CLOSED)?;
    ran.leaves_nothing(CLOSED_CHILD)?;
    ran.complains("", "A filter that SIGPIPE ends says nothing: its reader knows.")?;
    file_holds(trial, &ran, b"one\n", CLOSED_FILE)
}

/// Standard input is a directory, on which every read fails.
pub fn unreadable_input(trial: &Trial) -> Outcome {
    let ran = trial
        .program([FILE])
        .in_script("\"$@\" < .")
        .by_hand(format!("cargo xtask run ex-08 -- {TYPED} < .; echo $?"))
        .run()?;
    ran.exits(1, READ_ERROR)?;
    ran.mentions("read error: Is a directory", READ_ERROR)?;
    ran.leaves_nothing(REAP)?;
    file_holds(trial, &ran, b"", FILE_TOO)
}

pub fn wrong_usage(trial: &Trial) -> Outcome {
    let means = "Without its file, or with more than one, there is nothing that it could do: say \
        how the program is used.";
    for words in [&[][..], &["one", "two"]] {
        let ran = trial.program(words.iter().copied()).input("lost\n").run()?;
        ran.exits(2, means)?;
        ran.prints("", "What goes wrong is told on standard error.")?;
        ran.mentions("usage", means)?;
    }
    Ok(())
}
