//! One run of the launcher: what to start, how it is started, what came of it.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use launcher::{Diagnosis, Launch, Limits, Report};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::machine::{Binaries, User, processes, until};
use crate::reader::Reader;

/// The launcher's own, where a test does not set one.
const WALL: Duration = Duration::from_secs(15);
/// assert_cmd's, should the launcher hang.
const TIMEOUT: Duration = Duration::from_secs(25);

/// A program to start, and how.
pub struct Case {
    user: User,
    words: Vec<OsString>,
    attached: bool,
    through: Vec<OsString>,
    limits: Limits,
    caller_waits: bool,
    stdin: Vec<u8>,
    pub binaries: Arc<Binaries>,
    directory: TempDir,
    pub mark: String,
}

/// How a launcher ended, its report, and what passed through it.
pub struct Done {
    pub code: Option<i32>,
    /// `None` where the launcher itself failed.
    pub found: Option<Report>,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Case {
    /// One of the programs that misbehave, captured.
    pub fn misbehave(user: User, words: &[&str]) -> Case {
        let mut case = Case::program(user, words);
        case.words.insert(0, case.binaries.misbehave.clone().into());
        case
    }

    /// Any program, captured.
    pub fn program(user: User, words: &[&str]) -> Case {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        // A process's name has at most 15 bytes.
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Case {
            user,
            words: words.iter().map(OsString::from).collect(),
            attached: false,
            through: Vec::new(),
            limits: Limits::default(),
            caller_waits: false,
            stdin: Vec::new(),
            binaries: Binaries::of(user),
            directory: user.directory(),
            mark: format!("t{}x{count}t", std::process::id()),
        }
    }

    /// A shell's script, captured, in which "$0" is the programs that misbehave.
    pub fn shell(user: User, script: &str) -> Case {
        let mut case = Case::misbehave(user, &[]);
        case.words.splice(0..0, ["sh", "-c", script].map(OsString::from));
        case
    }

    /// One more argument.
    pub fn argument(mut self, word: impl Into<OsString>) -> Case {
        self.words.push(word.into());
        self
    }

    pub fn attached(mut self) -> Case {
        self.attached = true;
        self
    }

    pub fn limits(mut self, limits: Limits) -> Case {
        self.limits = limits;
        self
    }

    pub fn wall_ms(mut self, millis: u64) -> Case {
        self.limits.wall = Some(Duration::from_millis(millis));
        self
    }

    pub fn quiet_ms(mut self, millis: u64) -> Case {
        self.limits.quiet = Some(Duration::from_millis(millis));
        self
    }

    /// Whoever feeds it waits for a reply.
    pub fn waits_for_reply(mut self) -> Case {
        self.caller_waits = true;
        self
    }

    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Case {
        self.stdin = bytes.into();
        self
    }

    /// Words to put before the launcher's own, such as `sh -c 'exec "$@"' sh`.
    pub fn through(mut self, words: &[&str]) -> Case {
        self.through = words.iter().map(OsString::from).collect();
        self
    }

    /// The same through a shell that first does `preparation`.
    pub fn after(self, preparation: &str) -> Case {
        self.through(&["sh", "-c", &format!("{preparation}; exec \"$@\""), "sh"])
    }

    pub fn report_path(&self) -> PathBuf {
        self.directory.path().join("report.json")
    }

    /// The launcher's command line, word by word.
    pub fn words(&self) -> Vec<OsString> {
        let (program, arguments) = self.words.split_first().expect("a program");
        let launch =
            if self.attached { Launch::attached(program) } else { Launch::captured(program) };
        let launch = if self.caller_waits { launch.waits_for_reply() } else { launch };
        let wall = self.limits.wall.unwrap_or(WALL);
        let limits = Limits { wall: Some(wall), ..self.limits.clone() };
        let command = launch
            .args(arguments)
            .limits(limits)
            .command(&self.binaries.xtask, &self.report_path());
        let mut words = self.through.clone();
        words.push(command.get_program().into());
        words.extend(command.get_args().map(OsString::from));
        words
    }

    fn command(&self) -> Command {
        let words = self.words();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).env("LAUNCHER_TEST_MARK", &self.mark);
        command.current_dir("/");
        self.user.take(&mut command);
        command
    }

    /// Runs to the end. Nothing may be left of it.
    #[track_caller]
    pub fn run(self) -> Done {
        let output = assert_cmd::Command::from_std(self.command())
            .timeout(TIMEOUT)
            .write_stdin(self.stdin.clone())
            .output()
            .expect("start the launcher");
        self.done(output.status, output.stdout, output.stderr)
    }

    /// Starts it with its three streams piped.
    pub fn start(self) -> Running {
        let mut child = self
            .command()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("start the launcher");
        let stdin = child.stdin.take();
        let stdout = Reader::new(child.stdout.take().expect("a pipe").into());
        let stderr = Reader::new(child.stderr.take().expect("a pipe").into());
        Running { case: self, child, stdin, stdout, stderr }
    }

    #[track_caller]
    fn done(&self, status: ExitStatus, stdout: Vec<u8>, stderr: Vec<u8>) -> Done {
        let done = Done {
            code: status.code(),
            found: Report::read(&self.report_path()).ok(),
            stdout,
            stderr,
        };
        let left = processes(&self.mark);
        assert!(left.is_empty(), "{:?} left {left:?} after {status:?}: {done:?}", self.words());
        assert!(done.found.as_ref().is_none_or(|report| report.left_behind == 0), "{done:?}");
        done
    }
}

impl fmt::Debug for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = |bytes: &[u8]| {
            let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(500)]).into_owned();
            format!("{} bytes, {shown:?}", bytes.len())
        };
        writeln!(f, "exit code {:?}, {:?}", self.code, self.found)?;
        write!(f, "stdout: {}\nstderr: {}", start(&self.stdout), start(&self.stderr))
    }
}

impl Done {
    #[track_caller]
    pub fn report(&self) -> &Report {
        self.found.as_ref().unwrap_or_else(|| panic!("no report: {self:?}"))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// What the launcher, or the program, said on standard error.
    #[track_caller]
    pub fn says(&self, words: &str) {
        let said = String::from_utf8_lossy(&self.stderr);
        assert!(said.contains(words), "not {words:?} but {said:?}: {self:?}");
    }

    /// Its exit code was this and it was the program's own.
    #[track_caller]
    pub fn exited(&self, code: u8) -> &Done {
        assert_eq!(self.report().ended, launcher::Ended::Exited { code }, "{self:?}");
        assert_eq!(self.code, Some(i32::from(code)), "{self:?}");
        self
    }

    #[track_caller]
    pub fn signaled(&self, signal: Signal) -> &Done {
        let (name, number) = (signal.as_str().to_owned(), signal as i32);
        let ended = launcher::Ended::Signaled { signal: name, number };
        assert_eq!(self.report().ended, ended, "{self:?}");
        assert_eq!(self.code, Some(128 + number), "{self:?}");
        self
    }

    #[track_caller]
    pub fn limited(&self, limit: launcher::Limit) -> &Done {
        assert_eq!(self.report().ended, launcher::Ended::Limit { limit }, "{self:?}");
        let code = if limit == launcher::Limit::Wall { 124 } else { 137 };
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.report().unreaped, None, "the launcher ended it");
        self
    }

    /// A deadlock was proved, and ended it at once. Gives the doctor's words.
    #[track_caller]
    pub fn deadlocked(&self) -> &Diagnosis {
        assert_eq!(self.report().ended, launcher::Ended::Deadlock, "{self:?}");
        assert_eq!(self.code, Some(123), "{self:?}");
        assert_eq!(self.report().unreaped, None, "the launcher ended it");
        let diagnosis = self.report().diagnosis.as_ref().expect("a diagnosis");
        assert!(diagnosis.is_proved() && diagnosis.verdict() == "deadlock", "{self:?}");
        diagnosis
    }

    /// The same where the program may have ended before the launcher saw it.
    #[track_caller]
    pub fn limited_late(&self, limit: launcher::Limit) -> &Done {
        assert_eq!(self.report().ended, launcher::Ended::Limit { limit }, "{self:?}");
        assert_eq!(self.code, Some(137), "{self:?}");
        self
    }

    #[track_caller]
    pub fn interrupted(&self, signal: Signal) -> &Done {
        let (name, number) = (signal.as_str().to_owned(), signal as i32);
        let ended = launcher::Ended::Interrupted { signal: name, number };
        assert_eq!(self.report().ended, ended, "{self:?}");
        assert_eq!(self.code, Some(128 + number), "{self:?}");
        self
    }
}

/// A launcher that runs.
pub struct Running {
    pub case: Case,
    child: Child,
    /// Held open until a test takes it.
    pub stdin: Option<ChildStdin>,
    pub stdout: Reader,
    pub stderr: Reader,
}

impl Running {
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a process ID")
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid()), signal).expect("signal the launcher");
    }

    /// Waits for its end, reading what it still prints. Nothing may be left of it.
    #[track_caller]
    pub fn finish(mut self) -> Done {
        let (stdout, stderr) = (self.stdout.read_to_the_end(), self.stderr.read_to_the_end());
        let status = self.ended();
        self.case.done(status, stdout, stderr)
    }

    /// Waits for its end without reading anything.
    #[track_caller]
    pub fn ended(&mut self) -> ExitStatus {
        let mut status = ExitStatus::from_raw(0);
        until("the launcher ends", || {
            let found = self.child.try_wait().expect("wait for the launcher");
            status = found.unwrap_or(status);
            found.is_some()
        });
        status
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Only where a test has failed is it still there.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
