//! A command that cannot be started is an error of `add_child`, with exec's own errno; its child is
//! reaped before that error is returned.
//!
//! A status alone could not say it: a command may well run and end with 127 itself. So the errno
//! comes through a close-on-exec pipe, and end-of-file on it means that exec has succeeded.

use std::fs::File;
use std::io::Write;

use anyhow::Context;
use nix::errno::Errno;
use nix::sys::wait::waitpid;
use transcript::Transcript;

use crate::add_child::NotStarted;
use crate::pipe_multiplexer::PipeMultiplexer;
use crate::words;

const SHELL: &str = "/bin/sh";

/// What is tried, and what must come of it. A directory is no program, for root neither.
const COMMANDS: [(&[&str], Option<Errno>, &str); 3] = [
    (&["/no/such/program"], Some(Errno::ENOENT), "exited with 127"),
    (&["/"], Some(Errno::EACCES), "exited with 126"),
    (&[SHELL, "-c", "exit 127"], None, "exited with 127"),
];

// ANCHOR: exec-error
pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    // The same for all: it knows nothing of a child that could not exec.
    let mut children = PipeMultiplexer::default();

    for (command, expected_errno, expected_ending) in COMMANDS {
        let nothing = File::open("/dev/null").context("open /dev/null")?;

        let (errno, status) = match children.add_child("child", command, nothing.into()) {
            Ok(_) => {
                // exec has succeeded, so this is a child like any other.
                children.read_all(&mut |_, _| Ok(()))?;
                let endings = children.reap()?;
                let (_, status) = endings.first().context("find the child's status")?;
                (None, *status)
            }
            Err(error) => {
                let not_started = error.downcast::<NotStarted>()?;
                (Some(not_started.errno), not_started.status)
            }
        };

        // Nobody can wait for it once more, so it is not a zombie either.
        let pid = status.pid().context("find the child's pid")?;
        let again = waitpid(pid, None);
        anyhow::ensure!(again == Err(Errno::ECHILD), "waiting once more answers {again:?}");

        let ending = words::ending(status);
        let as_expected = errno == expected_errno && ending == expected_ending;
        let exec = errno.map_or("exec succeeds".to_owned(), |errno| format!("{errno:?} from exec"));
        let command = command.join(" ");
        anyhow::ensure!(as_expected, "{command}: {exec}, the child {ending}");
        writeln!(out, "{command:<22}{exec:<19}child {ending}")?;
    }
    writeln!(out, "waitpid once more: ECHILD, so none of them is left")?;
    Ok(())
}
// ANCHOR_END: exec-error
