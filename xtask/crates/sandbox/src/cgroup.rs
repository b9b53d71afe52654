//! Control groups around boxes, where the machine allows it: a limit of memory and of processes
//! that the kernel keeps for all of a box together (cgroups(7)).
//!
//! They are no part of what makes a sandbox full: an ordinary user can rarely make one. Both
//! versions are known. Version 2 is used at its top, where the controllers are switched on for
//! children; version 1 below the group that the grader is in.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// How the groups' names begin. The grader's process ID follows, so that what a killed one has left
/// can be told from what is in use.
const PREFIX: &str = "pipeworks-grade-";

/// Groups that this process has made.
static MADE: AtomicU32 = AtomicU32::new(0);

/// What all of a box may take.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    pub memory_bytes: u64,
    pub processes: u64,
}

/// A group in each hierarchy that there is. They are removed when this is dropped.
#[derive(Debug)]
pub struct Cgroup {
    folders: Vec<PathBuf>,
}

/// A file of a group, and what to write to it.
type Limit = (&'static str, fn(Most) -> u64);

/// A place for groups, and the files that limit them.
struct Hierarchy {
    at: PathBuf,
    limits: Vec<Limit>,
}

impl Cgroup {
    /// Makes a group for one box at a time; `None` where the machine does not allow it.
    #[must_use]
    pub fn make(name: &str, most: Most) -> Option<Cgroup> {
        // One process may have several places, and the same user in each.
        let count = MADE.fetch_add(1, Ordering::Relaxed);
        let mut made = Cgroup { folders: Vec::new() };
        for hierarchy in hierarchies() {
            sweep(&hierarchy.at);
            let folder =
                hierarchy.at.join(format!("{PREFIX}{}-{count}-{name}", nix::unistd::getpid()));
            fs::create_dir(&folder).ok()?;
            made.folders.push(folder.clone());
            for (file, value) in &hierarchy.limits {
                fs::write(folder.join(file), value(most).to_string()).ok()?;
            }
        }
        (!made.folders.is_empty()).then_some(made)
    }

    /// Files that move whoever writes 0 to them into the group.
    ///
    /// # Errors
    /// When they cannot be opened.
    pub fn doors(&self) -> io::Result<Vec<File>> {
        let open =
            |folder: &PathBuf| OpenOptions::new().write(true).open(folder.join("cgroup.procs"));
        self.folders.iter().map(open).collect()
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        for folder in &self.folders {
            // All of a box has ended before its launcher has, so the group is empty.
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Moves the calling process, between fork and exec.
///
/// # Errors
/// When the group is full.
pub fn enter(doors: &[File]) -> io::Result<()> {
    doors.iter().try_for_each(|mut door| door.write_all(b"0"))
}

fn hierarchies() -> Vec<Hierarchy> {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    for line in mounts.lines() {
        let mut words = line.split(' ').skip(1);
        let (Some(at), Some("cgroup2")) = (words.next(), words.next()) else { continue };
        let at = PathBuf::from(at);
        let on = fs::read_to_string(at.join("cgroup.subtree_control")).unwrap_or_default();
        let is_on = |name: &str| on.split_whitespace().any(|word| word == name);
        if is_on("memory") && is_on("pids") {
            let limits: Vec<Limit> =
                vec![("memory.max", |most| most.memory_bytes), ("pids.max", |most| most.processes)];
            return vec![Hierarchy { at, limits }];
        }
    }
    let of = |name: &str, file: &'static str, value: fn(Most) -> u64| {
        let at = version_1(&mounts, &own, name)?;
        Some(Hierarchy { at, limits: vec![(file, value)] })
    };
    let memory = of("memory", "memory.limit_in_bytes", |most| most.memory_bytes);
    let pids = of("pids", "pids.max", |most| most.processes);
    memory.into_iter().chain(pids).collect()
}

/// The group that the caller is in, in the hierarchy of this controller.
fn version_1(mounts: &str, own: &str, controller: &str) -> Option<PathBuf> {
    let mount = mounts.lines().find_map(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        let [_, at, "cgroup", options, ..] = words[..] else { return None };
        options.split(',').any(|word| word == controller).then_some(at)
    })?;
    let path = own.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let is_it = parts.next()?.split(',').any(|word| word == controller);
        is_it.then(|| parts.next().unwrap_or("/"))
    })?;
    let at = Path::new(mount).join(path.trim_start_matches('/'));
    at.is_dir().then_some(at)
}

/// Removes groups of graders that live no more.
fn sweep(at: &Path) {
    for entry in fs::read_dir(at).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
        let pid = rest.split('-').next().unwrap_or_default();
        if !Path::new("/proc").join(pid).exists() {
            let _ = fs::remove_dir(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_callers_group_is_found_in_version_1() {
        let mounts = "cgroup /proc cgroup rw,relatime,pids 0 0\n";
        assert_eq!(version_1(mounts, "8:pids:/self\n", "pids"), Some("/proc/self".into()));
        assert_eq!(version_1(mounts, "8:pids:/\n", "memory"), None);
    }
}
