//! How the lesson starts this program in another role, and sees to it that it ends.

use std::io;
use std::ops::{Deref, DerefMut};
use std::process::{Child, Command};

use anyhow::Context;

use super::STARTED_BY;
use crate::private_dir::{Deferred, forget_program, note_program};

/// This program once more. The part adds the rest and starts it.
pub fn this_program_as(role: &str) -> anyhow::Result<Command> {
    let program = std::env::current_exe().context("find this program through /proc/self/exe")?;
    let mut command = Command::new(program);
    command.arg(STARTED_BY).arg(std::process::id().to_string()).arg(role);
    Ok(command)
}

/// A started program that does not outlive its part when that ends with an error.
///
/// An error drops it here, a signal ends it in the handler.
pub struct Companion(Child);

impl Companion {
    /// `start` runs while signals wait: one that came between the start and the note of the pid
    /// would leave the program behind.
    pub fn new(start: impl FnOnce() -> io::Result<Child>) -> anyhow::Result<Self> {
        let _deferred = Deferred::new()?;
        let child = start()?;
        note_program(child.id().cast_signed());
        Ok(Self(child))
    }
}

impl Deref for Companion {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.0
    }
}

impl DerefMut for Companion {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.0
    }
}

impl Drop for Companion {
    fn drop(&mut self) {
        // A program that waits for the end of its input ends by itself, and has to remove its FIFO.
        // For one that was reaped, kill does nothing and wait returns at once.
        if self.0.stdin.take().is_none() {
            let _ = self.0.kill();
        }
        let _ = self.0.wait();
        forget_program(self.0.id().cast_signed());
    }
}
