//! A child's status waits for its parent: the children end in one order and are waited for in
//! another, each by its own pid.
//!
//! Waiting for any child, as the article's worker pool does, would also take the statuses of
//! children that other code in this process has started.

use std::io::Write;

use anyhow::Context;
use nix::fcntl::OFlag;
use nix::unistd::{pipe2, write};
use transcript::Transcript;

use crate::pipe_multiplexer::{Event, PipeMultiplexer};
use crate::words;

const SHELL: &str = "/bin/sh";

/// Each child waits for its token and then ends in its own way. SIGPIPE kills only because `exec`
/// has given it its default action back: Rust ignores it.
const CHILDREN: [(&str, &str, &str); 4] = [
    ("childA", "read turn && exec /no/such/program 2>/dev/null", "exited with 127"),
    ("childB", "read turn && exit 3", "exited with 3"),
    ("childC", "read turn && kill -PIPE $$", "killed by SIGPIPE"),
    ("childD", "read turn && exit 0", "exited with 0"),
];

// ANCHOR: statuses
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let mut children = PipeMultiplexer::default();
    let mut tokens = Vec::new();
    for (name, script, _) in CHILDREN {
        let (turns, give_turn) = pipe2(OFlag::O_CLOEXEC).context("create a token pipe")?;
        children.add_child(name, &[SHELL, "-c", script], turns)?;
        tokens.push(give_turn);
    }

    // From the last child to the first: each gets its token when the one before it has ended.
    let mut tokens = tokens.iter().rev();
    let mut hand_next_token = || -> anyhow::Result<()> {
        if let Some(token) = tokens.next() {
            // A token is a line (any will do).
            write(token, b"\n").context("hand a token")?;
        }
        Ok(())
    };
    hand_next_token()?;

    let mut ended = Vec::new();
    children.read_all(&mut |name, event| {
        if let Event::Eof = event {
            ended.push(name.to_owned());
            hand_next_token()?;
        }
        Ok(())
    })?;
    let expected: Vec<&str> = CHILDREN.iter().rev().map(|(name, _, _)| *name).collect();
    anyhow::ensure!(ended == expected, "the children ended in the order {ended:?}");
    writeln!(out, "end-of-file came from {}", ended.join(", "))?;

    // A child that has ended is a zombie until now: that is where its status is kept (wait(2)).
    for ((name, status), (_, script, expected)) in children.reap()?.into_iter().zip(CHILDREN) {
        let ending = words::ending(status);
        anyhow::ensure!(ending == expected, "{name} ({script}) {ending}, where {expected} must be");
        writeln!(out, "{name} {ending}")?;
    }
    Ok(())
}
// ANCHOR_END: statuses
