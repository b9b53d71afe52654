//! A filter, which somebody must feed while somebody reads what comes out of it.

use trial::{Outcome, Program, Trial, inputs};

use crate::REAP;
use crate::run::quote;

const BOTH_ENDS: &str = "A filter goes on until its input is at end-of-file: until the last write \
    end of that pipe is closed, in every process. And its output has all come when `read` returns \
    0.";
const AT_ONCE: &str = "Two pipes, two waits: a filter whose output nobody reads stops reading its \
    input. Whoever writes all of the input first waits for the filter, which waits for its reader. \
    Somebody must read while somebody else writes.";
const ITS_OWN_PACE: &str = "A filter need not answer what it has just read: some write before they \
    read, and some say nothing before end-of-file. Taking turns, a piece in and a piece out, is a \
    guess at its pace.";
const EPIPE: &str = "A filter may leave when it has read enough. Then a write to it fails with \
    EPIPE, and that is no error of this program: what counts is the filter's output and status.";
const GOES_ON: &str = "EPIPE says that nobody reads any more, and nothing of the other pipe: what \
    the filter still writes is read to its end.";
const BROKEN_INPUT: &str = "When standard input cannot be read, the filter's input is closed, so \
    that the filter ends; it is waited for; and the program ends with an error.";

fn filter<'a>(trial: &'a Trial, typed: &str, words: &[&str], after: &str) -> Program<'a> {
    let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
    let words = ["filter"].into_iter().chain(words.iter().copied());
    trial.program(words).by_hand(format!(
        "{typed} | cargo xtask run ex-03 --deadline 2 -- filter {}{after}",
        quoted.join(" ")
    ))
}

/// More than all pipes on the way and the filter's own buffer hold, and not a multiple of anything.
fn much(trial: &Trial) -> Vec<u8> {
    let mut random = trial.random();
    let size = random.usize(1_000_001..1_400_000);
    inputs::bytes(&mut random, size)
}

pub fn filters_a_little(trial: &Trial) -> Outcome {
    let program = filter(trial, "printf 'one\\ntwo\\n'", &["tr", "a-z", "A-Z"], "");
    let ran = program.input("one\ntwo\n").run()?;
    ran.exits(0, BOTH_ENDS)?;
    trial::snapshot!(ran, @"\nONE\nTWO\n", BOTH_ENDS)?;
    ran.complains("the command exited with 0\n", BOTH_ENDS)?;
    ran.leaves_nothing(REAP)?;

    let ran = filter(trial, "true", &["cat"], "").run()?;
    ran.exits(0, BOTH_ENDS)?;
    ran.prints("", BOTH_ENDS)?;
    ran.complains("the command exited with 0\n", BOTH_ENDS)?;
    ran.leaves_nothing(REAP)
}

pub fn filters_much(trial: &Trial) -> Outcome {
    let input = much(trial);
    let typed = format!("head -c {} /dev/zero", input.len());
    let ran = filter(trial, &typed, &["cat"], " | wc -c").input(input.clone()).run()?;
    ran.exits(0, AT_ONCE)?;
    ran.prints(input, BOTH_ENDS)?;
    ran.complains("the command exited with 0\n", BOTH_ENDS)?;
    ran.leaves_nothing(REAP)
}

pub fn writes_after_it_has_read(trial: &Trial) -> Outcome {
    let input = much(trial);
    let mut expected = format!("{}\n", input.len());
    expected += &inputs::seq(50_000);
    let typed = format!("head -c {} /dev/zero", input.len());
    let words = ["sh", "-c", "wc -c; seq 50000"];
    let ran = filter(trial, &typed, &words, " | head -3").input(input).run()?;
    ran.exits(0, ITS_OWN_PACE)?;
    ran.prints(expected, BOTH_ENDS)?;
    ran.complains("the command exited with 0\n", BOTH_ENDS)?;
    ran.leaves_nothing(REAP)
}

pub fn writes_before_it_reads(trial: &Trial) -> Outcome {
    let input = much(trial);
    let mut expected = inputs::seq(50_000).into_bytes();
    expected.extend_from_slice(&input);
    let typed = format!("head -c {} /dev/zero", input.len());
    let words = ["sh", "-c", "seq 50000; cat; exit 3"];
    let ran = filter(trial, &typed, &words, " | wc -c").input(input).run()?;
    ran.exits(3, AT_ONCE)?;
    ran.prints(expected, BOTH_ENDS)?;
    ran.complains("the command exited with 3\n", BOTH_ENDS)?;
    ran.leaves_nothing(REAP)
}

pub fn reads_nothing(trial: &Trial) -> Outcome {
    let input = much(trial);
    let typed = format!("head -c {} /dev/zero", input.len());
    for (name, code) in [("true", 0), ("false", 1)] {
        let ran = filter(trial, &typed, &[name], "").input(input.clone()).run()?;
        ran.exits(code, EPIPE)?;
        ran.prints("", EPIPE)?;
        ran.complains(format!("the command exited with {code}\n"), EPIPE)?;
        ran.leaves_nothing(REAP)?;
    }
    Ok(())
}

/// The second one writes when it leaves, perhaps after it has closed its input.
pub fn stops_reading(trial: &Trial) -> Outcome {
    let input = much(trial);
    let typed = format!("head -c {} /dev/zero", input.len());
    let first = input[..10].to_vec();
    let numbers = inputs::seq(50_000).into_bytes();
    let longer = first.iter().copied().chain(numbers).collect();
    for (words, expected) in
        [(&["sh", "-c", "head -c 10; exec <&-; seq 50000"], longer), (&["head", "-c", "10"], first)]
    {
        let ran = filter(trial, &typed, words, " | wc -c").input(input.clone()).run()?;
        ran.exits(0, GOES_ON)?;
        ran.prints(expected, GOES_ON)?;
        ran.complains("the command exited with 0\n", GOES_ON)?;
        ran.leaves_nothing(REAP)?;
    }
    Ok(())
}

/// Standard input is a directory, on which every read fails.
pub fn unreadable_input(trial: &Trial) -> Outcome {
    let by_hand = "cargo xtask run ex-03 --deadline 2 -- filter cat < .; echo $?";
    let program = trial.program(["filter", "cat"]).in_script("\"$@\" < .").by_hand(by_hand);
    let ran = program.run()?;
    ran.fails(BROKEN_INPUT)?;
    ran.leaves_nothing(REAP)
}
