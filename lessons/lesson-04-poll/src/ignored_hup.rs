//! A loop that waits for IN alone and passes HUP over never sleeps again once a writer has gone.
//!
//! HUP comes unasked and stays: there is nothing to read that could take it away (poll(2)). The
//! wake-ups are counted, not timed.

use std::io::Write;
use std::os::fd::AsFd;

use anyhow::Context;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::pipe2;
use transcript::Transcript;

use crate::pipe_multiplexer::PATIENCE_MS;
use crate::words;

/// A loop that is woken more often than that, with nothing to do, is one that never sleeps.
const LIMIT: usize = 100;

// ANCHOR: ignored-hup
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    // One child that has ended, and one that lives and says nothing.
    let (ended, ended_writer) = pipe2(OFlag::O_CLOEXEC).context("create the first pipe")?;
    let (silent, _silent_writer) = pipe2(OFlag::O_CLOEXEC).context("create the second pipe")?;

    // With both write ends open poll has nothing to say, and a loop sleeps in it.
    let wanted = PollFlags::POLLIN;
    let mut asked = [PollFd::new(ended.as_fd(), wanted), PollFd::new(silent.as_fd(), wanted)];
    let ready = poll(&mut asked, PollTimeout::ZERO).context("poll both pipes")?;
    anyhow::ensure!(ready == 0, "poll answers {ready} for two silent pipes");
    writeln!(out, "both writers open:   poll answers {ready}, a loop would sleep")?;

    // What the end of a child does to its pipe.
    drop(ended_writer);

    // The mistake: a loop that reads when there is IN, and otherwise asks again.
    let mut wake_ups = 0;
    while wake_ups <= LIMIT {
        let ready = poll(&mut asked, PATIENCE_MS).context("poll both pipes")?;
        let answers = [asked[0].revents(), asked[1].revents()];
        let only_hup = [Some(PollFlags::POLLHUP), Some(PollFlags::empty())];
        anyhow::ensure!(ready == 1 && answers == only_hup, "poll answers {ready}: {answers:?}");
        wake_ups += 1;
    }
    writeln!(out, "one writer gone:     more than {} wake-ups, each with HUP", wake_ups - 1)?;

    // Asking for nothing at all does not help.
    asked[0].set_events(PollFlags::empty());
    poll(&mut asked, PATIENCE_MS).context("poll both pipes")?;
    let answer = asked[0].revents().context("poll answered with flags that nix does not name")?;
    anyhow::ensure!(answer == PollFlags::POLLHUP, "poll says {}", words::answer(answer));
    let asked_for = format!("asked for {}:", words::answer(asked[0].events()));
    writeln!(out, "{asked_for:<21}poll says {}", words::answer(answer))?;

    // The cure: HUP without IN is the end of this pipe, and the next set is built without it.
    let mut asked = [PollFd::new(silent.as_fd(), wanted)];
    let ready = poll(&mut asked, PollTimeout::ZERO).context("poll the open pipe")?;
    anyhow::ensure!(ready == 0, "poll answers {ready} for a silent pipe");
    writeln!(out, "left out of the set: poll answers {ready}, a loop would sleep")?;
    Ok(())
}
// ANCHOR_END: ignored-hup
