//! The doctor: why a tree of processes stands still.

#![expect(unsafe_code, reason = "pidfds have no safe form")]

pub mod calls;
pub mod cure;
mod descriptors;
mod fifo;
mod fill;
pub mod fixpoint;
mod futex;
mod holders;
mod look;
mod memory;
mod outside;
pub mod pidfd;
pub mod proof;
mod ready;
pub mod scene;
mod snapshot;
#[cfg(test)]
mod stage;
mod stuck;
mod tasks;
pub mod tree;
mod waits;

pub use calls::Direction;
pub use descriptors::Object;
pub use look::{Whose, look};
pub use outside::Outside;
pub use snapshot::Snapshot;
pub use stuck::{Holder, Stuck};
pub use tasks::{Task, is_in, tasks};
