//! What goes to both outputs.

use std::time::Duration;

use trial::{Outcome, Trial, inputs};

use crate::{FILE, FILE_TOO, TYPED, file_holds};

const ENDS: &str = "The child sees end-of-file when every write end of the pipe is closed: its own \
    copy, which fork has made, and the parent's. The parent closes its write end before it waits \
    for the child, or both wait.";
const STDOUT: &str = "The parent writes all that it reads to standard output, until `read` says \
    end-of-file by 0.";
const QUIET: &str = "Standard error is for what went wrong, and nothing has.";
pub const REAP: &str = "The program has ended, and its child was not waited for: it may still be \
    writing. Who looks into the file now may find it unfinished.";
const NOTHING: &str = "The file is made, or emptied, when it is opened, also if nothing comes.";
const BYTES: &str = "Bytes are bytes: no newline, no NUL and no end of text means anything here. \
    What `read` says is how many have come, and exactly those are passed on.";
const AT_ONCE: &str = "FILE is a FIFO here, which `cat` copies to standard output: so what goes to \
    both comes out twice. A piece is written to both as soon as it has come. A buffer that waits \
    for a newline, for more or for the end keeps it back, and whoever waits for it on the other \
    side waits too.";
const TWO: &str = "The file is written by a child, a process of its own, which waits in `read` on \
    the pipe while the parent waits for input.";
const CHILD: &str = "The child was killed after the first piece, and then the second one came. Only \
    the child writes the file, from what it reads in the pipe: without it nothing more comes \
    there. Standard output is the parent's, and goes on.";
const STREAM: &str = "A tee needs a buffer and no more: what was read is written at once, and the \
    buffer used again. The program may have 24 MiB here.";

/// As the article has it: `echo "hello tee" | ./your_tee /tmp/tee_output.txt`.
pub fn hello_tee(trial: &Trial) -> Outcome {
    let ran = trial
        .program([FILE])
        .input("hello tee\n")
        .by_hand(format!("echo \"hello tee\" | cargo xtask run ex-08 -- {TYPED}; cat {TYPED}"))
        .run()?;
    ran.exits(0, ENDS)?;
    trial::snapshot!(ran, @"hello tee\n", STDOUT)?;
    ran.complains("", QUIET)?;
    ran.leaves_nothing(REAP)?;
    file_holds(trial, &ran, b"hello tee\n", FILE_TOO)
}

pub fn no_input(trial: &Trial) -> Outcome {
    trial.put(FILE, "what was there before\n")?;
    let by_hand =
        format!("seq 3 > {TYPED}; cargo xtask run ex-08 -- {TYPED} < /dev/null; cat {TYPED}");
    let ran = trial.program([FILE]).input("").by_hand(by_hand).run()?;
    ran.exits(0, ENDS)?;
    ran.prints("", STDOUT)?;
    ran.leaves_nothing(REAP)?;
    file_holds(trial, &ran, b"", NOTHING)
}

/// First every byte that there is, then at random: more than four pipes hold.
pub fn every_byte(trial: &Trial) -> Outcome {
    let mut random = trial.random();
    let mut input: Vec<u8> = (0..=u8::MAX).collect();
    let size = random.usize(300_001..400_000);
    input.extend(inputs::bytes(&mut random, size));
    let by_hand = format!(
        "head -c {size} /dev/urandom > /tmp/input; \
         cargo xtask run ex-08 -- {TYPED} < /tmp/input | cmp - /tmp/input; \
         cmp {TYPED} /tmp/input"
    );
    let ran = trial.program([FILE]).input(input.as_slice()).by_hand(by_hand).run()?;
    ran.exits(0, BYTES)?;
    ran.prints(&input, BYTES)?;
    ran.leaves_nothing(REAP)?;
    file_holds(trial, &ran, &input, FILE_TOO)
}

/// The child's copy comes on standard output as well, in a write of its own before or after the
/// parent's: each piece is a single byte, so it makes no difference. (Not by /dev/stdout as FILE:
/// a child may have closed what it does not use before it opens that.)
pub fn simultaneously(trial: &Trial) -> Outcome {
    let mut talk = trial
        .program(["fifo"])
        .in_script("mkfifo fifo; cat fifo & \"$@\"; status=$?; wait; exit $status")
        .by_hand(
            "mkfifo /tmp/fifo; cat /tmp/fifo & (printf x; sleep 2; printf y) | \
             cargo xtask run ex-08 -- /tmp/fifo; wait; rm /tmp/fifo",
        )
        .talk()?;
    for (piece, both) in [("x", "xx"), ("y", "yy"), ("\n", "\n\n"), ("z", "zz")] {
        talk.send(piece);
        talk.expects(both, AT_ONCE)?;
    }
    let ran = talk.finish()?;
    ran.exits(0, ENDS)?;
    ran.prints("xxyy\n\nzz", AT_ONCE)
}

pub fn child_handles_the_file(trial: &Trial) -> Outcome {
    let mut talk = trial
        .program([FILE])
        .may_stand_still()
        .by_hand(format!("sleep 3 | cargo xtask run ex-08 -- {TYPED} & sleep 2; ps -C ex-08; wait"))
        .talk()?;
    talk.send("hello tee\n");
    talk.expects("hello tee\n", AT_ONCE)?;
    talk.runs_as(2, TWO)?;
    let ran = talk.finish()?;
    ran.exits(0, ENDS)?;
    ran.leaves_nothing(REAP)?;
    file_holds(trial, &ran, b"hello tee\n", FILE_TOO)?;
    child_is_killed(trial)
}

/// The last process below `$!` is the child: a sandbox may stand between. It is `killed` when it
/// has ended, be it a zombie. Whether it wrote the first piece before that is left open.
fn child_is_killed(trial: &Trial) -> Outcome {
    let mut talk = trial
        .program([FILE])
        .in_script(
            "exec 3<&0; mkfifo out; \"$@\" <&3 3<&- >out & { head -c 10; child=$!; while \
             below=$(cat /proc/$child/task/$child/children) && [ -n \"$below\" ]; \
             do child=${below%% *}; done; kill -KILL $child; \
             while [ -e /proc/$child ] && ! grep -q '^State:.Z' /proc/$child/status 2>/dev/null; \
             do :; done; echo killed; cat; } <out; wait $!; echo ended",
        )
        .by_hand(format!(
            "(echo hello tee; sleep 2; echo second) | cargo xtask run ex-08 -- {TYPED} & \
             sleep 1; pkill -KILL -n ex-08; wait; cat {TYPED}"
        ))
        .talk()?;
    talk.send("hello tee\n");
    talk.expects("hello tee\nkilled\n", AT_ONCE)?;
    talk.send("second\n");
    talk.expects("second\n", CHILD)?;
    let ran = talk.finish()?;
    ran.prints("hello tee\nkilled\nsecond\nended\n", CHILD)?;
    ran.leaves_nothing(REAP)?;
    // It is not there where the child had not come to open it.
    let found = trial.left(FILE).unwrap_or_default();
    let found = String::from_utf8_lossy(&found);
    ran.holds(
        !found.contains("second"),
        "a file without what came after the child's end",
        &format!("it has {found:?}"),
        CHILD,
    )
}

pub fn large_input(trial: &Trial) -> Outcome {
    const SIZE: usize = 64 << 20;
    // A part of it, again and again, whose size divides no buffer.
    let part = inputs::bytes(&mut trial.random(), 1_000_003);
    let whole = || {
        let mut whole = part.repeat(SIZE / part.len() + 1);
        whole.truncate(SIZE);
        whole
    };
    let by_hand = format!(
        "head -c {SIZE} /dev/urandom > /tmp/input; \
         cargo xtask run ex-08 -- {TYPED} < /tmp/input | cmp - /tmp/input; \
         cmp {TYPED} /tmp/input"
    );
    let ran = trial
        .program([FILE])
        .limits(|limits| {
            limits.memory_bytes = Some(24 << 20);
            // It is over in a moment, unless others want the processors as well.
            limits.wall = Some(Duration::from_secs(60));
        })
        .input(whole())
        .by_hand(by_hand)
        .run()?;
    ran.exits(0, STREAM)?;
    // A second copy of it takes as long as the run: only where something is wrong.
    let is_part = |piece: &[u8]| part.starts_with(piece);
    if ran.stdout.len() != SIZE || !ran.stdout.chunks(part.len()).all(is_part) {
        ran.prints(whole(), STREAM)?;
    }
    ran.leaves_nothing(REAP)?;
    file_holds(trial, &ran, &ran.stdout, FILE_TOO)
}
