//! Where the kernel refuses, a lesson ends with a clear message: no panic, no hang, nothing left.
//!
//! Each part of each lesson runs alone: with too few descriptors, without /proc, with a full
//! temporary directory, and as an ordinary user past the soft limit of pipe pages. What a part does
//! not need it does not miss. It ends with 0, or with 1 and a message that names the reason.

#![expect(unsafe_code, reason = "only a bare system call changes the user of one thread")]

use std::fs::{self, Permissions};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use course::Course;
use fixture::skip::skipped;
use launcher::{Captured, Ended, Launch, Limits, xtask_path};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::unistd::pipe2;
use tempfile::TempDir;

/// A part that takes longer hangs.
const DEADLINE: Duration = Duration::from_secs(15);
/// An ordinary user of this test's own: nobody else's programs are to meet the limit.
const ORDINARY: u32 = 64_999;
/// With so many descriptors every part works.
const ENOUGH: u64 = 32;

/// A part of a lesson.
struct Part {
    binary: PathBuf,
    name: String,
}

fn all_parts() -> Vec<Part> {
    let course = Course::here().expect("the tests run inside the course");
    let names: Vec<&str> = course.lessons().map(|entry| entry.id.as_str()).collect();
    let binaries = build::binaries(&course.root, &names).expect("the lessons can be built");
    let parts_of = |binary: PathBuf| {
        let list = Command::new(&binary).arg("--list").output().expect("list the parts");
        let list = String::from_utf8(list.stdout).expect("names are text");
        let part = |name: &str| Part { binary: binary.clone(), name: name.to_owned() };
        list.lines().map(part).collect::<Vec<_>>()
    };
    binaries.into_values().flat_map(parts_of).collect()
}

/// Runs a program with a temporary directory of its own.
struct Runner {
    xtask: PathBuf,
    /// The launcher's report goes there.
    reports: TempDir,
    temporary: TempDir,
    limits: Limits,
}

impl Runner {
    fn new() -> Runner {
        let directory = || tempfile::tempdir().expect("make a directory");
        let xtask = xtask_path().expect("the runner is built");
        let limits = Limits { wall: Some(DEADLINE), deadlock: true, ..Limits::default() };
        Runner { xtask, reports: directory(), temporary: directory(), limits }
    }

    fn run(&self, launch: Launch, adjust: impl FnOnce(&mut Command)) -> Captured {
        let launch = launch.limits(self.limits.clone());
        let ended = launch.output_reported_in(self.reports.path(), &self.xtask, |command| {
            command.env("TMPDIR", self.temporary.path()).current_dir("/");
            adjust(command);
        });
        ended.expect("the launcher works")
    }

    /// Whether the part could do without what it was refused; else it must have said `reason`.
    #[track_caller]
    fn did_without(&self, part: &Part, ended: &Captured, reason: &str) -> bool {
        let said = String::from_utf8_lossy(&ended.stderr);
        let what = format!("{} {}: {:?}\n{said}", part.binary.display(), part.name, ended.report);
        let left: Vec<_> = fs::read_dir(self.temporary.path()).expect("list it").collect();
        assert!(left.is_empty(), "left in its temporary directory: {left:?}\n{what}");
        assert_eq!((ended.report.unreaped, ended.report.left_behind), (Some(0), 0), "{what}");
        match ended.report.ended {
            Ended::Exited { code: 0 } => true,
            Ended::Exited { code: 1 } => {
                let begins = format!("the part `{}` could not go on: ", part.name);
                // A shell that a part starts may be the one that is refused: it asks for a
                // descriptor above the limit (F_DUPFD of fcntl(2)), and says so in its own words.
                let by_a_shell = said.contains("sh: 1: 0: Invalid argument");
                assert!(said.contains(&begins), "{what}");
                assert!(said.contains(reason) || by_a_shell, "{what}");
                assert!(!said.contains("panicked"), "{what}");
                false
            }
            _ => panic!("{what}"),
        }
    }
}

#[test]
fn too_few_descriptors() {
    let mut runner = Runner::new();
    let (mut refused, parts) = (0, all_parts());
    for part in &parts {
        // Standard input, output and error, and one more with which the program's libraries load.
        for count in 4..=ENOUGH {
            runner.limits.open_files = Some(count);
            let ended = runner.run(Launch::captured(&part.binary).args([&part.name]), |_| {});
            if runner.did_without(part, &ended, "ulimit -n") {
                break;
            }
            refused += 1;
            assert!(count < ENOUGH, "{count} descriptors are too few for `{}`", part.name);
        }
    }
    assert!(refused > parts.len(), "only {refused} refusals");
}

#[test]
fn without_proc() {
    if !may_mount() {
        return;
    }
    let runner = Runner::new();
    let (mut without, parts) = (0, all_parts());
    for part in &parts {
        let script = r#"mount -t tmpfs none /proc && exec "$0" "$1""#;
        let ended = runner.run(with_mounts(script, part), |_| {});
        without += usize::from(runner.did_without(part, &ended, "/proc"));
    }
    assert!(without > 0 && without < parts.len(), "{without} parts do without /proc");
}

#[test]
fn a_full_temporary_directory() {
    if !may_mount() {
        return;
    }
    let runner = Runner::new();
    let (mut refused, parts) = (0, all_parts());
    // A file system's root is its first inode; a directory, or a FIFO in one, is the next.
    for inodes in [1, 2] {
        for part in &parts {
            // What is left must be looked for from within: nobody else sees this mount.
            let script = format!(
                "mount -t tmpfs -o nr_inodes={inodes} none \"$TMPDIR\" || exit 9\n\
                 \"$0\" \"$1\"; status=$?\n\
                 test -z \"$(ls -A \"$TMPDIR\")\" && exit $status\n\
                 exit 8"
            );
            let ended = runner.run(with_mounts(&script, part), |_| {});
            refused += usize::from(!runner.did_without(part, &ended, "No space left on device"));
        }
    }
    assert!(refused > 0, "no part needs a temporary directory");
}

#[test]
fn past_the_soft_limit_of_pipe_pages() {
    if !nix::unistd::geteuid().is_root() {
        return skipped(
            "past the soft limit: needs root, to fill another user's and not one's own",
        );
    }
    let limit = |name: &str| {
        let text = fs::read_to_string(format!("/proc/sys/fs/{name}")).expect("read a limit");
        text.trim().parse::<libc::c_int>().expect("a limit is a number")
    };
    if limit("pipe-user-pages-soft") == 0 {
        return skipped("past the soft limit: this system has none");
    }
    let runner = Runner::new();
    let programs = tempfile::tempdir().expect("make a directory");
    fs::set_permissions(programs.path(), Permissions::from_mode(0o755)).expect("open it");
    for directory in [&runner.reports, &runner.temporary] {
        chown(directory.path(), Some(ORDINARY), Some(ORDINARY)).expect("give it away");
    }
    let xtask = copied(&runner.xtask, programs.path());
    let runner = Runner { xtask, ..runner };

    let held = fill_the_limit(limit("pipe-max-size")).expect("fill the user's limit");
    let (mut refused, parts) = (0, all_parts());
    for part in parts {
        let binary = programs.path().join(part.binary.file_name().expect("a binary has a name"));
        if !binary.exists() {
            copied(&part.binary, programs.path());
        }
        let part = Part { binary, ..part };
        let ended = runner.run(Launch::captured(&part.binary).args([&part.name]), |command| {
            command.uid(ORDINARY).gid(ORDINARY);
        });
        refused += usize::from(!runner.did_without(&part, &ended, "pipe-user-pages-soft"));
    }
    // Only now may the limit be free again.
    drop(held);
    assert!(refused > 0, "no part has noticed the limit");
}

/// Pipes of the ordinary user's, so many that a new one gets two pages and none may be enlarged.
fn fill_the_limit(max_bytes: libc::c_int) -> nix::Result<Vec<(OwnedFd, OwnedFd)>> {
    let fill = move || {
        // SAFETY:
        // obligation: a bare setresuid changes the calling thread alone, so no code may count on
        //   all threads having one user (setresuid(2), "C library/kernel differences").
        // here: this thread makes pipes and ends.
        // broken by: handing this thread other work.
        let changed = unsafe { libc::syscall(libc::SYS_setresuid, ORDINARY, ORDINARY, ORDINARY) };
        Errno::result(changed)?;
        let mut held = Vec::new();
        loop {
            let (reader, writer) = pipe2(OFlag::O_CLOEXEC)?;
            let capacity = fcntl(&writer, FcntlArg::F_GETPIPE_SZ)?;
            // The large ones come first; where they no longer fit, pipes stay as they are made.
            let _ = fcntl(&writer, FcntlArg::F_SETPIPE_SZ(max_bytes));
            held.push((reader, writer));
            if usize::try_from(capacity) == Ok(2 * page_bytes()) {
                return Ok(held);
            }
        }
    };
    thread::spawn(fill).join().expect("the thread does not panic")
}

fn page_bytes() -> usize {
    let answer = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok().flatten();
    answer.and_then(|bytes| usize::try_from(bytes).ok()).expect("pages have a size")
}

/// Not fs::copy: a program that another test forks at this moment would hold the file open for
/// writing, and starting it would fail with ETXTBSY.
fn copied(file: &Path, folder: &Path) -> PathBuf {
    let to = folder.join(file.file_name().expect("a file has a name"));
    let status = Command::new("cp").arg(file).arg(&to).status().expect("start cp");
    assert!(status.success(), "cp {} {}", file.display(), to.display());
    to
}

/// The part, started by a script with mounts of its own.
fn with_mounts(script: &str, part: &Part) -> Launch {
    let words = ["--mount", "--map-root-user", "sh", "-c", script];
    let words = words.into_iter().map(Into::into);
    Launch::captured("unshare").args(words.chain([part.binary.clone(), part.name.clone().into()]))
}

fn may_mount() -> bool {
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "--map-root-user", "mount", "-t", "tmpfs", "none", "/proc"]);
    let tried = unshare.stdin(Stdio::null()).stderr(Stdio::null()).status();
    let may = tried.is_ok_and(|status| status.success());
    if !may {
        skipped("mounts of its own: needs root, or unshare(1) as an ordinary user");
    }
    may
}
