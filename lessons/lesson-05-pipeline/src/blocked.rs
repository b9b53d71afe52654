//! Sees from outside that a stage is blocked, so that no part has to assume it.
//!
//! `/proc/PID/syscall` names the system call that a process sleeps in: its number, then its
//! arguments in hexadecimal, or `running` (proc_pid_syscall(5)). A parent may read it for its
//! children.

use std::fs;
use std::os::fd::RawFd;
use std::thread::yield_now;
use std::time::{Duration, Instant};

use anyhow::Context;
use libc::c_long;
use nix::unistd::Pid;

/// After this long the stage is not going to block any more: a mistake, not a slow machine
/// (any will do).
const LIMIT: Duration = Duration::from_secs(5);

/// A system call, and which of its arguments is the descriptor in question.
type Call = (c_long, usize);

/// The calls that wait for bytes. Which one it is depends on who has written `cat`.
pub const READS: &[Call] =
    &[(libc::SYS_read, 0), (libc::SYS_readv, 0), (libc::SYS_splice, 0), (libc::SYS_tee, 0)];

/// The calls that wait for room.
pub const WRITES: &[Call] = &[
    (libc::SYS_write, 0),
    (libc::SYS_writev, 0),
    (libc::SYS_vmsplice, 0),
    (libc::SYS_splice, 2),
    (libc::SYS_tee, 1),
];

// ANCHOR: blocked
/// Returns once `stage` sleeps in one of `calls` on its descriptor `number`.
///
/// The state is read before the call. A process that has been woken is in state R from that moment
/// on, so the call that it still seems to be in is not taken for a new wait.
pub fn until_in(calls: &[Call], number: RawFd, stage: Pid) -> anyhow::Result<()> {
    let deadline = Instant::now() + LIMIT;
    loop {
        match state(stage)? {
            'S' if sleeps_in(calls, number, stage)? => return Ok(()),
            'Z' | 'X' => anyhow::bail!("a stage that was to wait has ended"),
            _ => {}
        }
        anyhow::ensure!(
            Instant::now() < deadline,
            "for {LIMIT:?} a stage has not been waiting on its descriptor {number}"
        );
        // Gives the processor to the stage, where the two have only one.
        yield_now();
    }
}
// ANCHOR_END: blocked

/// The file says something like `1 0x1 0x7ffd… 0x1000 …`.
fn sleeps_in(calls: &[Call], number: RawFd, stage: Pid) -> anyhow::Result<bool> {
    let path = format!("/proc/{stage}/syscall");
    let text = fs::read_to_string(&path).with_context(|| format!("read {path}"))?;
    let mut fields = text.split_whitespace();
    let call = fields.next().and_then(|field| field.parse::<c_long>().ok());
    let arguments: Vec<&str> = fields.collect();
    Ok(calls.iter().any(|&(wanted, index)| {
        call == Some(wanted) && arguments.get(index) == Some(&format!("{number:#x}").as_str())
    }))
}

/// One letter: R runs or could, S sleeps until something happens, Z is a zombie. It stands behind
/// the program's name, which may have spaces (proc_pid_stat(5)).
fn state(stage: Pid) -> anyhow::Result<char> {
    let path = format!("/proc/{stage}/stat");
    let text = fs::read_to_string(&path).with_context(|| format!("read {path}"))?;
    text.rsplit_once(") ")
        .and_then(|(_, fields)| fields.chars().next())
        .with_context(|| format!("find the state in {path}"))
}
