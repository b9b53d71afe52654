//! The corpus of attacks on this machine: it comes to nothing, and leaves nothing behind.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use fixture::skip::has;

/// It is over in a minute or two.
const DEADLINE: Duration = Duration::from_secs(30 * 60);

/// What of this machine a sandbox could have changed, and nobody else does meanwhile.
#[derive(Debug, PartialEq, Eq)]
struct Machine {
    mounts: String,
    /// Of System V: segments, semaphores and queues.
    queues: Vec<usize>,
    control_groups: Vec<PathBuf>,
    course: BTreeMap<PathBuf, Vec<u8>>,
}

impl Machine {
    fn now(course: &Path) -> Machine {
        let lines = |name| {
            let text = fs::read_to_string(Path::new("/proc/sysvipc").join(name));
            text.map_or(0, |text| text.lines().count())
        };
        let mut control_groups = Vec::new();
        below(Path::new("/sys/fs/cgroup"), &mut |path, is_folder| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let Some(rest) = name.strip_prefix("pipeworks-grade-") else { return };
            let of = rest.split('-').next().unwrap_or_default();
            // Those of somebody who grades meanwhile are no leavings.
            if is_folder && !Path::new("/proc").join(of).exists() {
                control_groups.push(path.to_owned());
            }
        });
        let mut sources = BTreeMap::new();
        for folder in ["exercises", "solutions", "lessons", "xtask"] {
            below(&course.join(folder), &mut |path, is_folder| {
                if !is_folder {
                    sources.insert(path.to_owned(), fs::read(path).expect("read a source"));
                }
            });
        }
        let mounts = fs::read_to_string("/proc/self/mountinfo").expect("read the mounts");
        let queues = ["shm", "sem", "msg"].map(lines).to_vec();
        Machine { mounts, queues, control_groups, course: sources }
    }
}

/// All that is below a folder, and whether it is a folder. What goes meanwhile is left out.
fn below(folder: &Path, each: &mut dyn FnMut(&Path, bool)) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        each(&entry.path(), is_folder);
        if is_folder {
            below(&entry.path(), each);
        }
    }
}

/// Processes that have something to do with this folder.
fn processes(folder: &Path) -> Vec<String> {
    let name = folder.display().to_string();
    let entries = fs::read_dir("/proc").expect("list processes").flatten();
    let lines = entries.filter_map(|entry| {
        let line = fs::read(entry.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&line).replace('\0', " "))
    });
    lines.filter(|line| line.contains(&name)).collect()
}

#[test]
fn all_defences_hold_and_nothing_is_left() {
    if !has("bwrap") {
        return;
    }
    let course = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let course = course.canonicalize().expect("the root");
    let place = tempfile::tempdir().expect("make a folder");
    let temporary = place.path().join("tmp");
    fs::create_dir(&temporary).expect("make a folder");
    for path in [place.path(), &temporary] {
        // For a user without an account, if root tries the attacks.
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("set a mode");
    }
    let before = Machine::now(&course);
    let mut command = Command::new(env!("CARGO_BIN_EXE_grader"));
    command.arg("self-test").current_dir(&course).env("TMPDIR", &temporary);
    let mut command = assert_cmd::Command::from_std(command);
    let output = command.timeout(DEADLINE).output().expect("run the grader");
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}", output.status);
    assert!(said.trim_end().ends_with(" held, 0 broken, 0 not proved"), "{said}");

    assert_eq!(processes(&temporary), Vec::<String>::new());
    let left: Vec<_> = fs::read_dir(&temporary).expect("list").flatten().collect();
    assert!(left.is_empty(), "{left:?}");
    let after = Machine::now(&course);
    let same = (after.mounts == before.mounts, after.course == before.course);
    assert_eq!(same, (true, true), "the mounts and the course are as they were");
    assert_eq!(after.queues, before.queues, "shared memory, semaphores, queues");
    assert_eq!(after.control_groups, before.control_groups);
}
