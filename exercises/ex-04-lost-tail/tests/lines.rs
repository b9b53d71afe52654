//! The lines of the commands: when they are printed, whole, and all of them.

use std::io;

use nix::fcntl::{FcntlArg, fcntl};
use trial::{Outcome, Trial, Wrong, inputs};

use crate::{by_label, fifos, scripts};

const AT_ONCE: &str = "The first command is silent and alive, the second has written a line. \
    `poll` waits for all pipes at once and names the one that has something: that one is read, and \
    its line is printed before anybody ends.";
const LAST_WRITE_END: &str = "Both commands have ended. End-of-file comes with the last close of a \
    pipe's write end, and one that the program itself still holds counts too.";
const LINES_NOT_READS: &str = "A pipe keeps no borders: a read returns what is there, half a line \
    or three of them. The label belongs to the line, so a beginning without its newline is kept \
    until the rest comes.";
const TAIL: &str = "The second command wrote 12000 lines, nearly a pipe full, and closed its \
    output while nobody was reading. Then `poll` answers IN and HUP together: HUP says that \
    nobody will write any more, \
    not that the pipe is empty. A pipe has come to its end when `read` returns 0.";
const END_OF_LINE: &str = "End-of-file ends the last line too, if it has begun. (Here the lines \
    are sorted by their labels.)";
const STREAMS: &str = "Each pipe is a stream of bytes, read until `read` returns 0, and both at \
    the same time: a command whose pipe is full waits for its reader. (Here the lines are sorted \
    by their labels.)";
const REAP: &str = "Who starts a command waits for it, or it stays as a zombie.";

pub fn speaks_at_once(trial: &Trial) -> Outcome {
    fifos(trial, &["go"])?;
    let silent = "cat go";
    let speaks = "echo one; read line; echo two; read line; : > go";
    let mut talk = trial
        .program(scripts(&[silent, speaks]))
        .by_hand("cargo xtask run ex-04 -- sleep 3 -- sh -c 'echo at once; sleep 3'")
        .talk()?;
    talk.expects("[2] one\n", AT_ONCE)?;
    talk.send("\n");
    talk.expects("[2] two\n", AT_ONCE)?;
    talk.send("\n");
    let ran = talk.finish()?;
    ran.exits(0, LAST_WRITE_END)?;
    ran.prints("[2] one\n[2] two\n[1] exited with 0\n[2] exited with 0\n", AT_ONCE)?;
    ran.leaves_nothing(REAP)
}

pub fn joins_a_line(trial: &Trial) -> Outcome {
    fifos(trial, &["a", "b", "c"])?;
    let pieces = "printf 'one line '; : > a; cat b; echo 'in two pieces'; cat c";
    let between = "cat a; echo between; read line; : > b; read line; : > c";
    let mut talk = trial
        .program(scripts(&[pieces, between]))
        .by_hand("cargo xtask run ex-04 -- sh -c 'printf \"one line \"; sleep 1; echo in two'")
        .talk()?;
    talk.expects("[2] between\n", LINES_NOT_READS)?;
    talk.send("\n");
    talk.expects("[1] one line in two pieces\n", LINES_NOT_READS)?;
    talk.send("\n");
    let ran = talk.finish()?;
    ran.exits(0, LINES_NOT_READS)?;
    trial::snapshot!(
        ran,
        @"\n[2] between\n[1] one line in two pieces\n[1] exited with 0\n\
        [2] exited with 0\n",
        LINES_NOT_READS
    )?;
    ran.leaves_nothing(REAP)
}

/// `seq` makes 60894 bytes of them, and a pipe has room for 65536.
const TAIL_LINES: usize = 12_000;

/// Whoever reads the program's output takes one byte of the first command's only line, which does
/// not fit into that pipe: from then on the program waits in a write. Only now the second command
/// writes, closes its output and says so; only then the program's output is read on. So the
/// program's next look at the second command finds IN and HUP, always.
pub fn reads_the_tail(trial: &Trial) -> Outcome {
    let (pipe, _writer) = io::pipe()?;
    if fcntl(&pipe, FcntlArg::F_GETPIPE_SZ)? < 65536 {
        // pipe(7): a user who has very many pipes gets small ones, and the tail would not fit.
        return Err(Wrong::Skipped("a pipe has less than 65536 bytes here".to_owned()));
    }
    let long = "head -c 300000 /dev/zero | tr '\\0' x; echo; cat printed";
    let tail = format!("cat go; seq {TAIL_LINES}; exec >&-; : > closed");
    let mut ran = trial
        .program(scripts(&[long, &tail]))
        .in_script(
            "mkfifo printed go closed
            { \"$@\"; echo \"exit code $?\"; } |
            { dd bs=1 count=1 2> /dev/null; : > printed; : > go; cat closed; cat; }",
        )
        .by_hand("cargo xtask run ex-04 -- seq 100000 | tail -2")
        .run()?;
    ran.exits(0, TAIL)?;
    let numbers: String = (1..=TAIL_LINES).map(|number| format!("[2] {number}\n")).collect();
    let ends = "[1] exited with 0\n[2] exited with 0\nexit code 0\n";
    // The first command's line has done its work; a difference is to show the second's.
    let line = [b"[1] ", [b'x'; 300_000].as_slice(), b"\n"].concat();
    ran.holds(
        ran.stdout.starts_with(&line),
        "the first command's line of 300000 bytes in one piece",
        "something else",
        LINES_NOT_READS,
    )?;
    ran.stdout.drain(..line.len());
    ran.prints(numbers + ends, TAIL)?;
    ran.leaves_nothing(REAP)
}

pub fn finishes_the_last_line(trial: &Trial) -> Outcome {
    let words = ["printf", "whole\\nnot whole", "--", "true", "--", "printf", "\\n\\n"];
    let mut ran = trial.program(words).run()?;
    ran.exits(0, END_OF_LINE)?;
    by_label(&mut ran, 3);
    trial::snapshot!(
        ran,
        @"\n[1] whole\n[1] not whole\n[3] \n[3] \n[1] exited with 0\n[2] exited with 0\n\
        [3] exited with 0\n",
        END_OF_LINE
    )?;
    ran.leaves_nothing(REAP)
}

pub fn reads_much(trial: &Trial) -> Outcome {
    let mut random = trial.random();
    let mut expected = Vec::new();
    for (number, file) in [(1, "one"), (2, "two")] {
        // A MiB that is no text, with a line in it that no pipe can hold.
        let size = (1 << 20) + random.usize(1..1000);
        let mut bytes = inputs::bytes(&mut random, size);
        bytes[..100_000].fill(b'x');
        bytes.push(b'\n');
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            expected.extend_from_slice(format!("[{number}] ").as_bytes());
            expected.extend_from_slice(line);
        }
        trial.put(file, bytes)?;
    }
    expected.extend_from_slice(b"[1] exited with 0\n[2] exited with 0\n");
    let mut ran = trial
        .program(["cat", "one", "--", "cat", "two"])
        .by_hand(r"cargo xtask run ex-04 -- printf '\377\n' | od -c")
        .run()?;
    ran.exits(0, STREAMS)?;
    by_label(&mut ran, 2);
    ran.prints(expected, STREAMS)?;
    ran.leaves_nothing(REAP)
}
