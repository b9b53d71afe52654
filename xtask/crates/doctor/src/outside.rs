//! What connects a tree with the world outside it, which may end any wait.

use std::time::SystemTime;

use crate::calls::Direction;
use crate::descriptors::{Descriptor, Kind, Object};

/// What connects the tree with the world, as far as whoever started it knows.
#[derive(Clone, Debug, Default)]
pub struct Outside {
    /// When the tree was started, as file systems tell the time: what they say was made earlier,
    /// others have made. `None`: nothing is known to be the tree's own.
    pub since: Option<SystemTime>,
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
    /// Whether what happens on this descriptor may be up to somebody outside the tree.
    pub fn holds(&self, descriptor: &Descriptor) -> bool {
        if self.is_stdin(descriptor) {
            return !self.caller_waits;
        }
        match descriptor.kind {
            Kind::Outside => true,
            Kind::Pipe => self.outputs.contains(&descriptor.object),
            _ => false,
        }
    }

    pub fn is_stdin(&self, descriptor: &Descriptor) -> bool {
        self.stdin == Some(descriptor.object) && descriptor.goes(Direction::Read)
    }
}
