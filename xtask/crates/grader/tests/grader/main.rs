//! The grader: what it takes, what it finds out, what it writes, and what it keeps whatever
//! happens.
//!
//! Most of it is tried on a small course whose exercises look for words in what a program prints,
//! so that nothing takes long; what the real course's programs come to is in [`real`]. What runs a
//! student's program needs bubblewrap.

mod archives;
mod broken;
mod differences;
mod disk;
mod folders;
mod grades;
mod kit;
mod real;
mod reports;
mod shards;
mod small;
mod stops;
mod terminal;
mod unprotected;
mod usage;
