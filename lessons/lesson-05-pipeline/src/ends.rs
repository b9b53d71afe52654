//! Finds a pipe's read ends, as /proc shows them.
//!
//! The link in /proc/PID/fd names the pipe by its inode, the flags in /proc/PID/fdinfo say whether
//! the descriptor reads or writes. By hand: `ls -l /proc/PID/fd`, where `r-x` is a read end.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context;
use nix::fcntl::OFlag;
use nix::unistd::Pid;

/// The pipe that is the standard output of `process`, by its name in /proc.
pub fn output_of(process: Pid) -> anyhow::Result<PathBuf> {
    let link = format!("/proc/{process}/fd/1");
    fs::read_link(&link).with_context(|| format!("read {link}"))
}

// ANCHOR: read-ends
/// How many read ends of `pipe` the process holds.
pub fn read_ends(process: Pid, pipe: &Path) -> anyhow::Result<usize> {
    let mut count = 0;
    let folder = format!("/proc/{process}/fd");
    for entry in fs::read_dir(&folder).with_context(|| format!("list {folder}"))? {
        let entry = entry.with_context(|| format!("list {folder}"))?;
        let target = match fs::read_link(entry.path()) {
            // The descriptor that lists the folder is gone when the list is done.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            other => other.with_context(|| format!("read {}", entry.path().display()))?,
        };
        let info = format!("/proc/{process}/fdinfo/{}", entry.file_name().display());
        if target == pipe && access_mode(&info)? == OFlag::O_RDONLY {
            count += 1;
        }
    }
    Ok(count)
}
// ANCHOR_END: read-ends

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
