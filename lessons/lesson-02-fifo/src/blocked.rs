//! Sees from outside that a program waits, so that no part has to assume it.
//!
//! `/proc/PID/syscall` names the system call that a process sleeps in: its number, then its
//! arguments in hexadecimal, or `running` (proc_pid_syscall(5)). A parent may read it for its
//! children.

use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Child;
use std::thread::yield_now;
use std::time::{Duration, Instant};

use anyhow::Context;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;

/// No program of this lesson takes longer, even on a loaded machine (any will do).
const DEADLINE: Duration = Duration::from_secs(5);

/// Returns as soon as `child` sleeps in openat(2) of `path`, with the name of the call.
pub fn in_open(child: &Child, path: &Path) -> anyhow::Result<&'static str> {
    let deadline = Instant::now() + DEADLINE;
    while !sleeps_in_open(child, path)? {
        // WNOWAIT only looks: the part itself is to reap the child.
        let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        let pid = Pid::from_raw(child.id().cast_signed());
        let status = waitid(Id::Pid(pid), look).context("look after the child")?;
        anyhow::ensure!(status == WaitStatus::StillAlive, "it ended before it waited: {status:?}");
        anyhow::ensure!(
            Instant::now() < deadline,
            "/proc/{pid}/syscall did not show it in openat within {DEADLINE:?}"
        );
        yield_now();
    }
    Ok("openat")
}

fn sleeps_in_open(child: &Child, path: &Path) -> anyhow::Result<bool> {
    let name = format!("/proc/{}/syscall", child.id());
    let line = fs::read_to_string(&name).with_context(|| format!("read {name}"))?;
    let mut fields = line.split_whitespace();
    if fields.next() != Some(libc::SYS_openat.to_string().as_str()) {
        return Ok(false);
    }

    // The loader of a starting program opens files too. Which file it is stands in the child's
    // memory, where the second argument points.
    let Some(address) = fields.nth(1).and_then(|field| field.strip_prefix("0x")) else {
        return Ok(false);
    };
    let address = u64::from_str_radix(address, 16).with_context(|| format!("parse {name}"))?;
    let name = format!("/proc/{}/mem", child.id());
    let memory = File::open(&name).with_context(|| format!("open {name}"))?;
    let wanted = [path.as_os_str().as_bytes(), b"\0"].concat();
    let mut found = vec![0; wanted.len()];
    // A failed read means that the child went on in the meantime.
    Ok(memory.read_exact_at(&mut found, address).is_ok() && found == wanted)
}
