//! The doctor: why a tree of processes stands still.
//!
//! Other tools say "timed out". The doctor says which thread waits in which call on which pipe, who
//! still holds the other end and as which descriptor, whether anybody can ever go on, and what
//! should have been closed, or read first.
//!
//! # From /proc to an answer
//!
//! 1. [`look()`] takes a [`scene::Scene`] from /proc: who waits for what, and who holds which end.
//!    It opens nothing that a program could notice.
//! 2. [`fixpoint`] asks of a scene who can ever go on.
//! 3. [`proof`] makes sure that the scene was true at one moment, by looking twice.
//! 4. [`cure`] asks the same question of scenes in which ends are closed that may have been
//!    forgotten.
//! 5. [`Diagnosis`] is all of that in words, as a picture, and as JSON.
//!
//! Only the first and the third ask the kernel. The others work on data, and their tests on scenes
//! made by hand.
//!
//! # Four answers
//!
//! `finished`; `deadlock`, which is said only where it is proved; `deadline`, where the tree had
//! not ended when the doctor stopped looking; `unknown`, the same where not all of it could be
//! inspected. Where a proof fails only because something unseen might happen (a timer whose handler
//! is there, a FIFO that others could open), the explanation is the same as after a proof, and says
//! so.
//!
//! It is light: the first build of `cargo xtask run` compiles it.

#![expect(unsafe_code, reason = "pidfds, kcmp and some ioctls have no safe form")]

mod background;
mod beyond;
pub mod calls;
mod children;
pub mod cure;
#[cfg(test)]
mod cure_tests;
mod descriptors;
mod diagnosis;
mod ending;
mod eventfd;
mod fifo;
mod fill;
mod fix;
pub mod fixpoint;
mod futex;
mod holders;
mod in_flight;
mod kind;
mod look;
mod memory;
mod outside;
mod pattern;
#[cfg(test)]
mod pattern_tests;
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
mod tables;
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
pub use picture::only_ascii;
pub use snapshot::Snapshot;
pub use stuck::{Holder, Stuck};
pub use tasks::{Task, is_in, tasks};
