//! How the commands end, and what they say on standard error.

use trial::{Outcome, Trial, inputs};

const STATUSES: &str = "Each command is waited for, and each status is told. The program itself \
    ends with the second's, as a shell does.";
const SIGNALS: &str = "A process that a signal has ended has no exit code: wait tells the signal. \
    A shell makes 128+N of it.";
const APART: &str = "Standard error does not go through the pipe: each command has one of its own, \
    and the program labels what comes from it, line by line. What a line holds is the command's \
    affair: it may be no text.";
const ALL_AT_ONCE: &str = "A command that has more to say on standard error than a pipe holds waits \
    until somebody reads it there. Whoever reads the output to its end first waits for it in turn. \
    Read whichever has something.";
const MISSING: &str = "A command that cannot be started leaves its end of the pipe closed, so the \
    other one sees end-of-file or SIGPIPE, and ends: it is started, read and waited for all the \
    same. The reason is what exec answered.";
const REAP: &str = "Each command that was started has to be waited for.";

pub fn both_statuses(trial: &Trial) -> Outcome {
    let ran = trial.program(["sh", "-c", "exit 3", "|", "sh", "-c", "cat; exit 4"]).run()?;
    ran.exits(4, STATUSES)?;
    ran.prints("pipe result: ''\n", "Neither command prints anything.")?;
    ran.complains("[1] exited with 3\n[2] exited with 4\n", STATUSES)?;
    ran.leaves_nothing(REAP)
}

pub fn ends_by_signals(trial: &Trial) -> Outcome {
    let ran =
        trial.program(["sh", "-c", "kill -TERM $$", "|", "sh", "-c", "kill -KILL $$"]).run()?;
    ran.exits(128 + 9, SIGNALS)?;
    ran.complains("[1] was ended by SIGTERM\n[2] was ended by SIGKILL\n", SIGNALS)?;
    ran.leaves_nothing(REAP)
}

pub fn standard_error_apart(trial: &Trial) -> Outcome {
    let first = r"echo out; printf 'one\n\377\n' >&2; printf two >&2";
    let ran = trial.program(["sh", "-c", first, "|", "sh", "-c", "cat; echo three >&2"]).run()?;
    ran.exits(0, APART)?;
    ran.prints("pipe result: 'out'\n", APART)?;
    let all = b"[1] one\n[1] \xff\n[1] two\n[1] exited with 0\n[2] three\n[2] exited with 0\n";
    ran.complains(all, APART)
}

pub fn errors_of_any_size(trial: &Trial) -> Outcome {
    let lines = trial.random().usize(15_000..30_000);
    let speak = format!("seq {lines} >&2; echo done");
    let listen = format!("seq {lines} >&2; cat");
    let ran = trial.program(["sh", "-c", &speak, "|", "sh", "-c", &listen]).run()?;
    ran.exits(0, ALL_AT_ONCE)?;
    ran.prints("pipe result: 'done'\n", ALL_AT_ONCE)?;
    let (one, two) = (inputs::numbered("[1] ", lines), inputs::numbered("[2] ", lines));
    let all = format!("{one}[1] exited with 0\n{two}[2] exited with 0\n");
    ran.complains(all, ALL_AT_ONCE)?;
    ran.leaves_nothing(REAP)
}

pub fn first_command_missing(trial: &Trial) -> Outcome {
    let ran = trial.program(["no-such-command", "|", "wc", "-l"]).run()?;
    ran.exits(0, MISSING)?;
    ran.prints("pipe result: '0'\n", MISSING)?;
    ran.mentions("[1] could not be started: No such file or directory", MISSING)?;
    ran.mentions("[2] exited with 0", MISSING)?;
    ran.leaves_nothing(REAP)
}

pub fn second_command_missing(trial: &Trial) -> Outcome {
    let ran = trial.program(["yes", "|", "no-such-command"]).run()?;
    ran.exits(127, MISSING)?;
    ran.prints("pipe result: ''\n", MISSING)?;
    ran.mentions("[1] was ended by SIGPIPE", MISSING)?;
    ran.mentions("[2] could not be started: No such file or directory", MISSING)?;
    ran.leaves_nothing(REAP)
}

pub fn wrong_usage(trial: &Trial) -> Outcome {
    let means = "Without two commands there is nothing to join: say how the program is used.";
    for words in [&["echo", "alone"][..], &["|", "cat"], &["echo", "|"], &[]] {
        let ran = trial.program(words.iter().copied()).run()?;
        ran.exits(2, means)?;
        ran.prints("", "What goes wrong is told on standard error.")?;
        ran.mentions("usage", means)?;
    }
    Ok(())
}
