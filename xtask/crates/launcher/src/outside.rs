//! What connects a program with the world outside its tree: the launcher itself, and its caller.

use std::io;
use std::os::fd::AsFd;

use doctor::{Object, Outside};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::relay::Relay;
use crate::start::{Mode, Spec};

/// As it is at this moment; `relays` are the captured program's standard output, standard error
/// and standard input.
pub fn of(spec: &Spec, relays: &[Relay]) -> Outside {
    let caller_waits = spec.caller_waits;
    if spec.mode == Mode::Captured {
        let stdin = relays.iter().filter(|relay| relay.feeds_program());
        Outside {
            stdin: stdin.filter_map(Relay::program_pipe).next(),
            caller_waits,
            outputs: Vec::new(),
            relays: relays.iter().filter_map(Relay::program_pipe).collect(),
        }
    } else {
        let outputs = [Object::of(io::stdout()), Object::of(io::stderr())];
        Outside {
            stdin: Object::of(io::stdin()).filter(|_| nothing_to_read(io::stdin())),
            caller_waits,
            outputs: outputs.into_iter().flatten().collect(),
            relays: Vec::new(),
        }
    }
}

/// Whether a read would have to wait: not of a file, at end-of-file, or where something has come.
fn nothing_to_read(fd: impl AsFd) -> bool {
    let mut polled = [PollFd::new(fd.as_fd(), PollFlags::POLLIN)];
    // A timeout of 0 cannot block; an error leaves it open.
    poll(&mut polled, PollTimeout::ZERO) != Ok(1)
}
