//! A signal ends poll's wait with EINTR. That says nothing about any pipe: the loop asks again, and
//! the data come as if nothing had been.
//!
//! A signal sent while poll waits could as well come just before it, and interrupt nothing. So the
//! signal is blocked, raised, and let in by ppoll alone, in one step with the wait (poll(2)).

use std::ffi::c_int;
use std::io::{self, PipeReader, PipeWriter, Write};
use std::os::fd::AsFd;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal};
use nix::sys::signal::{SigmaskHow, raise, sigaction};
use nix::sys::time::TimeSpec;
use transcript::Transcript;

use crate::words;

const SHELL: &str = "/bin/sh";
const SCRIPT: &str = "read turn && echo data after the signal";
/// No child takes so long, even on a loaded machine (any will do).
const PATIENCE: TimeSpec = TimeSpec::new(5, 0);
/// How often the handler has run, from the moment on that it is set to 0 (any will do).
static CAUGHT: AtomicUsize = AtomicUsize::new(0);

extern "C" fn count(_: c_int) {
    CAUGHT.fetch_add(1, Ordering::Relaxed);
}

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

    let outcome = interrupt(out, reader, give_turn);

    // Also after an error: the ends that `interrupt` had are closed, so the child does not wait.
    let status = child.wait().context("wait for the child")?;
    outcome?;
    anyhow::ensure!(status.success(), "the child ended with {status}");
    Ok(())
}

// ANCHOR: eintr
fn interrupt(out: &mut Transcript, reader: PipeReader, give: PipeWriter) -> anyhow::Result<()> {
    CAUGHT.store(0, Ordering::Relaxed);

    // SA_RESTART lets an interrupted read go on after the handler; poll it does not (signal(7)).
    // SA_RESETHAND brings the default action back: this handler runs once.
    let flags = SaFlags::SA_RESTART | SaFlags::SA_RESETHAND;
    let action = SigAction::new(SigHandler::Handler(count), flags, SigSet::empty());
    // SAFETY:
    // obligation: a handler may make only async-signal-safe calls (sigaction(2)).
    // here: `count` adds to an atomic number and calls nothing.
    // broken by: a handler that prints or allocates.
    unsafe { sigaction(Signal::SIGUSR1, &action) }.context("set the handler")?;

    // Raised while it is blocked, the signal stays pending: nothing has run yet.
    let old_mask = SigSet::from(Signal::SIGUSR1)
        .thread_swap_mask(SigmaskHow::SIG_BLOCK)
        .context("block SIGUSR1")?;
    raise(Signal::SIGUSR1).context("raise SIGUSR1")?;
    let ran = CAUGHT.load(Ordering::Relaxed);
    anyhow::ensure!(ran == 0, "the handler ran {ran} times while its signal was blocked");
    writeln!(out, "raised and blocked:  the handler has run {ran} times")?;

    // Let in also where whoever started the lesson had blocked it.
    let mut while_waiting = old_mask;
    while_waiting.remove(Signal::SIGUSR1);
    ask_until_answered(out, &reader, give, while_waiting)?;

    let text = io::read_to_string(reader).context("read from the pipe")?;
    write!(out, "[child] {text}")?;

    old_mask.thread_set_mask().context("restore the blocked signals")
}
// ANCHOR_END: eintr

// ANCHOR: eintr-loop
fn ask_until_answered(
    out: &mut Transcript,
    reader: &PipeReader,
    mut give_turn: PipeWriter,
    while_waiting: SigSet,
) -> anyhow::Result<()> {
    let mut asked = [PollFd::new(reader.as_fd(), PollFlags::POLLIN)];
    let mut interrupted = 0;
    let ready = loop {
        match ppoll(&mut asked, Some(PATIENCE), Some(while_waiting)) {
            // No answer at all, so nothing may be read from `asked`: the same question again.
            Err(Errno::EINTR) => {
                interrupted += 1;
                let ran = CAUGHT.load(Ordering::Relaxed);
                writeln!(out, "let in by ppoll:     {:?}, it has run {ran} time", Errno::EINTR)?;
                // The child has not been allowed to write until now (any will do).
                give_turn.write_all(b"\n").context("hand the token")?;
            }
            // Any other error would come back every time: it ends the loop.
            answered => break answered.context("wait for data or a signal")?,
        }
    };
    anyhow::ensure!((interrupted, ready) == (1, 1), "{interrupted} times EINTR, then {ready}");

    // HUP comes with it or not: the child may have ended by now.
    let answer = asked[0].revents().context("poll answered with flags that nix does not name")?;
    writeln!(out, "asked once more:     ppoll says {}", words::answer(answer & PollFlags::POLLIN))?;
    Ok(())
}
// ANCHOR_END: eintr-loop
