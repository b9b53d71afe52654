//! What connects a tree with the world outside it, which may end any wait.

use std::io;
use std::os::fd::AsFd;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::calls::Direction;
use crate::descriptors::{Descriptor, Kind, Object};
use crate::relay::Relay;
use crate::start::{Mode, Spec};

/// What connects the tree with the world.
#[derive(Debug)]
pub struct Outside {
    /// The program's standard input, while somebody may still write to it.
    pub stdin: Option<Object>,
    /// Who may write to it waits for the program, and says so.
    pub caller_waits: bool,
    /// Where an attached program's output goes: somebody may read there.
    pub outputs: Vec<Object>,
    /// A captured program's pipes, while the launcher holds their other ends.
    pub relays: Vec<Object>,
}

impl Outside {
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

    /// Whether what happens on this descriptor may be up to somebody outside the tree.
    pub fn holds(&self, descriptor: &Descriptor) -> bool {
        if self.is_stdin(descriptor) {
            return !self.caller_waits;
        }
        match descriptor.kind {
            Kind::Outside => true,
            Kind::Pipe => self.outputs.contains(&descriptor.object),
            Kind::Inside => false,
        }
    }

    pub fn is_stdin(&self, descriptor: &Descriptor) -> bool {
        self.stdin == Some(descriptor.object) && descriptor.goes(Direction::Read)
    }
}

/// Whether a read would have to wait: not of a file, at end-of-file, or where something has come.
fn nothing_to_read(fd: impl AsFd) -> bool {
    let mut polled = [PollFd::new(fd.as_fd(), PollFlags::POLLIN)];
    // A timeout of 0 cannot block; an error leaves it open.
    poll(&mut polled, PollTimeout::ZERO) != Ok(1)
}
