//! Sees that other processes are blocked in `write`, as /proc shows it.
//!
//! A process that has just been started, or just been woken, may not have come to its next call
//! yet. So nothing here waits for a while and hopes: it looks until the kernel itself says that the
//! process sleeps in that call, on that descriptor.

use std::fs;
use std::os::fd::RawFd;
use std::time::{Duration, Instant};

use anyhow::Context;
use nix::libc;
use nix::unistd::Pid;

/// After this long the process is not going to block any more: a mistake, not a slow machine
/// (any will do).
const LIMIT: Duration = Duration::from_secs(5);

// ANCHOR: blocked-all
/// Returns once all `processes` sleep in `write` on their descriptor `number`, at the same time.
///
/// They are looked at one after the other, and that is enough: only a reader makes room, and the
/// reader is the one who looks. So the first still sleeps when the last is seen to.
pub fn all_in_write(processes: &[Pid], number: RawFd) -> anyhow::Result<()> {
    processes.iter().try_for_each(|process| in_write(*process, number))
}
// ANCHOR_END: blocked-all

/// Returns once `process` sleeps in `write` on its descriptor `number`.
///
/// The state is read before the call. A process that the reader has woken is in state R from that
/// moment on, so the call that it still seems to be in is not taken for a new wait.
pub fn in_write(process: Pid, number: RawFd) -> anyhow::Result<()> {
    let deadline = Instant::now() + LIMIT;
    loop {
        match state(process)? {
            'S' if is_writing(process, number)? => return Ok(()),
            'Z' | 'X' => anyhow::bail!("a writer has ended and does not wait in write"),
            _ => {}
        }
        anyhow::ensure!(
            Instant::now() < deadline,
            "for {LIMIT:?} a writer has not been waiting in write on descriptor {number}"
        );
        // Gives the processor to the writer, where the two have only one.
        std::thread::yield_now();
    }
}

/// The file says `1 0x4 0x7ffd08 0x1000` and more: the number of the call, then its arguments; or
/// `running` (proc_pid_syscall(5)).
fn is_writing(process: Pid, number: RawFd) -> anyhow::Result<bool> {
    let path = format!("/proc/{process}/syscall");
    let text = fs::read_to_string(&path).with_context(|| format!("read {path}"))?;
    let mut fields = text.split_whitespace();
    let call = fields.next().and_then(|field| field.parse::<libc::c_long>().ok());
    let first = fields.next().and_then(|field| field.strip_prefix("0x"));
    let descriptor = first.and_then(|digits| RawFd::from_str_radix(digits, 16).ok());
    Ok(call == Some(libc::SYS_write) && descriptor == Some(number))
}

/// One letter: R runs or could, S sleeps until something happens, D waits for memory or a lock, Z
/// is a zombie. It stands behind the program's name, which may have spaces (proc_pid_stat(5)).
fn state(process: Pid) -> anyhow::Result<char> {
    let path = format!("/proc/{process}/stat");
    let text = fs::read_to_string(&path).with_context(|| format!("read {path}"))?;
    text.rsplit_once(") ")
        .and_then(|(_, fields)| fields.chars().next())
        .with_context(|| format!("find the state in {path}"))
}
