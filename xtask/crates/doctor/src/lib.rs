//! The doctor: why a tree of processes stands still.

#![expect(unsafe_code, reason = "pidfds have no safe form")]

pub mod calls;
pub mod cure;
mod descriptors;
mod diagnosis;
mod fifo;
mod fill;
mod fix;
pub mod fixpoint;
mod futex;
mod holders;
mod kind;
#[cfg(test)]
mod kind_tests;
mod look;
mod memory;
mod outside;
mod picture;
pub mod pidfd;
pub mod proof;
mod ready;
mod report;
pub mod scene;
mod snapshot;
#[cfg(test)]
mod stage;
mod stuck;
mod tasks;
pub mod tree;
mod waits;
mod words;

pub use calls::Direction;
pub use descriptors::Object;
pub use diagnosis::{Diagnosis, Occasion, Verdict};
pub use kind::Kind;
pub use look::{Whose, look};
pub use outside::Outside;
pub use snapshot::Snapshot;
pub use stuck::{Holder, Stuck};
pub use tasks::{Task, is_in, tasks};
