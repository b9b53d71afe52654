//! The tests of ex-07: many writers, and no record torn.

mod records;

use std::process::ExitCode;

use trial::{Outcome, Test, Trial};

use crate::records::Asked;

const STREAM: &str = "A pipe is a stream: its bytes come out in the order in which they went in, \
    cut into reads anywhere. All of it has come when `read` returns 0, and not before.";
const ONE_WRITE: &str = "What a pipe keeps together is one `write`, not a record. Between two \
    writes of one record, other writers' bytes come into the pipe, however short they are.";
const PIPE_BUF: &str = "One `write` of up to PIPE_BUF bytes (4096 on Linux) is never mixed with \
    another. All of its bytes count, those that you add to a record as well.";
const PIECES: &str = "A `write` of more than PIPE_BUF bytes goes in piece by piece. When it waits \
    for room, other writers' bytes come in between. What keeps a longer record together the \
    program must arrange itself, for every writer and for the whole of the record.";
const ONE_MORE: &str = "Up to PIPE_BUF bytes are kept together, and not one more. The reader gets \
    the rest of such a record in another `read`, with the beginning of the next.";
const SHORT_TOO: &str = "A short record in one `write` is not torn, but it can tear: it comes \
    between the pieces of a long one if its writer does not keep to what the others keep to.";
const ANY_LENGTH: &str = "A record may be longer than the pipe, and longer than a count of 16 bits \
    can say. The pipe carries it all the same, in as many pieces as it takes.";
const KILLED: &str = "A process can be killed anywhere, in the middle of a record too. What it has \
    written of it stays in the pipe, what it alone could give back (a token, say) is gone. The \
    others' records must come all the same.";
const WRITERS: &str = "Each writer is a process, and all of them run beside the one that reads. \
    Where one process makes all records nothing can be torn, and nothing is learnt.";
const REAP: &str = "A child that has ended stays as a zombie until its parent has waited for it.";

fn main() -> ExitCode {
    trial::main(
        "ex-07",
        &[
            Test {
                name: "one-writer",
                claim: "one writer's records come out, and none where there are none",
                run: one_writer,
            },
            Test {
                name: "short-records",
                claim: "three writers' records of 3000 bytes come out whole",
                run: short_records,
            },
            Test {
                name: "pipe-buf",
                claim: "records of exactly PIPE_BUF bytes come out whole",
                run: pipe_buf,
            },
            Test {
                name: "three-pages",
                claim: "records of 12288 bytes come out whole",
                run: three_pages,
            },
            Test {
                name: "one-more",
                claim: "records of PIPE_BUF and one byte come out whole",
                run: one_more,
            },
            Test {
                name: "long-and-short",
                claim: "short records do not come between the pieces of long ones",
                run: long_and_short,
            },
            Test {
                name: "any-length",
                claim: "eight writers' records of any length come out whole",
                run: any_length,
            },
            Test {
                name: "killed-writers",
                claim: "writers that are killed in the middle of a record harm no other",
                run: killed_writers,
            },
            Test {
                name: "writers-at-once",
                claim: "each writer is a process, and all of them run at the same time",
                run: writers_at_once,
            },
        ],
    )
}

/// What most tests are: a run, and all of its records.
fn all_come(trial: &Trial, asked: &Asked, means: &str) -> Outcome {
    let ran = asked.program(trial).run()?;
    ran.exits(0, means)?;
    asked.came(&ran, means)?;
    ran.leaves_nothing(REAP)
}

fn one_writer(trial: &Trial) -> Outcome {
    let ran = trial.program(["1", "2", "40"]).run()?;
    ran.exits(0, STREAM)?;
    trial::snapshot!(ran, @r"
w0r0 w0r0 w0r0 w0r0 w0r0 w0r0 w0r0 w0r0
w0r1 w0r1 w0r1 w0r1 w0r1 w0r1 w0r1 w0r1
2 records, 0 torn
", STREAM)?;
    ran.leaves_nothing(REAP)?;
    let ran = trial.program(["1", "0", "40"]).run()?;
    ran.exits(0, STREAM)?;
    ran.prints("0 records, 0 torn\n", STREAM)?;
    ran.leaves_nothing(REAP)
}

fn short_records(trial: &Trial) -> Outcome {
    all_come(trial, &Asked::of(3, 5, [3000]), ONE_WRITE)
}

fn pipe_buf(trial: &Trial) -> Outcome {
    all_come(trial, &Asked::of(2, 4, [4096]), PIPE_BUF)
}

fn three_pages(trial: &Trial) -> Outcome {
    all_come(trial, &Asked::of(2, 3, [12_288]), PIECES)
}

fn one_more(trial: &Trial) -> Outcome {
    all_come(trial, &Asked::of(2, 4, [4097]), ONE_MORE)
}

fn long_and_short(trial: &Trial) -> Outcome {
    all_come(trial, &Asked::of(2, 20, [12_288, 1000]), SHORT_TOO)
}

/// One length needs more than 16 bits, three are short, the others are what they happen to be.
fn any_length(trial: &Trial) -> Outcome {
    let mut random = trial.random();
    let mut asked = Asked::of(8, 10, [32; 8]);
    asked.lengths.fill_with(|| random.usize(32..=100_000));
    asked.lengths[0] = random.usize(70_000..=100_000);
    asked.lengths[1..4].fill_with(|| random.usize(32..=4096));
    random.shuffle(&mut asked.lengths);
    all_come(trial, &asked, ANY_LENGTH)
}

/// Two of three, so that after at least one of the halves something else comes.
fn killed_writers(trial: &Trial) -> Outcome {
    let asked = Asked { killed: vec![0, 2], ..Asked::of(3, 3, [12_288]) };
    all_come(trial, &asked, KILLED)
}

/// Nobody reads what the program prints before the look is over, and it is more than all pipes on
/// the way hold: so the program waits in a write, and each of its writers in another.
fn writers_at_once(trial: &Trial) -> Outcome {
    let asked = Asked::of(3, 40, [12_288]);
    let by_hand = "cargo xtask run ex-07 -- 3 40 12288 | sleep 3 & sleep 2; ps -C ex-07; wait";
    let mut talk = asked.program(trial).may_stand_still().by_hand(by_hand).talk()?;
    talk.runs_as(asked.writers + 1, WRITERS)?;
    let ran = talk.finish()?;
    ran.exits(0, PIECES)?;
    asked.came(&ran, PIECES)?;
    ran.leaves_nothing(REAP)
}
