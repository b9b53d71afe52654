//! A program that fails after it made its FIFO still removes it: the error leaves every scope on
//! its way, and the directory's Drop runs.
//!
//! `std::process::exit` in the middle would run no Drop, and leave both behind.

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use anyhow::Context;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use transcript::Transcript;

use crate::private_dir::{Deferred, PrivateDir};
use crate::roles::this_program_as;
use crate::show;

pub const CLAIM: &str = "a program that fails leaves nothing behind";

// ANCHOR: failing
/// The role `failing`: makes its FIFO, names its directory, and fails.
pub fn failing() -> anyhow::Result<()> {
    let place = PrivateDir::new()?;
    mkfifo(place.fifo(), Mode::S_IRUSR | Mode::S_IWUSR).context("make the FIFO")?;

    io::stdout().write_all(place.path().as_os_str().as_bytes()).context("name the directory")?;
    anyhow::ensure!(place.fifo().exists(), "the FIFO is missing before the error");

    // The name is taken, by our own FIFO: `?` leaves the function here.
    mkfifo(place.fifo(), Mode::S_IRUSR | Mode::S_IWUSR).context("make the FIFO again")?;
    Ok(())
}
// ANCHOR_END: failing

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    // Ctrl-C waits until the other program has ended and removed what it made.
    let _deferred = Deferred::new()?;

    // ANCHOR: on-error
    let failed = this_program_as("failing")?.output().context("run the failing program")?;
    let reason = String::from_utf8_lossy(&failed.stderr);
    anyhow::ensure!(reason.contains("EEXIST"), "the program said {reason}");
    writeln!(out, "the program failed with EEXIST, status {}", show::status(failed.status))?;
    anyhow::ensure!(failed.status.code() == Some(1), "it ended with {}", failed.status);

    // It named its directory before it failed.
    let directory = PathBuf::from(OsString::from_vec(failed.stdout));
    anyhow::ensure!(!directory.as_os_str().is_empty(), "it did not name its directory");
    let left = directory.exists();
    writeln!(out, "its directory and its FIFO are {}", if left { "still there" } else { "gone" })?;
    anyhow::ensure!(!left, "{} is left", directory.display());
    // ANCHOR_END: on-error
    Ok(())
}
