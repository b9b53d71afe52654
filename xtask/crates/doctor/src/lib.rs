//! The doctor: why a tree of processes stands still.

#![expect(unsafe_code, reason = "pidfds have no safe form")]

pub mod calls;
pub mod cure;
mod descriptors;
pub mod fixpoint;
mod outside;
pub mod pidfd;
pub mod scene;
mod snapshot;
#[cfg(test)]
mod stage;
mod stuck;
mod tasks;
pub mod tree;

pub use calls::Direction;
pub use descriptors::Object;
pub use outside::Outside;
pub use snapshot::Snapshot;
pub use stuck::{Holder, Stuck};
pub use tasks::{Task, is_in, tasks};
