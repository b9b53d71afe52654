//! A parent and a child, two FIFOs, and who opens which of them first.

use std::fmt::Write;

use nix::fcntl::AT_FDCWD;
use nix::sys::stat::{Mode, UtimensatFlags, stat, utimensat};
use nix::sys::time::TimeSpec;
use nix::unistd::mkfifo;
use trial::{Outcome, Trial};

use crate::leaves_only;

const RENDEZVOUS: &str = "`open` of a FIFO waits until somebody opens the other end (fifo(7)). \
    With two FIFOs both sides must open them in one order: if each begins with another FIFO, each \
    waits for a partner that is waiting itself. If they have met and it hangs in the end: the \
    child reads until the last write end is closed, in every process.";
const LAST_WRITE_END: &str = "The child reads until end-of-file, and that comes when the last \
    write end of its FIFO is closed, in every process, the child itself included.";
const BOTH_COME: &str = "The child opens its ends in any case. A parent that does not come leaves \
    it waiting in `open`, and then waits for its end.";
const ONE_BY_ONE: &str = "The two take turns: a question goes to the child when its line has come, \
    and the answer is printed before the next line is read.";
const TWO: &str = "`talk` is two processes that meet at two FIFOs: the child reads the questions and \
    writes the answers. What the parent answers itself goes through no FIFO.";
const WHOLE_LINES: &str = "A FIFO is a pipe: one `read` returns what happens to be there. An \
    answer is whole when its newline has come.";
const LONGEST: &str = "A line, with its newline, may have PIPE_BUF bytes, 4096. More is an error.";
const REMOVED: &str = "A FIFO is a name in a directory and stays there after its program, unless \
    that removes it, on every way out: also when an error ends it.";
const REAP: &str = "Who starts a child waits for it, also after an error. And a child in `open` \
    waits for a partner: when the parent will not come, it has to end the child.";
const ONLY_A_FIFO: &str = "mkfifo says EEXIST for a name that is taken, by whatever. Look at the \
    type before you open it, and leave alone what is not a FIFO.";

const PRECIOUS: &str = "not for a FIFO\n";

fn by_hand(typed: &str) -> String {
    format!("{typed} | cargo xtask run ex-02 --deadline 2 -- talk $(mktemp -d)")
}

pub fn talks(trial: &Trial) -> Outcome {
    let program = trial.program(["talk", "."]).by_hand(by_hand("printf 'one\\ntwo\\nthree\\n'"));
    let ran = program.input("one\ntwo\nthree\n").run()?;
    ran.exits(0, RENDEZVOUS)?;
    trial::snapshot!(ran, @"\nONE\nTWO\nTHREE\nthe child exited with 0\n", LAST_WRITE_END)?;
    leaves_only(trial, &ran, &[], REMOVED)?;
    ran.leaves_nothing(REAP)
}

pub fn says_nothing(trial: &Trial) -> Outcome {
    let ran = trial.program(["talk", "."]).by_hand(by_hand("true")).run()?;
    ran.exits(0, BOTH_COME)?;
    ran.prints("the child exited with 0\n", BOTH_COME)?;
    leaves_only(trial, &ran, &[], REMOVED)?;
    ran.leaves_nothing(REAP)
}

pub fn answers_at_once(trial: &Trial) -> Outcome {
    let by_hand = "cargo xtask run ex-02 -- talk $(mktemp -d)  # then type lines, and Ctrl-D";
    let mut talk = trial.program(["talk", "."]).by_hand(by_hand).talk()?;
    let mut random = trial.random();
    let mut expected = String::new();
    for _ in 0..5 {
        let word: String = (0..random.usize(1..20)).map(|_| random.lowercase()).collect();
        talk.send(format!("{word}\n"));
        let answer = format!("{}\n", word.to_uppercase());
        talk.expects(&answer, ONE_BY_ONE)?;
        expected.push_str(&answer);
    }
    let ran = talk.finish()?;
    ran.exits(0, LAST_WRITE_END)?;
    ran.prints(expected + "the child exited with 0\n", LAST_WRITE_END)?;
    ran.leaves_nothing(REAP)
}

/// A FIFO's time of last change is that of the last write to it.
pub fn asks_a_child(trial: &Trial) -> Outcome {
    let long_ago = TimeSpec::new(1, 0);
    let names = ["questions", "answers"];
    for name in names {
        let path = trial.folder().join(name);
        mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR)?;
        utimensat(AT_FDCWD, &path, &long_ago, &long_ago, UtimensatFlags::FollowSymlink)?;
    }
    let by_hand = "D=$(mktemp -d); (echo one; sleep 3) | cargo xtask run ex-02 -- talk $D & \
        sleep 2; ps -C ex-02; ls -l --full-time $D; wait";
    let mut talk = trial.program(["talk", "."]).may_stand_still().by_hand(by_hand).talk()?;
    talk.send("one\n");
    talk.expects("ONE\n", ONE_BY_ONE)?;
    talk.runs_as(2, TWO)?;
    let written = names.map(|name| {
        let found = stat(&trial.folder().join(name));
        found.is_ok_and(|found| found.st_mtime != long_ago.tv_sec())
    });
    let ran = talk.finish()?;
    ran.exits(0, LAST_WRITE_END)?;
    for (name, written) in names.iter().zip(written) {
        let expected = format!("something goes through the FIFO `{name}`");
        ran.holds(written, &expected, "nothing was written to it", TWO)?;
    }
    ran.prints("ONE\nthe child exited with 0\n", LAST_WRITE_END)?;
    leaves_only(trial, &ran, &[], REMOVED)?;
    ran.leaves_nothing(REAP)
}

pub fn long_lines(trial: &Trial) -> Outcome {
    let mut random = trial.random();
    let mut input = String::new();
    for turn in 0..24 {
        // The longest that is allowed is among them.
        let length = if turn == 0 { 4095 } else { random.usize(1100..=4095) };
        let line: String = (0..length).map(|_| random.char(' '..='~')).collect();
        // A String takes every write.
        let _ = writeln!(input, "{line}");
    }
    let expected = input.to_ascii_uppercase() + "the child exited with 0\n";
    let typed = "head -c 4095 /dev/zero | tr '\\0' x";
    let ran = trial.program(["talk", "."]).input(input).by_hand(by_hand(typed)).run()?;
    ran.exits(0, LONGEST)?;
    ran.prints(expected, WHOLE_LINES)?;
    ran.leaves_nothing(REAP)
}

pub fn refuses_a_line(trial: &Trial) -> Outcome {
    let input = format!("one\n{}\n", "x".repeat(4096));
    let typed = "head -c 4096 /dev/zero | tr '\\0' x";
    let program = trial.program(["talk", "."]).input(input);
    let by_hand = format!(
        "D=$(mktemp -d); {typed} | cargo xtask run ex-02 --deadline 2 -- talk $D; ls -A $D"
    );
    let ran = program.by_hand(by_hand).run()?;
    ran.fails(LONGEST)?;
    ran.prints("ONE\n", LONGEST)?;
    leaves_only(trial, &ran, &[], REMOVED)?;
    ran.leaves_nothing(REAP)
}

pub fn keeps_a_file(trial: &Trial) -> Outcome {
    trial.put("answers", PRECIOUS)?;
    let by_hand = "D=$(mktemp -d); echo precious > $D/answers; \
        cargo xtask run ex-02 --deadline 2 -- talk $D < /dev/null; tail $D/*";
    let ran = trial.program(["talk", "."]).by_hand(by_hand).run()?;
    ran.fails(ONLY_A_FIFO)?;
    leaves_only(trial, &ran, &["answers"], REMOVED)?;
    let kept = trial.left("answers")?;
    let came = format!("it has {} bytes, others than before", kept.len());
    let expected = "the file `answers` is as it was, byte for byte";
    ran.holds(kept == PRECIOUS.as_bytes(), expected, &came, ONLY_A_FIFO)?;
    ran.leaves_nothing(REAP)
}
