//! The kernel's answers in words, the same in every part. What would change the transcript from
//! run to run has no word.

use nix::poll::PollFlags;
use nix::sys::wait::WaitStatus;

/// Poll's answers by their names in poll(2), without the `POLL`.
const NAMES: [(PollFlags, &str); 5] = [
    (PollFlags::POLLIN, "IN"),
    (PollFlags::POLLOUT, "OUT"),
    (PollFlags::POLLERR, "ERR"),
    (PollFlags::POLLHUP, "HUP"),
    (PollFlags::POLLNVAL, "NVAL"),
];

/// What poll has said about one descriptor.
pub fn answer(flags: PollFlags) -> String {
    let names = NAMES.iter().filter(|(flag, _)| flags.contains(*flag));
    let names: Vec<&str> = names.map(|(_, name)| *name).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(" ") }
}

/// What waitpid has said about one child. The pid has no place in it.
pub fn ending(status: WaitStatus) -> String {
    match status {
        WaitStatus::Exited(_, code) => format!("exited with {code}"),
        WaitStatus::Signaled(_, signal, _) => format!("killed by {signal}"),
        other => format!("neither exited nor killed: {other:?}"),
    }
}
