//! The article's demonstration: two writers, ten short lines each, and all twenty come out whole.
//!
//! That proves nothing. Below, the same lines go in byte by byte, and they come out whole as well,
//! because the second writer begins when the first has ended. Nothing is torn where nobody
//! collides, and twenty short lines hardly ever do. The parts after this one make writers collide.
//! A byte in the tally, a second pipe, counts each write that has returned.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::slice::Chunks;

use anyhow::Context;
use nix::fcntl::OFlag;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, alarm, fork, pipe2, write};
use transcript::Transcript;

use crate::measure;

pub const CLAIM: &str = "twenty whole lines prove nothing";

const MESSAGES: usize = 10;

// ANCHOR: small-writes
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    // Made before the forks, because a child must not allocate.
    let texts = ['A', 'B'].map(|name| {
        (0..MESSAGES).map(|number| format!("writer-{name} message {number}\n")).collect::<String>()
    });
    let line_bytes = texts[0].len() / MESSAGES;

    // In which order the two write is up to the kernel. Sorted by writer, it does not matter.
    let (together, [_, writes]) = two_writers(&texts, line_bytes, false)?;
    let mut lines: Vec<&str> = together.split_inclusive('\n').collect();
    lines.sort_by_key(|line| line.as_bytes().get("writer-".len()));
    anyhow::ensure!(lines.concat() == texts.concat(), "not the lines that were written: {lines:?}");
    writeln!(out, "both at the same time, {writes} writes; here sorted by writer:")?;
    write!(out, "{}", lines.concat())?;

    // A whole line is no evidence: this is as far from atomic as can be.
    let (in_turn, [of_a, writes]) = two_writers(&texts, 1, true)?;
    anyhow::ensure!(of_a == texts[0].len(), "B began after {of_a} writes of A");
    anyhow::ensure!(in_turn == texts.concat(), "not the lines that were written: {in_turn:?}");
    let count = in_turn.lines().count();
    let of_b = writes - of_a;
    writeln!(out, "A's {of_a} writes of 1 byte, then B's {of_b}: the same {count} whole lines")?;
    Ok(())
}
// ANCHOR_END: small-writes

// ANCHOR: small-writes-two
/// What comes out when both write their texts, in pieces of `piece_bytes`, and how many writes had
/// returned when the second writer began, and in the end.
fn two_writers(
    texts: &[String; 2],
    piece_bytes: usize,
    one_after_the_other: bool,
) -> anyhow::Result<(String, [usize; 2])> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;
    let (tally_reader, tally_writer) = pipe2(OFlag::O_CLOEXEC).context("create the tally")?;
    let mut running: Vec<Pid> = Vec::with_capacity(2);
    let (mut forked, mut before) = (Ok(()), 0);
    for text in texts {
        if one_after_the_other {
            // All that the writer before has written fits into the pipe, so it can end unread.
            wait_for(&mut running)?;
        }
        before = measure::bytes_in(&tally_reader)?;

        // SAFETY:
        // obligation: between fork and _exit a child of a process with several threads may make
        //   only async-signal-safe calls (fork(2), signal-safety(7)).
        // here: the lesson has one thread, and `write_pieces` calls alarm, write and _exit; a piece
        //   is never of 0 bytes, which would make `chunks` panic.
        // broken by: a thread started before this line, or a print in the child.
        match unsafe { fork() }.context("fork a writer") {
            Ok(ForkResult::Child) => {
                write_pieces([&writer, &tally_writer], text.as_bytes().chunks(piece_bytes))
            }
            Ok(ForkResult::Parent { child }) => running.push(child),
            Err(error) => forked = Err(error),
        }
    }

    // While the parent can write to it, the pipe has no end.
    drop(writer);
    let mut received = String::new();
    let outcome = File::from(reader).read_to_string(&mut received);
    wait_for(&mut running)?;
    forked?;
    outcome.context("read from the pipe")?;
    Ok((received, [before, measure::bytes_in(&tally_reader)?]))
}
// ANCHOR_END: small-writes-two

fn wait_for(running: &mut Vec<Pid>) -> anyhow::Result<()> {
    for child in running.drain(..) {
        let status = waitpid(child, None).context("wait for a writer")?;
        anyhow::ensure!(status == WaitStatus::Exited(child, 0), "a writer ended with {status:?}");
    }
    Ok(())
}

// ANCHOR: small-writes-child
fn write_pieces([writer, tally]: [&OwnedFd; 2], mut pieces: Chunks<'_, u8>) -> ! {
    // A mistake on either side must not leave a child that waits for ever: SIGALRM would end it.
    alarm::set(5);
    let well =
        pieces.all(|piece| write(writer, piece) == Ok(piece.len()) && write(tally, b"1") == Ok(1));

    // SAFETY:
    // obligation: _exit never returns and runs no destructors (_exit(2)).
    // here: nothing is left to do, the kernel closes the descriptors.
    // broken by: relying on a destructor or on a flushed buffer in the child.
    unsafe { nix::libc::_exit(i32::from(!well)) }
}
// ANCHOR_END: small-writes-child
