//! The launcher's tests: real programs that misbehave, started through the real launcher.
//!
//! Each case runs twice, as root and as an ordinary user (`each_user!`); where the tests are not
//! run as root, the first half is skipped in so many words. Every test ends by its own deadline:
//! the launcher's wall limit, then assert_cmd's timeout, then the programs' own alarm. After every
//! run [`case::Done`] asserts that none of its processes is left, not even a zombie.
//!
//! Nothing here forks: the harness has threads. Nothing sleeps to put things in order: the programs
//! say "ready", and what they cannot say is read from /proc.

#[macro_use]
mod machine;

mod asleep;
mod bytes;
mod case;
mod endings;
mod environment;
mod limits;
mod measures;
mod quiet;
mod reader;
mod shell;
mod signals;
mod stuck;
mod terminal;
mod trees;
