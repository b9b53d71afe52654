//! A pipeline is not one program after the other: a byte goes through all stages while the input
//! is still open.
//!
//! Were the stages run in turn, the first `cat` would have to end before the second begins, and it
//! does not end before its input does.

use std::io::{Read, Write};
use std::os::fd::AsFd;

use anyhow::Context;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{pipe2, write};
use transcript::Transcript;

use crate::pipeline::{Ended, Pipeline};

/// No byte takes so long, even on a loaded machine (any will do).
const LIMIT_MS: u16 = 5000;

// ANCHOR: at-once
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let pipeline = Pipeline::new(&["cat", "|", "cat", "|", "cat"])?;
    let (input, feeder) = pipe2(OFlag::O_CLOEXEC).context("create the input pipe")?;
    let (mut running, mut reader) = pipeline.start(Some(input))?;
    writeln!(out, "{pipeline}")?;

    for letter in [b'a', b'b', b'c'] {
        // The next byte goes in only when the one before has come out.
        let count = write(&feeder, &[letter]).context("write to the first stage")?;
        anyhow::ensure!(count == 1, "the pipe took {count} bytes");

        // A stage that waited for the end of its input would make this wait in vain.
        let mut asked = [PollFd::new(reader.as_fd(), PollFlags::POLLIN)];
        let ready = poll(&mut asked, PollTimeout::from(LIMIT_MS)).context("wait for the byte")?;
        anyhow::ensure!(ready == 1, "the byte did not come out within {LIMIT_MS} ms");

        let mut byte = [0];
        let count = reader.read(&mut byte).context("read from the last stage")?;
        anyhow::ensure!(count == 1 && byte == [letter], "{byte:?} came out in {count} bytes");
        writeln!(out, "  in: {0}, out: {0}", char::from(byte[0]))?;
    }

    // Nobody can have ended: no stage has seen end-of-file yet. WNOWAIT only looks.
    for index in 0..pipeline.stages.len() {
        let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        let status = waitid(Id::Pid(running.pid(index)?), look).context("look after a stage")?;
        anyhow::ensure!(status == WaitStatus::StillAlive, "a stage has ended: {status:?}");
    }
    writeln!(out, "  the input is open, and all {} stages are running", pipeline.stages.len())?;

    // End-of-file for the first stage; it ends, and that is end-of-file for the next.
    drop(feeder);
    let count = reader.read(&mut [0]).context("read after the end of the input")?;
    anyhow::ensure!(count == 0, "{count} bytes came where end-of-file must be");
    let ended = running.wait()?;
    anyhow::ensure!(ended == [Ended::Exited(0); 3], "the stages ended otherwise: {ended:?}");
    writeln!(out, "  the input is closed: end-of-file comes out, and all exit with 0")?;
    Ok(())
}
// ANCHOR_END: at-once
