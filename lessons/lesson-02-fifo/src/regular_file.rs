//! A name proves nothing: where a regular file has it, a reader would read the file and think it
//! came from a writer. So both programs look at the type first, and refuse.
//!
//! The article takes "the name exists" (EEXIST) for success, then reads what is there and deletes
//! it.

use std::fs;
use std::io::Write;

use anyhow::Context;
use nix::errno::Errno;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use transcript::Transcript;

use crate::private_dir::{Deferred, PrivateDir};
use crate::roles::this_program_as;
use crate::show;

pub const CLAIM: &str = "the type of a file counts, not its name";

const PRECIOUS: &str = "not for a FIFO\n";

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let place = PrivateDir::new()?;

    // ANCHOR: regular-file
    // Somebody else has the name already.
    fs::write(place.fifo(), PRECIOUS).context("write a regular file")?;
    let made = mkfifo(place.fifo(), Mode::S_IRUSR | Mode::S_IWUSR).map(|()| 0);
    writeln!(out, "mkfifo on a regular file's name: {}", show::answer(made))?;
    anyhow::ensure!(made == Err(Errno::EEXIST), "mkfifo returned {made:?}");

    // Both refuse at once, so Ctrl-C may wait until they have ended.
    let _deferred = Deferred::new()?;
    for role in ["reader", "writer"] {
        let refusal = this_program_as(role)?.arg(place.fifo()).output();
        let refusal = refusal.with_context(|| format!("run the {role}"))?;
        let left = fs::read_to_string(place.fifo()).context("read the regular file")?;
        let code = show::status(refusal.status);
        writeln!(out, "{role}: status {code}, the file still holds {} bytes", left.len())?;

        let reason = String::from_utf8_lossy(&refusal.stderr);
        anyhow::ensure!(refusal.status.code() == Some(1), "the {role} ended with {code}");
        anyhow::ensure!(reason.contains("stays as it is"), "the {role} said {reason}");
        anyhow::ensure!(left == PRECIOUS, "the {role} changed the file to {left:?}");
    }
    // ANCHOR_END: regular-file

    // Without a path there is nothing to guess: wrong usage is 2.
    let usage = this_program_as("reader")?.output().context("run the reader")?;
    writeln!(out, "reader without a path: status {}", show::status(usage.status))?;
    anyhow::ensure!(usage.status.code() == Some(2), "the reader ended with {}", usage.status);
    Ok(())
}
