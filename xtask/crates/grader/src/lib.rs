//! Grades submissions. See `main.rs` for how it is called.

#![expect(unsafe_code, reason = "mounts have no safe form in nix as it is built here")]

pub mod compile;
pub mod import;
pub mod judge;
pub mod mounts;
pub mod toolchain;
