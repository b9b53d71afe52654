//! How a child of the multiplexer starts: pipe, fork, and how its parent learns if exec worked.
//!
//! exec returns only when it fails, and then in the child. So the child has one pipe more, whose
//! write end closes in the moment of a successful exec (FD_CLOEXEC, execve(2)): the parent reads an
//! errno from it, or end-of-file.

use std::error::Error;
use std::ffi::CString;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::{fmt, ptr};

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, pipe2};

use crate::exec::{Ends, exec};
use crate::line_buffer::LineBuffer;
use crate::pipe_multiplexer::{Child, PATIENCE_MS, PipeMultiplexer};

/// The command could not be started. Its child has ended and has been waited for.
#[derive(Debug)]
pub struct NotStarted {
    pub errno: Errno,
    pub status: WaitStatus,
}

impl PipeMultiplexer {
    // ANCHOR: add-child
    /// Starts `command`, a program's path and its arguments, with `input` as standard input.
    pub fn add_child(
        &mut self,
        name: &'static str,
        command: &[&str],
        input: OwnedFd,
    ) -> anyhow::Result<Pid> {
        let (output, childs_output) = pipe2(OFlag::O_CLOEXEC).context("create the output pipe")?;
        let (errors, childs_errors) = pipe2(OFlag::O_CLOEXEC).context("create the errno pipe")?;

        // The child may not allocate, so its argv is made here: each string with a NUL at its end,
        // the array with a null pointer. The article casts slices to that type; they have neither.
        let words: Result<Vec<_>, _> = command.iter().map(|word| CString::new(*word)).collect();
        let words = words.with_context(|| format!("pass {command:?} to a program"))?;
        let program = words.first().context("start an empty command")?;
        let mut argv: Vec<_> = words.iter().map(|word| word.as_ptr()).collect();
        argv.push(ptr::null());

        // SAFETY:
        // obligation: between fork and exec a child of a process with several threads may make
        //   only async-signal-safe calls (fork(2), signal-safety(7)).
        // here: the lesson has one thread, and the child does nothing but call `exec`.
        // broken by: a thread started before this line, or an argv made in the child.
        let pid = match unsafe { fork() }.context("fork a child")? {
            ForkResult::Child => {
                let ends = Ends { input: &input, output: &childs_output, errors: &childs_errors };
                exec(program, &argv, &ends)
            }
            ForkResult::Parent { child } => child,
        };

        // From here on somebody will wait for it, whatever fails. What the parent has of the
        // child's input and output closes with the end of this function, before anybody reads:
        // a write end of our own would withhold end-of-file.
        let lines = LineBuffer::default();
        self.children.push(Child { name, pid, output: Some(output), lines });

        // Here the reading starts at once, and end-of-file is what says that exec has succeeded.
        drop(childs_errors);

        let mut asked = [PollFd::new(errors.as_fd(), PollFlags::POLLIN)];
        let ready = poll(&mut asked, PATIENCE_MS).context("wait for exec")?;
        anyhow::ensure!(ready == 1, "exec has neither failed nor succeeded in {PATIENCE_MS} ms");

        let mut told = Vec::new();
        File::from(errors).read_to_end(&mut told).context("read exec's errno")?;
        if told.is_empty() {
            return Ok(pid);
        }
        let told = told.try_into().ok().context("understand exec's errno")?;
        let errno = Errno::from_raw(i32::from_ne_bytes(told));

        // The child is about to end, and there is nothing to read from it: no zombie stays.
        let status = waitpid(pid, None).context("wait for the child that could not exec")?;
        self.children.pop();
        Err(NotStarted { errno, status }).with_context(|| format!("start {command:?}"))
    }
    // ANCHOR_END: add-child
}

impl fmt::Display for NotStarted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("exec failed in the child")
    }
}

impl Error for NotStarted {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.errno)
    }
}
