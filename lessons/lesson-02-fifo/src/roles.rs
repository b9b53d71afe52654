//! The other programs that this binary can be: the reader, the writer, and two that show how a
//! FIFO is removed.
//!
//! The lesson starts itself for them, so that they share with it no descriptor but 0, 1 and 2: what
//! they need to find each other is the name of the FIFO.

mod companion;
mod reader;
mod writer;

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::getppid;

use crate::private_dir::all_signals;

pub use companion::{Companion, this_program_as};
pub use writer::MESSAGES;

/// Stands before the lesson's pid in the arguments of a program that the lesson started
/// (any will do).
const STARTED_BY: &str = "--started-by";

/// Plays the role that the command line names, or returns `None`: then this is the lesson.
pub fn play() -> Option<ExitCode> {
    let mut args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let mut lesson = None;
    if args.len() > 2 && args[0] == STARTED_BY {
        lesson = Some(args[1].to_str()?.parse().ok()?);
        args.drain(..2);
    }
    let (role, args) = args.split_first()?;
    if lesson.is_some() {
        // They were blocked while the lesson started this program, and exec keeps that (execve(2)).
        // It fails only for a mask that the kernel did not hand out.
        let _ = all_signals().thread_unblock();
    }
    let role = role.to_str()?;
    let outcome = match (role, lesson, args) {
        ("reader", _, [path]) => with_fifo(path.as_ref(), lesson, reader::read_messages),
        ("writer", _, [path]) => with_fifo(path.as_ref(), lesson, writer::write_messages),
        ("reader" | "writer", ..) => return Some(wrong_usage(role)),
        ("failing", Some(_), []) => crate::on_error::failing(),
        ("waiting", Some(_), []) => crate::on_signal::waiting(),
        _ => return None,
    };
    Some(match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if lesson.is_some() && is_broken_pipe(&error) => {
            // The reader left because nobody reads the lesson's output any more (`| head -1`), and
            // so the lesson ends quietly. It learns from the status what it needs.
            ExitCode::FAILURE
        }
        Err(error) => {
            // Standard error may be closed as well; there is nobody left to tell then.
            let _ = writeln!(io::stderr(), "{role}: {error:#}");
            ExitCode::FAILURE
        }
    })
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let cause = error.root_cause().downcast_ref::<io::Error>();
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

fn wrong_usage(role: &str) -> ExitCode {
    let peer = if role == "reader" { "writer" } else { "reader" };
    let _ = writeln!(
        io::stderr(),
        "{role}: it takes one PATH, the name of a FIFO. Make one with `mkfifo PATH`, then type\n  \
         cargo xtask run lesson-02 -- {role} PATH\nand in another terminal\n  \
         cargo xtask run lesson-02 -- {peer} PATH"
    );
    ExitCode::from(2)
}

// ANCHOR: only-a-fifo
/// Plays the reader or the writer, on a FIFO and on nothing else. It never removes that.
fn with_fifo(
    path: &Path,
    lesson: Option<i32>,
    play: fn(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    if let Some(pid) = lesson {
        die_with(pid)?;
    }
    let found = fs::metadata(path)
        .with_context(|| format!("look at {0} (if it is missing: `mkfifo {0}`)", path.display()))?;
    anyhow::ensure!(
        found.file_type().is_fifo(),
        "{0} is not a FIFO and stays as it is; make one under another name with `mkfifo`",
        path.display()
    );
    if lesson.is_none() {
        // Who types the role by hand would otherwise see nothing while open waits.
        let _ = writeln!(io::stderr(), "waiting for the other program to open {}", path.display());
    }
    play(path)
}
// ANCHOR_END: only-a-fifo

/// Makes the kernel end this program with the lesson that started it: nobody else knows the FIFO,
/// so it would wait in open for ever.
fn die_with(lesson: i32) -> anyhow::Result<()> {
    set_pdeathsig(Signal::SIGKILL).context("ask to end with the lesson")?;
    // The lesson may have ended before the line above.
    anyhow::ensure!(getppid().as_raw() == lesson, "the lesson that started this role has ended");
    Ok(())
}
