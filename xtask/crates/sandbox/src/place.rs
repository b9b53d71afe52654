//! What a box is made of, as files that its user can read.
//!
//! ```text
//! PLACE/          for the boxes' users alone: all below it is open to whoever comes so far
//!   sandboxed     both sides of the wall
//!   filters/      the refused system calls
//!   zeros         in place of /dev/zero
//!   judge         the sizes and defences around a program that is tested
//!   compile       the same around a compiler
//!   lock          held by the grader, so that another can tell that it still lives
//!   toolchain/    where root's own toolchain is bound, if nobody else can read it
//! ```

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, ensure};
use launcher::{Captured, Launch, Limits, Report};
use nix::sys::signal::Signal;

use crate::cgroup::{self, Cgroup, Most};
use crate::user::User;
use crate::{Bubblewrap, Config, Defence, Folder, INSIDE, OURS, WORK, deny, wall};

/// A folder with all that every box needs. It is removed when this is dropped.
pub struct Place {
    folder: Folder,
    bwrap: PathBuf,
    judge: Config,
    compile: Config,
    /// By the users' numbers: one for each box that may run at one time.
    cgroups: Mutex<BTreeMap<u32, Option<Cgroup>>>,
}

/// What a box is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Judge,
    Compile,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Purpose::Judge => "judge",
            Purpose::Compile => "compile",
        }
    }
}

/// One box: what is in it.
pub struct Contents<'a> {
    pub purpose: Purpose,
    /// The folder with the program under test, where there is one.
    pub program: Option<&'a Path>,
    /// A folder that the box's user may write; it is at [`REPORT`].
    pub report: &'a Path,
    /// What else is there to read, each with its place.
    pub reads: &'a [(&'a Path, &'a Path)],
}

/// Memory of a program and of a compiler, at most, for their control group.
const PROGRAM_BYTES: u64 = 2 << 30;
/// Processes of a box that are ours.
const OURS_PROCESSES: u64 = 64;

/// A folder of the box's user, where the box leaves what it is to report.
pub const REPORT: &str = "/report";

impl Place {
    /// Makes it below the directory for temporary files.
    ///
    /// # Errors
    /// When that cannot be written, or bwrap is not installed.
    pub fn new(sandboxed: &Path, judge: Config, compile: Config) -> anyhow::Result<Place> {
        let bwrap = Bubblewrap::find()?;
        let folder = Folder::new()?;
        let place = Place { folder, bwrap, judge, compile, cgroups: Mutex::default() };
        let path = place.folder.path();
        let own = path.join("sandboxed");
        copy(sandboxed, &own)?;
        let filters = path.join("filters");
        fs::create_dir(&filters).context("make a folder for the filters")?;
        deny::write(&filters)?;
        let zeros = path.join(wall::ZEROS);
        let made = fs::File::create(&zeros).and_then(|file| file.set_len(wall::ZEROS_BYTES));
        made.context("make a file of zeros")?;
        fs::set_permissions(&zeros, fs::Permissions::from_mode(0o644)).context("open it to all")?;
        place.configure(Purpose::Judge)?;
        place.configure(Purpose::Compile)?;
        for path in [&own, &filters] {
            open_to_all(path)?;
        }
        Ok(place)
    }

    fn configure(&self, purpose: Purpose) -> anyhow::Result<()> {
        let path = self.folder.path().join(purpose.name());
        let text = self.config(purpose).to_json().to_string();
        fs::write(&path, text).context("write the sandbox's sizes")?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).context("open it to all")
    }

    /// The sizes and defences of such a box.
    #[must_use]
    pub fn config(&self, purpose: Purpose) -> &Config {
        match purpose {
            Purpose::Judge => &self.judge,
            Purpose::Compile => &self.compile,
        }
    }

    /// A folder that every box's user can read, and no other.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    fn sandboxed(&self) -> PathBuf {
        self.folder.path().join("sandboxed")
    }

    /// Runs a command in a box of its own to its end, as this user, through a launcher with these
    /// limits. What is behind a wall has limits of its own.
    ///
    /// # Errors
    /// When it cannot be started or leaves no report: nothing is known then.
    pub fn run(
        &self,
        user: User,
        contents: &Contents<'_>,
        limits: Limits,
        command: impl IntoIterator<Item = OsString>,
    ) -> anyhow::Result<Captured> {
        let mut argv = self.words(contents);
        argv.extend(command);
        let (program, arguments) = argv.split_first().context("a command")?;
        let launch = Launch::captured(program).args(arguments).limits(limits);
        let folder = self.report_folder(user)?;
        let path = folder.path().join("report.json");
        let mut command = Command::new(self.sandboxed());
        // The launcher itself, not the wall.
        command.arg(INSIDE).args(launch.command(&self.sandboxed(), &path).get_args().skip(1));
        command.current_dir("/").stdin(Stdio::null());
        user.take(&mut command);
        ends_with_us(&mut command, self.doors(user)?);
        let output = command.output().context("start the launcher of a box")?;
        let report = Report::read(&path).with_context(|| {
            let said = String::from_utf8_lossy(&output.stderr);
            format!("the launcher of a box ended with {}: {}", output.status, said.trim_end())
        })?;
        Ok(Captured { report, stdout: output.stdout, stderr: output.stderr })
    }

    /// The way into this user's control group, where there is one.
    fn doors(&self, user: User) -> anyhow::Result<Vec<fs::File>> {
        let User::Number(number) = user else { return Ok(Vec::new()) };
        let mut cgroups = self.cgroups.lock().unwrap_or_else(PoisonError::into_inner);
        let configs = [&self.judge, &self.compile];
        let most = |of: fn(&Config) -> u64| configs.map(of).into_iter().max().unwrap_or_default();
        // /tmp, the test's folder and the program, and as much again for what is ours.
        let memory_bytes = 2 * (2 * most(|config| config.tmpfs_bytes) + most(|_| PROGRAM_BYTES));
        let processes = most(|config| config.user_processes) + OURS_PROCESSES;
        let cgroup = cgroups
            .entry(number)
            .or_insert_with(|| Cgroup::make(&number.to_string(), Most { memory_bytes, processes }));
        let doors = cgroup.as_ref().map(Cgroup::doors).transpose();
        Ok(doors.context("open the control group")?.unwrap_or_default())
    }

    /// A folder that this user may write, for a box's report.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn report_folder(&self, user: User) -> anyhow::Result<tempfile::TempDir> {
        let folder = tempfile::tempdir_in(self.path()).context("make a folder for a report")?;
        chown(folder.path(), Some(user.number()), None).context("hand it to the box's user")?;
        Ok(folder)
    }

    /// The command line by which something in a box starts a program behind a wall. The launcher's
    /// report is in [`REPORT`].
    #[must_use]
    pub fn behind_a_wall(&self, launch: &Launch) -> Vec<OsString> {
        let to = Path::new(REPORT).join("report.json");
        let command = launch.command(&Path::new(OURS).join("sandboxed"), &to);
        let words = [command.get_program()].into_iter().chain(command.get_args());
        words.map(ToOwned::to_owned).collect()
    }

    /// The beginning of a command line that runs what follows in a box.
    fn words(&self, contents: &Contents<'_>) -> Vec<OsString> {
        let ours = Path::new(OURS);
        let config = self.config(contents.purpose);
        let mut made = Bubblewrap::default()
            .flag("--unshare-user")
            .flag("--unshare-pid")
            .flag("--die-with-parent");
        let unshared = [(Defence::Queues, "--unshare-ipc"), (Defence::Network, "--unshare-net")];
        for (_, flag) in unshared.into_iter().filter(|(defence, _)| config.has(*defence)) {
            made = made.flag(flag);
        }
        made = made.system();
        if !config.has(Defence::Files) {
            made = made.machine();
        }
        made = made
            .option("--proc", ["/proc"])
            .option("--dev", ["/dev"])
            // bwrap itself begins by mounting something there.
            .option("--dir", ["/tmp"])
            .reads(self.sandboxed(), ours.join("sandboxed"))
            .reads(self.folder.path().join("filters"), ours.join("filters"))
            .reads(self.path().join(contents.purpose.name()), ours.join("config"))
            .reads(self.path().join(wall::ZEROS), ours.join(wall::ZEROS))
            .reads(&self.bwrap, ours.join("bwrap"));
        made = match contents.program {
            Some(folder) => made.reads(folder, ours.join(wall::PROGRAM)),
            None => made.option("--dir", [ours.join(wall::PROGRAM)]),
        };
        for (from, at) in contents.reads {
            made = made.reads(from, at);
        }
        made = made.writes(contents.report, REPORT).tmpfs(Some(config.tmpfs_bytes), WORK);
        made = made.option("--chdir", [WORK]);
        let sandboxed = ours.join("sandboxed");
        let variables = [
            ("PATH", crate::bubblewrap::PATH),
            ("HOME", WORK),
            ("TMPDIR", WORK),
            ("LANG", "C.UTF-8"),
            (launcher::XTASK_VARIABLE, &sandboxed.to_string_lossy()),
            // What decides whether a snapshot agrees is insta's comparison and nothing else.
            ("INSTA_UPDATE", "no"),
            ("INSTA_OUTPUT", "none"),
            ("INSTA_WORKSPACE_ROOT", WORK),
            ("RUST_BACKTRACE", "0"),
        ];
        if config.has(Defence::Environment) {
            made = made.flag("--clearenv").option("--setenv", ["INSTA_FORCE_PASS", "0"]);
        }
        for (name, value) in variables {
            made = made.option("--setenv", [name, value]);
        }
        made.words(&self.bwrap)
    }
}

/// Whoever grades may have a umask that keeps others out.
fn open_to_all(path: &Path) -> anyhow::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("open {} to all", path.display()))
}

/// Whoever ends the grader with SIGKILL ends the boxes: the launcher is told to stop, and ends all
/// that is below it. If it went itself, a process of bwrap's that has not yet asked to end with its
/// parent would be left.
fn ends_with_us(command: &mut Command, doors: Vec<fs::File>) {
    let us = nix::unistd::getpid();
    let tie = move || {
        cgroup::enter(&doors)?;
        nix::sys::prctl::set_pdeathsig(Signal::SIGTERM)?;
        if nix::unistd::getppid() == us {
            Ok(())
        } else {
            Err(std::io::Error::from_raw_os_error(libc::ESRCH))
        }
    };
    // SAFETY:
    // obligation: the closure may make only async-signal-safe calls (signal-safety(7)).
    // here: it calls write, prctl and getppid, and builds an error from a number.
    // broken by: an allocation, a lock or a print in it.
    unsafe { command.pre_exec(tie) };
}

/// Copies a program in a process of its own. Here, another thread might fork meanwhile, and its
/// child would have the copy open for writing when somebody executes it (ETXTBSY, execve(2)).
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let context = || format!("copy {} to {}", from.display(), to.display());
    let output = Command::new("cp").arg("--").args([from, to]).output().with_context(context)?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}: {}", context(), said.trim_end());
    Ok(())
}
