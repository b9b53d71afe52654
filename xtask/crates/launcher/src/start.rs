//! What to start, and the moment between fork and exec.

use std::ffi::OsString;
use std::os::fd::{OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::SystemTime;
use std::{fs, io};

use anyhow::Context;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::Pid;

use crate::limits::Limits;
use crate::signals::Signals;

/// How the program is connected to whoever asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Pipes for 0, 1 and 2, a session and a process group of its own.
    Captured,
    /// The caller's 0, 1, 2, terminal and process group.
    Attached,
}

/// A program to start.
#[derive(Clone, Debug)]
pub struct Spec {
    pub mode: Mode,
    pub limits: Limits,
    /// The program's name or path, and its arguments.
    pub argv: Vec<OsString>,
    /// Whoever feeds standard input is itself waiting for a reply whenever it does not write, so
    /// that [`Limits::quiet`] holds also while standard input is open. The limit must be longer
    /// than it may take to write the next word.
    pub caller_waits: bool,
    /// Where to write the report when the program has ended; `None` to write none.
    pub report: Option<PathBuf>,
    /// Within a sandbox, as the first process of its PID namespace: the descriptor that the report
    /// is written to. The program, which has the same user, can then neither trace nor end the
    /// launcher.
    pub inside: Option<RawFd>,
    /// There, in a test of the sandbox: let the launcher be traced all the same.
    pub traceable: bool,
    /// The clock of file systems when the caller had made whatever it makes for the program;
    /// `None` where nobody read it.
    pub asked: Option<SystemTime>,
}

/// The launcher's ends of a captured program's pipes.
pub struct Pipes {
    pub stdin: OwnedFd,
    pub stdout: OwnedFd,
    pub stderr: OwnedFd,
}

/// Starts the program. The launcher's own ends of the pipes come back where it is captured.
///
/// std's `Command` does the fork and exec: it gives the child the default SIGPIPE and brings an
/// error of `exec` back through a close-on-exec channel. The signal mask survives exec and std
/// leaves it alone, so an attached program gets the one that the launcher was called with.
pub fn start(spec: &Spec, signals: &Signals) -> anyhow::Result<(Pid, Option<Pipes>)> {
    let (program, arguments) = spec.argv.split_first().context("no program was named")?;
    let mut command = Command::new(program);
    command.args(arguments);
    let captured = spec.mode == Mode::Captured;
    if captured {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    }
    prepare(&mut command, captured, signals, &spec.limits);

    let mut child =
        command.spawn().with_context(|| format!("start {}", program.to_string_lossy()))?;
    let pid = Pid::from_raw(i32::try_from(child.id()).context("a process ID beyond i32")?);
    let pipes = match (child.stdin.take(), child.stdout.take(), child.stderr.take()) {
        (Some(stdin), Some(stdout), Some(stderr)) => {
            Some(Pipes { stdin: stdin.into(), stdout: stdout.into(), stderr: stderr.into() })
        }
        _ => None,
    };
    Ok((pid, pipes))
}

/// Adds what the child does to itself between fork and exec.
fn prepare(command: &mut Command, captured: bool, signals: &Signals, limits: &Limits) {
    let child = Child {
        captured,
        launcher: nix::unistd::getpid(),
        mask: if captured { SigSet::empty() } else { signals.before() },
        ignored_children: signals.ignored_children(),
        kernel_limits: [
            (Resource::RLIMIT_NOFILE, limits.open_files),
            (Resource::RLIMIT_NPROC, limits.user_processes),
            (Resource::RLIMIT_AS, limits.address_bytes),
            (Resource::RLIMIT_FSIZE, limits.file_bytes),
            // Behind the launcher's own limit, which sums over the tree, the kernel's, which needs
            // no look.
            (Resource::RLIMIT_CPU, limits.cpu.map(|cpu| cpu.as_secs() + 2)),
        ],
    };
    // SAFETY:
    // obligation: the closure runs in the forked child, so it may make only async-signal-safe calls
    //   (CommandExt::pre_exec, signal-safety(7)).
    // here: it calls prctl, getppid, setsid, signal, setrlimit and sigprocmask, and builds errors
    //   from a number.
    // broken by: an allocation, a lock or a print in `Child::prepare`.
    unsafe { command.pre_exec(move || child.prepare()) };
}

/// What the child needs to know between fork and exec.
struct Child {
    captured: bool,
    launcher: Pid,
    mask: SigSet,
    ignored_children: bool,
    kernel_limits: [(Resource, Option<u64>); 5],
}

impl Child {
    fn prepare(&self) -> io::Result<()> {
        // If somebody kills the launcher with SIGKILL, at least the program itself goes with it.
        nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
        if nix::unistd::getppid() != self.launcher {
            return Err(io::Error::from_raw_os_error(libc::ESRCH));
        }
        if self.captured {
            // A session of its own has no terminal: neither /dev/tty nor Ctrl-C can reach into it.
            nix::unistd::setsid()?;
            default_signals();
            limit(Resource::RLIMIT_CORE, 0)?;
        } else if self.ignored_children {
            ignore_children();
        }
        for (resource, most) in self.kernel_limits {
            if let Some(most) = most {
                limit(resource, most)?;
            }
        }
        // Last: what has come meanwhile takes effect now, as it would have on the program.
        self.mask.thread_set_mask()?;
        Ok(())
    }
}

/// An ignored signal survives exec (signal(7)). A captured program starts with none ignored,
/// whatever the harness above ignores.
fn default_signals() {
    for number in 1..=libc::SIGRTMAX() {
        // SAFETY:
        // obligation: SIG_DFL must be a valid action for the signal; signal is async-signal-safe.
        // here: it is valid for all of them; for SIGKILL, SIGSTOP and the two that the C library
        //   keeps to itself the call fails and does nothing.
        // broken by: installing a handler's address instead of SIG_DFL.
        unsafe { libc::signal(number, libc::SIG_DFL) };
    }
}

/// The launcher took the default action for itself; the caller's choice goes to the program.
fn ignore_children() {
    // SAFETY:
    // obligation: SIG_IGN must be a valid action for the signal; signal is async-signal-safe.
    // here: it is valid for SIGCHLD.
    // broken by: installing a handler's address instead of SIG_IGN.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
}

/// Lowers the soft and the hard limit to `value`, or to the hard limit where that is lower.
fn limit(resource: Resource, value: u64) -> io::Result<()> {
    let (_, hard) = getrlimit(resource)?;
    let value = value.min(hard);
    setrlimit(resource, value, value)?;
    Ok(())
}

/// Marks every descriptor above 2 close-on-exec, so that the program inherits 0, 1 and 2 and no
/// other, whatever the launcher's caller left open.
pub fn close_the_rest_on_exec() -> anyhow::Result<()> {
    let flags = libc::c_int::try_from(libc::CLOSE_RANGE_CLOEXEC).unwrap_or(4);
    // SAFETY:
    // obligation: close_range only changes flags when given CLOSE_RANGE_CLOEXEC (close_range(2)).
    // here: that flag is given, so no descriptor that Rust owns is closed behind its back.
    // broken by: leaving the flag out.
    if unsafe { libc::close_range(3, libc::c_uint::MAX, flags) } == 0 {
        return Ok(());
    }
    // Before Linux 5.11 there is no such flag: mark them one by one.
    let context = "list /proc/self/fd (is /proc mounted?)";
    for entry in fs::read_dir("/proc/self/fd").context(context)? {
        let name = entry.context(context)?.file_name();
        let Some(number) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
        if number > 2 {
            // SAFETY:
            // obligation: fcntl with F_SETFD takes an int and changes one descriptor's flags.
            // here: a number that is not open any more (the listing's own) only gives EBADF.
            // broken by: another command that takes a pointer.
            unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
    }
    Ok(())
}

/// Keeps every process without privileges from tracing this one, and from reading its memory and
/// its descriptors in /proc (`PR_SET_DUMPABLE`, prctl(2)).
pub fn hide() -> anyhow::Result<()> {
    nix::sys::prctl::set_dumpable(false).context("forbid other processes to trace the launcher")
}
