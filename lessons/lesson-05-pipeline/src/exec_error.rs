//! A command that does not exist: exec fails in the child, and its error still reaches the caller,
//! through a close-on-exec pipe.
//!
//! A status of 127 alone would not tell it from a program that exits with 127. The other stages run
//! on as in a shell, but the child that could not become a program is gone, and with it its ends of
//! two pipes: the stage before it gets SIGPIPE, the stage behind it end-of-file.

use std::io::Write;

use nix::errno::Errno;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use transcript::Transcript;

use crate::pipeline::{Ended, Pipeline};
use crate::table;

// ANCHOR: exec-error
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let pipeline = Pipeline::new(&["yes", "|", "no-such-command", "|", "wc", "-c"])?;
    let before = children();
    let finished = pipeline.execute(None)?;

    let expected =
        [Ended::Killed(libc::SIGPIPE), Ended::NotStarted(Errno::ENOENT), Ended::Exited(0)];
    let stages = finished.stages;
    anyhow::ensure!(stages == expected, "the stages of `{pipeline}` ended so: {stages:?}");
    let text = String::from_utf8_lossy(&finished.output);
    anyhow::ensure!(text.trim() == "0", "`wc -c` says {text:?}");
    writeln!(out, "{pipeline}")?;
    table::stages(out, &pipeline, &stages)?;
    writeln!(out, "  wc says: {}", text.trim())?;

    // Not even the child that could not become a program is left.
    let after = children();
    anyhow::ensure!(after == before, "a child is left: {after:?}");
    writeln!(out, "  no child is left to wait for")?;

    // exec also refuses what is there but is no program, such as a folder.
    let not_found = refusal("no-such-command", Errno::ENOENT)?;
    let no_program = refusal("/", Errno::EACCES)?;
    writeln!(out, "status in a shell\n  not found:        {not_found}")?;
    writeln!(out, "  not a program:    {no_program}")?;
    Ok(())
}
// ANCHOR_END: exec-error

/// Looks for any child that has ended or still runs: ECHILD where there is none. The lesson may
/// have been given one by the program that has become this one.
fn children() -> nix::Result<WaitStatus> {
    waitid(Id::All, WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT)
}

/// The status that a shell would give, once exec has refused `command` for the expected reason.
fn refusal(command: &str, expected: Errno) -> anyhow::Result<u8> {
    let stages = Pipeline::new(&[command])?.execute(None)?.stages;
    anyhow::ensure!(stages == [Ended::NotStarted(expected)], "`{command}` ended so: {stages:?}");
    Ok(stages[0].shell_status())
}
