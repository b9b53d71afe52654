//! Several children, one pipe each, and one reader that never waits for a single one of them.
//!
//! Put together from what the parts show one by one, in three steps: `add_child` starts a child,
//! `read_all` reads from all of them, `reap` says how they have ended. The first two have files of
//! their own.

use std::os::fd::OwnedFd;

use anyhow::Context;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::line_buffer::LineBuffer;

/// No child of this lesson needs that long: one that does waits for something that never comes
/// (any will do).
pub const PATIENCE_MS: u16 = 5_000;

/// What `read_all` tells about a child.
pub enum Event<'a> {
    /// What one read has returned: part of a line, a line, or several.
    Chunk(&'a [u8]),
    /// A line, without its newline.
    Line(&'a [u8]),
    /// No more will come. The child itself may live on.
    Eof,
}

pub type Listener<'a> = dyn FnMut(&str, Event<'_>) -> anyhow::Result<()> + 'a;

// ANCHOR: pipe-multiplexer
pub struct Child {
    pub name: &'static str,
    pub pid: Pid,
    /// The read end of its pipe, until end-of-file.
    pub output: Option<OwnedFd>,
    pub lines: LineBuffer,
}

#[derive(Default)]
pub struct PipeMultiplexer {
    /// Those that nobody has waited for yet.
    pub children: Vec<Child>,
}
// ANCHOR_END: pipe-multiplexer

impl PipeMultiplexer {
    // ANCHOR: reap
    /// Waits for the children in the order in which they were added; says how each has ended.
    pub fn reap(&mut self) -> anyhow::Result<Vec<(&'static str, WaitStatus)>> {
        let mut endings = Vec::new();
        while let Some(child) = self.children.first() {
            // Waits for this child alone, and so it stands after the loop: in the middle of it, as
            // in the article, one child that goes on without output keeps all others unread.
            let status = waitpid(child.pid, None).context("wait for a child")?;
            endings.push((child.name, status));

            // Its pid may belong to another process from now on (waitpid(2)).
            self.children.remove(0);
        }
        Ok(endings)
    }
    // ANCHOR_END: reap
}

// ANCHOR: drop
impl Drop for PipeMultiplexer {
    /// After an error somewhere no child may be left behind, not even as a zombie.
    fn drop(&mut self) {
        for child in &self.children {
            // Its pid is still its own, since nobody has waited for it.
            let _ = kill(child.pid, Signal::SIGKILL);
            let _ = waitpid(child.pid, None);
        }
    }
}
// ANCHOR_END: drop
