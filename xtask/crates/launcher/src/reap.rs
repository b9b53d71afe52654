//! Children that have ended, and what `wait4` tells of them.

use std::time::Duration;

use anyhow::Context;
use nix::errno::Errno;
use nix::unistd::Pid;

use crate::report::Ended;
use crate::signals;

/// What `wait4` has told so far.
#[derive(Default)]
pub struct Reaped {
    /// The program's own end.
    pub program: Option<Ended>,
    /// Processes other than the program that came to the launcher to be reaped.
    pub others: usize,
    /// User and system time of whatever was reaped, with that of what it had reaped itself.
    pub cpu: Duration,
    pub peak_memory_kib: u64,
    /// No child is left.
    pub all: bool,
}

impl Reaped {
    /// Takes every child that has ended. With `stops`, tells whether job control has stopped the
    /// program since the last call.
    pub fn take(&mut self, program: Pid, stops: bool) -> anyhow::Result<bool> {
        let mut stopped = false;
        let flags = libc::WNOHANG | if stops { libc::WUNTRACED } else { 0 };
        loop {
            let mut status = 0;
            let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
            // SAFETY:
            // obligation: the pointers are valid for an int and an rusage (wait4(2)).
            // here: both point to locals that live until the call returns.
            // broken by: passing a pointer to something smaller.
            let pid = unsafe { libc::wait4(-1, &raw mut status, flags, usage.as_mut_ptr()) };
            match pid {
                0 => return Ok(stopped),
                -1 if Errno::last() == Errno::ECHILD => {
                    self.all = true;
                    return Ok(stopped);
                }
                -1 => return Err(Errno::last()).context("reap the program's processes"),
                _ => {}
            }
            let is_program = Pid::from_raw(pid) == program;
            if libc::WIFSTOPPED(status) {
                stopped |= is_program && is_job_control(libc::WSTOPSIG(status));
                continue;
            }
            // SAFETY:
            // obligation: the value is initialised.
            // here: it began as zeroes, which are a valid rusage, and wait4 has filled it in.
            // broken by: `uninit` instead of `zeroed`.
            let usage = unsafe { usage.assume_init() };
            self.note(is_program, status, &usage);
        }
    }

    fn note(&mut self, is_program: bool, status: i32, usage: &libc::rusage) {
        let time = |time: libc::timeval| {
            Duration::from_secs(time.tv_sec.unsigned_abs())
                + Duration::from_micros(time.tv_usec.unsigned_abs())
        };
        // wait4's usage holds the process and the children it waited for itself, so the sum over
        // what the launcher reaps is the whole tree.
        self.cpu += time(usage.ru_utime) + time(usage.ru_stime);
        self.peak_memory_kib = self.peak_memory_kib.max(usage.ru_maxrss.unsigned_abs());
        if !is_program {
            self.others += 1;
        } else if libc::WIFSIGNALED(status) {
            let number = libc::WTERMSIG(status);
            self.program = Some(Ended::Signaled { signal: signals::name(number), number });
        } else {
            // wait's status has eight bits for the code, so this cannot truncate.
            let code = u8::try_from(libc::WEXITSTATUS(status)).unwrap_or(u8::MAX);
            self.program = Some(Ended::Exited { code });
        }
    }
}

/// SIGSTOP is not among them: a debugger's, or a lesson's, stop is no business of the shell's, and
/// a deadline has to hold for it.
fn is_job_control(signal: i32) -> bool {
    [libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU].contains(&signal)
}
