//! Grades submissions. See `main.rs` for how it is called.

#![expect(unsafe_code, reason = "mounts have no safe form in nix as it is built here")]

pub mod class;
pub mod compile;
pub mod diff;
pub mod dry_run;
pub mod exercise;
pub mod ground;
pub mod import;
pub mod judge;
pub mod keys;
pub mod limits;
pub mod measure;
pub mod merge;
pub mod model;
pub mod mounts;
pub mod points;
pub mod prepare;
pub mod record;
pub mod reports;
pub mod results;
pub mod run;
pub mod self_test;
pub mod shard;
pub mod stop;
pub mod store;
pub mod toolchain;
pub mod words;
