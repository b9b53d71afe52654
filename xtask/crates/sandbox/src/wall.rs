//! The wall: starts a program as the launcher does, behind bubblewrap.
//!
//! It has the launcher's interface ([`launcher::HIDDEN_VERB`]), so whoever starts programs through
//! the launcher starts them in a sandbox as soon as [`launcher::XTASK_VARIABLE`] names `sandboxed`.
//! Standard input and both outputs are handed through; the report comes back on a pipe that only
//! the launcher behind the wall can write, and is put where the caller wants it.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use launcher::{Ended, Limit, Report, Spec};
use nix::fcntl::{FallocateFlags, FcntlArg, FdFlag, fallocate, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::statvfs::statvfs;

use crate::bubblewrap::PATH;
use crate::{Bubblewrap, COMPILE, Config, Defence, INSIDE, OURS, WORK};

/// Beyond the program's own deadline: the grace after it, and a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// Where a test names no deadline.
const WALL: Duration = Duration::from_secs(60);
/// A report is a few kilobytes.
const REPORT_BYTES: u64 = 4 << 20;

/// What a shell answers of a program that cannot be executed.
const UNFIT: u8 = 126;

/// A file of nothing but zeros. It has holes, and takes no room.
pub const ZEROS: &str = "zeros";
/// More than any test reads of it.
pub const ZEROS_BYTES: u64 = 1 << 30;

/// Where the box has the program under test.
pub const PROGRAM: &str = "program";

/// Runs with the arguments after [`launcher::HIDDEN_VERB`].
#[must_use]
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    match run(arguments) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            let _ = writeln!(io::stderr(), "sandbox: {error:#}");
            ExitCode::from(125)
        }
    }
}

fn run(arguments: impl Iterator<Item = OsString>) -> anyhow::Result<u8> {
    let spec = launcher::parse(arguments)?;
    let config = Config::read(&Path::new(OURS).join("config"))?;
    let folder = std::env::current_dir().context("find the working directory")?;
    let room = Room::keep(&spec, &folder);
    let (ours, theirs) = io::pipe().context("make a pipe for the report")?;
    let filters = open_filters(&config)?;
    let wall = around(&folder, &config, &filters);
    let (real, queued) = (spec.limits.wall, spec.limits.queued);
    let at_most = real.unwrap_or(WALL) + queued.unwrap_or_default();
    let deadline = Instant::now() + at_most + PATIENCE;
    let mut command = wall.command(&Path::new(OURS).join("bwrap"));
    command.args(inside(spec.clone(), &config, theirs.as_raw_fd()));
    let passed: Vec<i32> =
        filters.iter().map(AsRawFd::as_raw_fd).chain([theirs.as_raw_fd()]).collect();
    let child = spawn(&mut command, passed)?;
    drop((theirs, filters));
    let mut report = finish(child, ours.into(), deadline)?;
    if let Ended::NotStarted { error } = &report.ended
        && is_unfit(&spec, error)
    {
        writeln!(io::stderr(), "{error}").context("say why it was not started")?;
        report.ended = Ended::Exited { code: UNFIT };
    }
    if room.is_used_up() && report.ended.was_its_own() {
        report.ended = Ended::Limit { limit: Limit::Files };
    }
    drop(room);
    if let Some(path) = &spec.report {
        report.write(path)?;
    }
    if let Ended::NotStarted { error } = &report.ended {
        bail!("{error}");
    }
    Ok(report.ended.status())
}

/// Room that is kept from the program, for the report of its run and for whoever reads that: they
/// have the tmpfs of the program's folder in common.
struct Room {
    folder: PathBuf,
    _kept: Option<File>,
}

/// As much as a report and what a test writes between two runs may take.
const KEPT_BYTES: i64 = 8 << 20;
/// Where there is less, or there are fewer files to be made, there is no room.
const LEAST_BYTES: u64 = 64 << 10;
const LEAST_FILES: u64 = 64;

impl Room {
    fn keep(spec: &Spec, folder: &Path) -> Room {
        let beside = spec.report.as_ref().and_then(|report| report.parent());
        let kept = beside.and_then(|beside| {
            let file = tempfile::tempfile_in(beside).ok()?;
            // Where that is too much, the tmpfs was made so small that nothing is kept.
            fallocate(&file, FallocateFlags::empty(), 0, KEPT_BYTES).ok()?;
            Some(file)
        });
        Room { folder: folder.to_owned(), _kept: kept }
    }

    fn is_used_up(&self) -> bool {
        statvfs(&self.folder).is_ok_and(|found| {
            found.blocks_available() * found.fragment_size() < LEAST_BYTES
                || found.files_available() < LEAST_FILES
        })
    }
}

/// Whether the kernel does not take the program under test for one. It is there: the box has it
/// from the compiler. So that is its own fault (it may be linked for a loader that does not exist),
/// and not ours as a lack of memory or of processes would be.
fn is_unfit(spec: &Spec, error: &str) -> bool {
    const FAULTS: [i32; 6] =
        [libc::ENOENT, libc::EIO, libc::ENOEXEC, libc::EACCES, libc::EINVAL, libc::ELIBBAD];
    let ours = Path::new(OURS).join(PROGRAM);
    let program = spec.argv.first().map(Path::new).filter(|path| path.starts_with(ours));
    program.is_some_and(Path::is_file)
        && FAULTS.iter().any(|fault| error.ends_with(&format!("(os error {fault})")))
}

/// The launcher's command line behind the wall.
fn inside(mut spec: Spec, config: &Config, report: i32) -> Vec<OsString> {
    spec.report = None;
    spec.inside = Some(report);
    spec.traceable = !config.has(Defence::HiddenLauncher);
    let limits = &mut spec.limits;
    limits.wall.get_or_insert(WALL);
    let kept = |defence, value| config.has(defence).then_some(value);
    limits.user_processes = kept(Defence::ProcessCount, config.user_processes);
    limits.address_bytes = kept(Defence::Memory, config.address_bytes);
    limits.file_bytes = kept(Defence::FileSize, config.file_bytes);
    if !config.has(Defence::ProcessCount) {
        limits.processes = None;
    }
    if !config.has(Defence::Memory) {
        limits.memory_bytes = None;
    }
    if !config.has(Defence::Time) {
        (limits.wall, limits.queued) = (Some(WALL), None);
        (limits.cpu, limits.quiet) = (None, None);
    }
    if !config.has(Defence::Output) {
        limits.output_bytes = None;
    }
    let mut words: Vec<OsString> = vec![Path::new(OURS).join("sandboxed").into(), INSIDE.into()];
    words.extend(launcher::arguments(&spec).into_iter().skip(1));
    words
}

/// What the program has around it.
fn around(folder: &Path, config: &Config, filters: &[File]) -> Bubblewrap {
    let mut wall = Bubblewrap::default()
        .flag("--unshare-user")
        .flag("--unshare-uts")
        .option("--hostname", ["sandbox"])
        .flag("--die-with-parent")
        .flag("--new-session");
    let unshared = [
        (Defence::Processes, "--unshare-pid"),
        (Defence::Network, "--unshare-net"),
        (Defence::Queues, "--unshare-ipc"),
        (Defence::UserNamespaces, "--disable-userns"),
    ];
    for (_, flag) in unshared.into_iter().filter(|(defence, _)| config.has(*defence)) {
        wall = wall.flag(flag);
    }
    if config.has(Defence::Processes) && config.has(Defence::HiddenLauncher) {
        // The launcher is the namespace's first process: no signal from within reaches it.
        wall = wall.flag("--as-pid-1");
    }
    wall = wall.flag("--unshare-cgroup-try");
    wall = wall.system();
    if !config.has(Defence::Files) {
        wall = wall.machine();
    }
    wall = wall.option("--proc", ["/proc"]).option("--dir", ["/dev"]);
    for device in ["/dev/null", "/dev/full"] {
        wall = wall.option("--dev-bind", [device, device]);
    }
    // Not the device: memory that is mapped from that belongs to no process once nobody looks.
    wall = wall.reads(Path::new(OURS).join(ZEROS), "/dev/zero");
    for (target, link) in [("fd", "fd"), ("fd/0", "stdin"), ("fd/1", "stdout"), ("fd/2", "stderr")]
    {
        let (target, link) = (format!("/proc/self/{target}"), format!("/dev/{link}"));
        wall = wall.option("--symlink", [target, link]);
    }
    for name in ["sandboxed", PROGRAM] {
        let path = Path::new(OURS).join(name);
        wall = wall.reads(&path, &path);
    }
    for path in COMPILE.map(Path::new).into_iter().filter(|path| path.is_dir()) {
        wall = wall.reads(path, path);
    }
    wall = wall.tmpfs(config.has(Defence::TmpfsSize).then_some(config.tmpfs_bytes), "/tmp");
    wall = if folder.starts_with(WORK) && folder != Path::new(WORK) {
        wall.writes(folder, folder).option("--chdir", [folder])
    } else {
        wall.option("--chdir", ["/tmp"])
    };
    if config.has(Defence::ReadOnly) {
        wall = wall.option("--remount-ro", ["/"]);
    }
    if config.has(Defence::Environment) {
        wall = wall.flag("--clearenv");
        for (name, value) in [("PATH", PATH), ("HOME", "/tmp"), ("LANG", "C.UTF-8")] {
            wall = wall.option("--setenv", [name, value]);
        }
    }
    for filter in filters {
        wall = wall.option("--add-seccomp-fd", [filter.as_raw_fd().to_string()]);
    }
    wall
}

fn open_filters(config: &Config) -> anyhow::Result<Vec<File>> {
    if !config.has(Defence::SystemCalls) {
        return Ok(Vec::new());
    }
    let open = |name: &str| {
        let path: PathBuf = [OURS, "filters", name].iter().collect();
        File::open(&path).with_context(|| format!("open {}", path.display()))
    };
    let names = std::fs::read_dir(Path::new(OURS).join("filters")).context("find the filters")?;
    let mut names = names
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<Vec<String>>>()
        .context("find the filters")?;
    names.sort();
    ensure!(!names.is_empty(), "there are no filters of system calls");
    names.iter().map(|name| open(name)).collect()
}

/// Starts it with these descriptors left open.
fn spawn(command: &mut Command, passed: Vec<i32>) -> anyhow::Result<Child> {
    let keep = move || {
        for &number in &passed {
            // SAFETY:
            // obligation: the descriptor must be open for as long as it is borrowed.
            // here: the caller keeps all of them open until the child has been started.
            // broken by: dropping one of them before `spawn` has returned.
            let fd = unsafe { std::os::fd::BorrowedFd::borrow_raw(number) };
            fcntl(fd, FcntlArg::F_SETFD(FdFlag::empty()))?;
        }
        Ok(())
    };
    // SAFETY:
    // obligation: the closure may make only async-signal-safe calls (signal-safety(7)).
    // here: it calls fcntl, and builds an error from a number.
    // broken by: an allocation, a lock or a print in it.
    unsafe { command.pre_exec(keep) };
    command.spawn().context("start bwrap")
}

/// Waits for the report and the end, and ends what takes too long.
fn finish(mut child: Child, report: OwnedFd, deadline: Instant) -> anyhow::Result<Report> {
    let text = read(report, deadline);
    if text.is_err() {
        // With it goes all that is behind the wall: --die-with-parent.
        let _ = child.kill();
    }
    let status = child.wait().context("wait for bwrap")?;
    let text = text?;
    ensure!(!text.is_empty(), "the launcher behind the wall left no report ({status})");
    Report::parse(&text)
}

fn read(report: OwnedFd, deadline: Instant) -> anyhow::Result<Vec<u8>> {
    let mut file = File::from(report);
    let mut text = Vec::new();
    let mut buffer = [0; 65536];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        ensure!(!left.is_zero(), "the launcher behind the wall did not report in time");
        let mut polled = [PollFd::new(file.as_fd(), PollFlags::POLLIN)];
        let timeout = i32::try_from(left.as_millis() + 1).unwrap_or(i32::MAX);
        match poll(&mut polled, PollTimeout::try_from(timeout).unwrap_or(PollTimeout::MAX)) {
            Ok(0) | Err(nix::errno::Errno::EINTR) => continue,
            Ok(_) => {}
            Err(error) => return Err(error).context("wait for the report"),
        }
        let count = file.read(&mut buffer).context("read the report")?;
        if count == 0 {
            return Ok(text);
        }
        text.extend_from_slice(&buffer[..count]);
        ensure!(text.len() as u64 <= REPORT_BYTES, "a report of more than {REPORT_BYTES} bytes");
    }
}
