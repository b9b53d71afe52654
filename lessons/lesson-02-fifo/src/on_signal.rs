//! Ctrl-C removes the FIFO too, although the default action of a signal runs no Drop: a handler
//! unlinks it, and then the signal ends the program as it would have without a handler.
//!
//! The handler stands in `private_dir/removal.rs`.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::Context;
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, mkfifo};
use transcript::Transcript;

use crate::private_dir::{Deferred, PrivateDir, SIGNALS, default_actions};
use crate::roles::{Companion, this_program_as};

pub const CLAIM: &str = "a program that is interrupted leaves nothing behind";

// ANCHOR: waiting
/// The role `waiting`: makes its FIFO, names its directory, and waits for the end of its input.
pub fn waiting() -> anyhow::Result<()> {
    default_actions().context("have the signals end this program")?;
    let place = PrivateDir::new()?;
    mkfifo(place.fifo(), Mode::S_IRUSR | Mode::S_IWUSR).context("make the FIFO")?;

    let mut name = place.path().as_os_str().as_bytes().to_vec();
    name.push(0);
    io::stdout().write_all(&name).context("name the directory")?;
    io::stdout().flush().context("name the directory")?;

    // The lesson holds the other end of this pipe. If the lesson dies, this ends too, and removes.
    io::stdin().read_to_end(&mut name).context("wait for the end of the input")?;
    Ok(())
}
// ANCHOR_END: waiting

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    // Ctrl-C waits until the other program has ended and removed what it made.
    let _deferred = Deferred::new()?;
    for signal in SIGNALS {
        interrupt_with(signal, out)?;
    }
    Ok(())
}

// ANCHOR: on-signal
fn interrupt_with(signal: Signal, out: &mut Transcript) -> anyhow::Result<()> {
    let mut program = this_program_as("waiting")?;
    program.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut program = Companion::new(|| program.spawn()).context("start the waiting program")?;

    // When its directory's name is here, the program has made the FIFO. If it failed, this is 0.
    let mut name = Vec::new();
    let stdout = program.stdout.take().context("find the program's output")?;
    BufReader::new(stdout).read_until(0, &mut name).context("read the directory's name")?;
    anyhow::ensure!(name.pop() == Some(0), "the program ended before it named its directory");
    let directory = PathBuf::from(OsString::from_vec(name));
    anyhow::ensure!(directory.join("fifo").exists(), "the FIFO is missing before {signal}");

    // To this one process, as `kill` does. Nobody has reaped it, so the pid is still its own.
    let pid = Pid::from_raw(program.id().cast_signed());
    kill(pid, signal).with_context(|| format!("send {signal}"))?;
    let status = program.wait().context("wait for the program")?;

    let killed_by = status.signal().and_then(|number| Signal::try_from(number).ok());
    let killed_by = killed_by.map_or("no signal", Signal::as_str);
    let left = directory.exists();
    let fate = if left { "still there" } else { "gone" };
    let signal_name = signal.as_str();
    writeln!(out, "{signal_name:<8} killed by {killed_by:<8} directory and FIFO: {fate}")?;
    anyhow::ensure!(status.signal() == Some(signal as i32), "the program ended with {status}");
    anyhow::ensure!(!left, "{} is left", directory.display());
    Ok(())
}
// ANCHOR_END: on-signal
