//! poll answers 0 when the time is up and nothing has happened. That is no error, and no end: the
//! child is alive, and what it has to say may still come.
//!
//! It cannot come too early here, because the child writes only after it has got a token.

use std::io::{self, PipeReader, PipeWriter, Write};
use std::os::fd::AsFd;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context;
use nix::poll::{PollFd, PollFlags, poll};
use transcript::Transcript;

use crate::pipe_multiplexer::PATIENCE_MS;
use crate::words;

const SHELL: &str = "/bin/sh";
const SCRIPT: &str = "read turn && echo late, but here";

/// Short, because nothing would come in a longer time either (any will do).
const SHORT_MS: u16 = 20;

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let (reader, writer) = io::pipe().context("create the pipe")?;
    let (turns, give_turn) = io::pipe().context("create the token pipe")?;

    // How a child is started is not the subject here, so std may do it.
    let mut child = Command::new(SHELL)
        .args(["-c", SCRIPT])
        .stdin(turns)
        .stdout(writer)
        .spawn()
        .with_context(|| format!("start {SHELL}"))?;

    let outcome = ask_twice(out, reader, give_turn);

    // Also after an error: the ends that `ask_twice` had are closed, so the child does not wait.
    let status = child.wait().context("wait for the child")?;
    outcome?;
    anyhow::ensure!(status.success(), "the child ended with {status}");
    Ok(())
}

// ANCHOR: timeout
fn ask_twice(
    out: &mut Transcript,
    reader: PipeReader,
    mut give_turn: PipeWriter,
) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut asked = [PollFd::new(reader.as_fd(), PollFlags::POLLIN)];

    // The article takes this 0 and an error of -1 together, and tries again after both.
    let ready = poll(&mut asked, SHORT_MS).context("wait for a child that may not write")?;
    let answer = asked[0].revents().context("poll answered with flags that nix does not name")?;
    let nothing = ready == 0 && answer.is_empty();
    anyhow::ensure!(nothing, "poll answers {ready} and says {}", words::answer(answer));

    // Not less than the time asked for: poll rounds it up (poll(2)).
    let waited = started.elapsed();
    let in_full = waited >= Duration::from_millis(SHORT_MS.into());
    anyhow::ensure!(in_full, "poll gave up after {waited:?}, before {SHORT_MS} ms");
    writeln!(out, "before the token: poll answers {ready} and says {}", words::answer(answer))?;

    // Now there is something to wait for (any will do).
    give_turn.write_all(b"\n").context("hand the token")?;
    let ready = poll(&mut asked, PATIENCE_MS).context("wait for the child's line")?;
    anyhow::ensure!(ready == 1, "the child has not written within {PATIENCE_MS} ms");

    let text = io::read_to_string(reader).context("read from the pipe")?;
    writeln!(out, "after the token:  poll answers {ready}")?;
    write!(out, "[child] {text}")?;
    Ok(())
}
// ANCHOR_END: timeout
