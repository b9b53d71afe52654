//! Programs of the museum that run: started through the launcher, ended whatever happens.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use launcher::{Launch, Limits, Report};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::build::Stage;
use super::exhibit::{self, Blocked, Exhibit};
use super::look::{self, Task};
use super::machine::{DEADLINE, User, comes_true};

/// The launcher's deadline, where nothing else ends a program.
const WALL: Duration = Duration::from_secs(60);

/// What a program is started with.
pub struct Setting {
    pub user: User,
    pub stage: Arc<Stage>,
    /// Its working directory.
    pub place: TempDir,
    /// For reports and outputs: whoever runs the program may write here.
    aside: TempDir,
}

/// A launcher that runs.
pub struct Running {
    pub setting: Setting,
    launcher: Child,
    /// The other end of standard input, where the test keeps one.
    pub held: Option<OwnedFd>,
}

/// How it ended.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Setting {
    pub fn new(user: User, shared: bool) -> Setting {
        let place = user.directory(shared);
        Setting { user, stage: Stage::of(user), place, aside: user.directory(false) }
    }

    fn report(&self) -> PathBuf {
        self.aside.path().join("report.json")
    }

    /// Starts this command line through the launcher.
    pub fn start(self, words: &[OsString], stdin: exhibit::Stdin) -> Running {
        let launch = Launch::attached(&words[0])
            .args(&words[1..])
            .limits(Limits { wall: Some(WALL), ..Limits::default() });
        let mut command = launch.command(&self.stage.xtask, &self.report());
        command.current_dir(self.place.path());
        let (stdin, held) = standard_input(stdin);
        let output = |name| File::create(self.aside.path().join(name)).expect("a file for output");
        command.stdin(stdin).stdout(output("stdout")).stderr(output("stderr"));
        self.user.take(&mut command);
        let launcher = command.spawn().expect("start the launcher");
        // The command has the other end of a terminal or a pipe: here it must be nobody's.
        drop(command);
        Running { setting: self, launcher, held }
    }

    /// Starts an exhibit, or its mended twin.
    pub fn exhibit(self, exhibit: &Exhibit, fixed: bool) -> Running {
        let words = self.stage.words(exhibit, fixed);
        self.start(&words, exhibit.stdin)
    }
}

fn standard_input(stdin: exhibit::Stdin) -> (Stdio, Option<OwnedFd>) {
    match stdin {
        exhibit::Stdin::Null => (Stdio::null(), None),
        exhibit::Stdin::Held => {
            let (reader, writer) = io::pipe().expect("create a pipe");
            (reader.into(), Some(writer.into()))
        }
        exhibit::Stdin::Unread => {
            let (reader, writer) = io::pipe().expect("create a pipe");
            (writer.into(), Some(reader.into()))
        }
        exhibit::Stdin::Socket => {
            let (one, other) = UnixStream::pair().expect("create a pair of sockets");
            (OwnedFd::from(one).into(), Some(other.into()))
        }
        exhibit::Stdin::Eventfd => {
            let one = eventfd();
            let other = one.try_clone().expect("copy an eventfd");
            (one.into(), Some(other))
        }
        exhibit::Stdin::Terminal => {
            let pair = nix::pty::openpty(None, None).expect("open a pseudo-terminal");
            (pair.slave.into(), Some(pair.master))
        }
    }
}

#[expect(unsafe_code, reason = "nix is built without its feature for it")]
fn eventfd() -> OwnedFd {
    // SAFETY:
    // obligation: the arguments are those of the call, two numbers (eventfd(2)); no memory is
    //   touched.
    // here: a count and a flag.
    // broken by: another call.
    let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) };
    assert!(fd >= 0, "make an eventfd: {}", io::Error::last_os_error());
    // SAFETY:
    // obligation: the descriptor is open and nobody else owns it (OwnedFd::from_raw_fd).
    // here: the kernel has just made it.
    // broken by: keeping the number and closing it elsewhere.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

impl Running {
    fn launcher_pid(&self) -> i32 {
        i32::try_from(self.launcher.id()).expect("a process ID")
    }

    /// The program itself, as soon as it is there; `None` where it has ended already.
    #[track_caller]
    pub fn program(&mut self) -> Option<i32> {
        let mut found = None;
        let is_there = comes_true(|| {
            found = look::child(self.launcher_pid());
            found.is_some() || !matches!(self.launcher.try_wait(), Ok(None))
        });
        assert!(is_there, "the launcher started nothing");
        found
    }

    pub fn tasks(&self, program: i32) -> Vec<Task> {
        look::tasks(self.launcher_pid(), program)
    }

    /// Waits until each of these is where it is to be blocked, and nowhere else.
    #[track_caller]
    pub fn until_blocked(&mut self, blocked: &[Blocked]) -> i32 {
        let program = self.program().expect("a program that does not end");
        let mut seen = Vec::new();
        let is_so = comes_true(|| {
            seen = self.tasks(program);
            blocked.iter().all(|one| seen.iter().any(|task| is_at(task, one)))
        });
        assert!(is_so, "not all of {blocked:#?}\nbut {seen:#?}");
        program
    }

    /// Waits until two looks after each other find nobody who runs, or has run.
    #[track_caller]
    pub fn until_still(&self, program: i32) -> Vec<Task> {
        let mut seen = Vec::new();
        let is_so = comes_true(|| {
            let before = std::mem::replace(&mut seen, self.tasks(program));
            seen == before && seen.iter().all(|task| task.call != "runs")
        });
        assert!(is_so, "it never stands still: {seen:#?}");
        seen
    }

    /// The same for the first process below `outer` that is the one.
    #[track_caller]
    pub fn until_blocked_below(
        &self,
        outer: i32,
        is_it: impl Fn(i32) -> bool,
        blocked: &[Blocked],
    ) -> i32 {
        let mut program = None;
        let is_so = comes_true(|| {
            let all = self.tasks(outer);
            program = all.iter().map(|task| task.pid).find(|&pid| is_it(pid));
            let seen = program.map_or(Vec::new(), |program| look::tasks(-1, program));
            blocked.iter().all(|one| seen.iter().any(|task| is_at(task, one)))
        });
        assert!(is_so, "not all of {blocked:#?} below {outer}: {:#?}", self.tasks(outer));
        program.expect("it is blocked")
    }

    /// Waits for its end.
    #[track_caller]
    pub fn ended(mut self) -> Ended {
        let status = self.status();
        let status = status.unwrap_or_else(|| panic!("still runs: {:#?}", self.all_tasks()));
        let read = |name| {
            let bytes = std::fs::read(self.setting.aside.path().join(name)).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        Ended { status, stdout: read("stdout"), stderr: read("stderr") }
    }

    fn all_tasks(&self) -> Vec<Task> {
        look::child(self.launcher_pid()).map_or(Vec::new(), |program| self.tasks(program))
    }

    fn status(&mut self) -> Option<ExitStatus> {
        let mut status = None;
        comes_true(|| {
            status = self.launcher.try_wait().expect("wait for the launcher");
            status.is_some()
        });
        status
    }

    /// Ends it, with all it has started. Nothing may be left.
    #[track_caller]
    pub fn end(mut self) {
        kill(Pid::from_raw(self.launcher_pid()), Signal::SIGTERM).expect("end the launcher");
        let status = self.status();
        assert!(status.is_some(), "the launcher does not end");
        let report = Report::read(&self.setting.report()).expect("the launcher's report");
        assert_eq!(report.left_behind, 0, "{report:?}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.launcher.try_wait(), Ok(Some(_))) {
            return;
        }
        // Only where a test has failed. SIGTERM first: the launcher takes its tree with it.
        let _ = kill(Pid::from_raw(self.launcher_pid()), Signal::SIGTERM);
        let end = Instant::now() + DEADLINE / 2;
        while Instant::now() < end {
            if !matches!(self.launcher.try_wait(), Ok(None)) {
                return;
            }
            // Between two looks; it puts nothing in order.
            thread::sleep(Duration::from_millis(5));
        }
        let _ = self.launcher.kill();
        let _ = self.launcher.wait();
    }
}

fn is_at(task: &Task, blocked: &Blocked) -> bool {
    let same_fd = blocked.fd.is_none() || blocked.fd == task.fd || task.call == "hidden";
    task.role == blocked.role && blocked.calls.contains(&task.call) && same_fd
}
