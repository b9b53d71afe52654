//! A sandbox around what a student has written, made by bubblewrap.
//!
//! Whatever judges a program stands outside and only sees what any caller of a program sees. Three
//! things are nested:
//!
//! 1. The *box* ([`Place::run`]): a mount namespace for our own tests, in which all that can be
//!    written is one tmpfs of a fixed size, and in which the course does not exist. A test's
//!    folder is in that tmpfs.
//! 2. The *wall* ([`wall`]), once for each start of the program under test: it has the launcher's
//!    interface, so the tests start programs as they always do. Behind it are namespaces of all
//!    kinds, no network, `/usr` to read, the test's folder and a tmpfs of its own to write.
//! 3. The *launcher*, behind the wall as the first process of the PID namespace, where the program
//!    can neither trace nor end it. It enforces the limits and reports through a descriptor that
//!    the program does not have.
//!
//! What bubblewrap does not do itself: a list of refused system calls ([`deny`]), the limits of
//! setrlimit(2) (the launcher), and another user where the caller is root ([`user`]).

#![expect(
    unsafe_code,
    reason = "mounts and namespaces have no safe form in nix as it is built here"
)]

mod bubblewrap;
mod cgroup;
pub mod config;
pub mod deny;
mod folder;
mod level;
mod place;
pub mod user;
pub mod wall;

pub use bubblewrap::Bubblewrap;
pub use config::{Config, Defence};
pub use folder::Folder;
pub use level::{Level, reach};
pub use place::{Contents, Place, Purpose, REPORT};

/// The first argument of `sandboxed` behind the wall.
pub const INSIDE: &str = "__inside";

/// Where the box has what is ours.
pub const OURS: &str = "/pipeworks";
/// What a box and its walls have besides, where the box has it: for a compiler.
pub const COMPILE: [&str; 3] = ["/toolchain", "/libraries", "/source"];

/// Where the box has its tmpfs.
pub const WORK: &str = "/work";
