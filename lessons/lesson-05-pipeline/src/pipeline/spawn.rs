//! Starts one stage: fork, and in the child what stands in `child.rs`.
//!
//! If exec fails, it fails in another process. Its error comes back through a pipe of its own that
//! is close-on-exec: when exec works, the kernel closes the write end, and end-of-file without a
//! byte is the good news.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;

use anyhow::Context;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, pipe2, write};

use super::Stage;
use super::child::{connect, exec, pointers};

// ANCHOR: spawn
/// The child's pid, or why exec has refused its program; the child is reaped then.
pub fn spawn(
    stage: &Stage,
    input: Option<&OwnedFd>,
    output: &OwnedFd,
) -> anyhow::Result<Result<Pid, Errno>> {
    // All that needs memory comes before the fork.
    let arguments = pointers(&stage.arguments);
    let environment = pointers(&stage.environment);

    // Made after `output`, so its ends are not 0 or 1 even where those are free.
    let (report, reporter) = pipe2(OFlag::O_CLOEXEC).context("create the report pipe")?;

    // SAFETY:
    // obligation: between fork and exec a child of a process with several threads may make only
    //   async-signal-safe calls (fork(2), signal-safety(7)).
    // here: the lesson has one thread, and `connect` and `exec` make only such calls.
    // broken by: a thread started before this line, or an allocation in the child.
    match unsafe { fork() }.with_context(|| format!("fork the stage `{stage}`"))? {
        ForkResult::Child => {
            let errno = match connect(input, output) {
                Ok(()) => exec(&stage.paths, &arguments, &environment),
                Err(errno) => errno,
            };
            // Four bytes go through a pipe whole. Without a parent there is nobody to tell.
            let _ = write(&reporter, &(errno as i32).to_ne_bytes());
            // SAFETY:
            // obligation: _exit never returns and runs no destructors (_exit(2)).
            // here: nothing is left to do, the kernel closes the descriptors.
            // broken by: relying on a destructor or on a flushed buffer in the child.
            unsafe { libc::_exit(127) }
        }
        ForkResult::Parent { child } => {
            // The parent only reads here; its own write end would withhold the end-of-file that
            // says that exec has worked.
            drop(reporter);

            let mut bytes = Vec::new();
            File::from(report).read_to_end(&mut bytes).context("read the report")?;
            let Ok(bytes) = <[u8; 4]>::try_from(bytes) else {
                return Ok(Ok(child));
            };
            // This child will never be a stage.
            waitpid(child, None).context("wait for the child that could not exec")?;
            Ok(Err(Errno::from_raw(i32::from_ne_bytes(bytes))))
        }
    }
}
// ANCHOR_END: spawn
