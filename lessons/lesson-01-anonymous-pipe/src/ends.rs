//! Counts the ends of one pipe that a process holds, as /proc shows them.
//!
//! Nothing is assumed from a descriptor's number: the link in /proc/PID/fd names the pipe by its
//! inode, and the flags in /proc/PID/fdinfo say whether the descriptor reads or writes. The same
//! can be seen by hand with `ls -l /proc/PID/fd`: `r-x` is a read end, `-wx` a write end.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::os::fd::AsFd;
use std::path::Path;

use anyhow::Context;
use nix::fcntl::OFlag;
use nix::sys::stat::fstat;

/// How many descriptors for each end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    pub read: usize,
    pub write: usize,
}

// ANCHOR: ends
/// Looks through the descriptors of `process` ("self" or a pid) for the pipe that `end` belongs to.
pub fn held_by(process: &str, end: impl AsFd) -> anyhow::Result<Ends> {
    // Both ends of a pipe have the same inode, and no other pipe has it.
    let inode = fstat(end).context("ask for the pipe's inode")?.st_ino;
    let this_pipe = format!("pipe:[{inode}]");

    let mut ends = Ends::default();
    let folder = format!("/proc/{process}/fd");
    for entry in fs::read_dir(&folder).with_context(|| format!("list {folder}"))? {
        let entry = entry.with_context(|| format!("list {folder}"))?;
        let target = match fs::read_link(entry.path()) {
            // The process has closed this one since the folder was listed.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            other => other.with_context(|| format!("read {}", entry.path().display()))?,
        };
        if target != Path::new(&this_pipe) {
            continue;
        }
        let number = entry.file_name();
        let info = format!("/proc/{process}/fdinfo/{}", number.display());
        match access_mode(&info)? {
            OFlag::O_RDONLY => ends.read += 1,
            OFlag::O_WRONLY => ends.write += 1,
            mode => anyhow::bail!("{info} names neither a read end nor a write end: {mode:?}"),
        }
    }
    Ok(ends)
}
// ANCHOR_END: ends

/// The access mode from a line like `flags: 02000001`, which is octal (proc_pid_fdinfo(5)).
fn access_mode(info: &str) -> anyhow::Result<OFlag> {
    let text = fs::read_to_string(info).with_context(|| format!("read {info}"))?;
    let digits = text
        .lines()
        .find_map(|line| line.strip_prefix("flags:"))
        .with_context(|| format!("find the flags in {info}"))?;
    let bits = i32::from_str_radix(digits.trim(), 8)
        .with_context(|| format!("read the flags in {info}"))?;
    Ok(OFlag::from_bits_retain(bits) & OFlag::O_ACCMODE)
}

impl fmt::Display for Ends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut roles = vec!["read end"; self.read];
        roles.extend(vec!["write end"; self.write]);
        f.write_str(&roles.join(", "))
    }
}
