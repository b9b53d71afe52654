//! A command that writes, and a program that reads what it writes.

use trial::{Outcome, Program, Trial, Wrong, inputs};

use crate::REAP;

const ALL_OF_IT: &str = "A pipe is a stream of bytes, of any kind and in any portions. All of it \
    has come when `read` returns 0. What goes to standard output is that and nothing else; how \
    the command ended is told on standard error.";
const CAPACITY: &str = "A pipe holds 65536 bytes. A command that writes more waits for somebody to \
    read. If that somebody first waits for the command's end, both wait for ever.";
const ANY_BYTES: &str = "A command writes bytes, as many as it likes and of any kind. They may be \
    no text. And they may be more than any pipe holds: a larger pipe only moves the place where it \
    hangs.";
const STATUS: &str = "The status that `wait` brings is the command's word on how it went. It \
    belongs to whoever started it: code N as N, signal N as 128+N, as shells do.";
const NOT_FOUND: &str = "That exec fails shows only in the child, which then has to tell its \
    parent and to end. Shells answer 127, and say which command they did not find.";
const CLOEXEC: &str = "What is not close-on-exec goes on into the command. A command with a write \
    end of its own input never sees end-of-file; one with a read end of its own output never gets \
    SIGPIPE.";
const LOST: &str = "Output that could not be written is lost, and only this program knows. So it \
    ends with an error, whatever the command's status.";

fn run<'a>(trial: &'a Trial, words: &[&str], after: &str) -> Program<'a> {
    let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
    let by_hand = format!("cargo xtask run ex-03 --deadline 2 -- {}{after}", quoted.join(" "));
    trial.program(words.iter().copied()).by_hand(by_hand)
}

/// For the shell, where the words of these tests need it.
pub fn quote(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{word}'") }
}

pub fn prints_a_little(trial: &Trial) -> Outcome {
    let ran = run(trial, &["run", "printf", "one\\ntwo\\n"], "").run()?;
    ran.exits(0, STATUS)?;
    trial::snapshot!(ran, @"\none\ntwo\n", ALL_OF_IT)?;
    ran.complains("the command exited with 0\n", ALL_OF_IT)?;
    ran.leaves_nothing(REAP)?;

    let ran = run(trial, &["run", "true"], "").run()?;
    ran.exits(0, STATUS)?;
    ran.prints("", ALL_OF_IT)?;
    ran.complains("the command exited with 0\n", ALL_OF_IT)?;
    ran.leaves_nothing(REAP)
}

pub fn a_pipe_full(trial: &Trial) -> Outcome {
    zeroes(trial, 65536)
}

pub fn one_byte_more(trial: &Trial) -> Outcome {
    zeroes(trial, 65537)
}

fn zeroes(trial: &Trial, count: usize) -> Outcome {
    let words = ["run", "head", "-c", &count.to_string(), "/dev/zero"];
    let ran = run(trial, &words, " | wc -c").run()?;
    ran.exits(0, CAPACITY)?;
    let zeroes = ran.stdout.iter().filter(|&&byte| byte == 0).count();
    let expected = format!("{count} bytes on standard output, all of them 0");
    let came = format!("{} bytes, {zeroes} of them 0", ran.stdout.len());
    ran.holds(ran.stdout == vec![0; count], &expected, &came, ALL_OF_IT)?;
    ran.complains("the command exited with 0\n", ALL_OF_IT)?;
    ran.leaves_nothing(REAP)
}

/// More than the largest pipe that an ordinary user can have, 1 MiB.
pub fn prints_much(trial: &Trial) -> Outcome {
    let mut random = trial.random();
    let size = random.usize(1_100_000..1_500_000);
    let bytes = inputs::bytes(&mut random, size);
    trial.put("bytes", &bytes)?;
    let by_hand = format!(
        "cargo xtask run ex-03 --deadline 2 -- run head -c {} /dev/urandom | wc -c",
        bytes.len()
    );
    let ran = trial.program(["run", "cat", "bytes"]).by_hand(by_hand).run()?;
    ran.exits(0, ANY_BYTES)?;
    ran.prints(bytes, ANY_BYTES)?;
    ran.complains("the command exited with 0\n", ALL_OF_IT)?;
    ran.leaves_nothing(REAP)
}

pub fn passes_statuses_on(trial: &Trial) -> Outcome {
    let code = trial.random().u8(1..=100);
    let script = format!("seq 20000; exit {code}");
    let ran = run(trial, &["run", "sh", "-c", &script], " | tail -1").run()?;
    ran.exits(code, STATUS)?;
    ran.prints(inputs::seq(20_000), ALL_OF_IT)?;
    ran.complains(format!("the command exited with {code}\n"), STATUS)?;
    ran.leaves_nothing(REAP)?;

    let words = ["run", "sh", "-c", "echo one; kill -TERM $$"];
    let ran = run(trial, &words, "; echo $?").run()?;
    ran.exits(128 + 15, STATUS)?;
    ran.prints("one\n", ALL_OF_IT)?;
    ran.complains("the command was ended by signal 15\n", STATUS)?;
    ran.leaves_nothing(REAP)
}

pub fn names_what_is_missing(trial: &Trial) -> Outcome {
    for job in ["run", "filter"] {
        let program = run(trial, &[job, "no-such-command", "one"], " < /dev/null; echo $?");
        let ran = program.input("one\ntwo\n").run()?;
        ran.exits(127, NOT_FOUND)?;
        ran.mentions("no-such-command", NOT_FOUND)?;
        ran.prints("", NOT_FOUND)?;
        ran.leaves_nothing(REAP)?;
    }
    Ok(())
}

/// `ls` has one more itself: that of the directory that it reads.
pub fn hands_over_three(trial: &Trial) -> Outcome {
    for job in ["run", "filter"] {
        let ran = run(trial, &[job, "ls", "/proc/self/fd"], " < /dev/null").run()?;
        ran.exits(0, CLOEXEC)?;
        ran.prints("0\n1\n2\n3\n", CLOEXEC)?;
        ran.leaves_nothing(REAP)?;
    }
    Ok(())
}

pub fn cannot_print(trial: &Trial) -> Outcome {
    if !std::path::Path::new("/dev/full").exists() {
        return Err(Wrong::Skipped("there is no /dev/full, on which every write fails".to_owned()));
    }
    let program = run(trial, &["run", "printf", "one\\ntwo\\n"], " > /dev/full; echo $?");
    let ran = program.in_script("\"$@\" > /dev/full").run()?;
    ran.fails(LOST)?;
    ran.leaves_nothing(REAP)
}
