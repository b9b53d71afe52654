//! What comes through the pipe.

use trial::{Outcome, Trial};

const ENDS: &str = "The second command sees end-of-file when every write end of the pipe is \
    closed: the first command's, and every copy in the program itself and in the second command. \
    A copy that a child has inherited counts as well: pipes are made close-on-exec.";
const RESULT: &str = "The first command's standard output is the pipe's write end, the second's \
    standard input its read end, and what the second prints is the result.";
const REAP: &str = "Both commands are children of the program: each has to be waited for, or it \
    stays as a zombie.";
const SIGPIPE: &str = "`head` ends after one line. `yes` learns of it by SIGPIPE, and only when no \
    read end of the pipe is left: not in the program, not in `yes` itself. And it has to run \
    while `head` runs: it never ends by itself.";
const STATUS: &str = "A process that a signal has ended has no exit code: wait tells the signal, and \
    SIGPIPE is what ends `yes` here.";
const READ_FIRST: &str = "A pipe holds 65536 bytes. A command with more waits until somebody reads, \
    so the program reads to the end first and waits for the commands after that.";
const LEAK: &str = "A command is to have standard input, output and error, and nothing else. An \
    end of a pipe that it inherits besides keeps that pipe open as long as it runs.";

pub fn pipe_result(trial: &Trial) -> Outcome {
    let ran = trial.program(["echo", "hello world", "|", "wc", "-w"]).run()?;
    ran.exits(0, ENDS)?;
    trial::snapshot!(ran, @"pipe result: '2'\n", RESULT)?;
    ran.complains("[1] exited with 0\n[2] exited with 0\n", "Both commands ended with status 0.")?;
    ran.leaves_nothing(REAP)
}

pub fn joined(trial: &Trial) -> Outcome {
    let mut random = trial.random();
    let input: Vec<u8> = (0..random.usize(1000..5000)).map(|_| random.u8(b'!'..=b'~')).collect();
    let expected = [b"pipe result: '", &input[..], b"'\n"].concat();
    let ran = trial.program(["cat", "|", "cat"]).input(input).run()?;
    ran.exits(0, ENDS)?;
    ran.prints(expected, RESULT)?;
    let ran = trial.program(["printf", r" \n \377\000\n\n x \n", "|", "cat"]).run()?;
    ran.exits(0, ENDS)?;
    let trims = "Bytes are bytes: any of them may come, and only spaces and newlines at the two \
        ends are left out.";
    ran.prints(b"pipe result: '\xff\0\n\n x'\n", trims)
}

pub fn parent_closes_both_ends(trial: &Trial) -> Outcome {
    let ran = trial.program(["yes", "|", "head", "-1"]).run()?;
    ran.exits(0, SIGPIPE)?;
    ran.prints("pipe result: 'y'\n", RESULT)?;
    ran.complains("[1] was ended by SIGPIPE\n[2] exited with 0\n", STATUS)?;
    ran.leaves_nothing(REAP)
}

pub fn output_of_any_size(trial: &Trial) -> Outcome {
    let size = trial.random().usize(300_000..2_000_000);
    let count = size.to_string();
    let ran = trial.program(["head", "-c", &count, "/dev/zero", "|", "tr", r"\0", "x"]).run()?;
    ran.exits(0, READ_FIRST)?;
    ran.prints(format!("pipe result: '{}'\n", "x".repeat(size)), READ_FIRST)?;
    ran.leaves_nothing(REAP)
}

pub fn no_descriptor_leaks(trial: &Trial) -> Outcome {
    // `ls` opens the folder itself, as 3.
    let list = "ls /proc/self/fd";
    let ran = trial.program(["true", "|", "sh", "-c", list]).run()?;
    ran.exits(0, LEAK)?;
    ran.prints("pipe result: '0\n1\n2\n3'\n", LEAK)?;
    let ran = trial.program(["sh", "-c", list, "|", "cat"]).run()?;
    ran.exits(0, LEAK)?;
    ran.prints("pipe result: '0\n1\n2\n3'\n", LEAK)
}
