//! Whoever opens a FIFO first waits in open until somebody opens the other end (fifo(7)).
//!
//! It is not the first read or write that waits: without a peer the program does not even get a
//! descriptor. The waiting is seen in /proc, never assumed, so the order below is no accident.

use std::io::Write;
use std::process::Stdio;

use anyhow::Context;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use transcript::Transcript;

use crate::private_dir::PrivateDir;
use crate::roles::{Companion, this_program_as};
use crate::{blocked, show};

pub const CLAIM: &str = "open waits until the peer opens too";

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let place = PrivateDir::new()?;
    mkfifo(place.fifo(), Mode::S_IRUSR | Mode::S_IWUSR).context("make the FIFO")?;

    // ANCHOR: open-blocks
    for (first, second) in [("reader", "writer"), ("writer", "reader")] {
        let mut early = this_program_as(first)?;
        early.arg(place.fifo()).stdout(Stdio::null());
        let mut early = Companion::new(|| early.spawn()).context("start the first program")?;

        // /proc names the call that the first program sleeps in, and the path that it opens.
        let call = blocked::in_open(&early, place.fifo());
        let call = call.with_context(|| format!("watch the {first}"))?;
        writeln!(out, "{first} first: it waits in {call}")?;

        // Nothing but this program's open can let the first one go on.
        let mut late = this_program_as(second)?;
        late.arg(place.fifo()).stdout(Stdio::null());
        let mut late = Companion::new(|| late.spawn()).context("start the second program")?;

        // If the second failed before it opened, the first would wait for ever.
        let late_status = late.wait().with_context(|| format!("wait for the {second}"))?;
        anyhow::ensure!(late_status.success(), "the {second} ended with {late_status}");
        let early_status = early.wait().with_context(|| format!("wait for the {first}"))?;

        writeln!(
            out,
            "  the {second} opens: both go on, statuses {} and {}",
            show::status(early_status),
            show::status(late_status)
        )?;
        anyhow::ensure!(early_status.success(), "the {first} ended with {early_status}");
    }
    // ANCHOR_END: open-blocks
    Ok(())
}
