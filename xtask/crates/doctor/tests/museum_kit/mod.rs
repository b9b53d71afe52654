//! What the museum's tests stand on: the programs and what is expected of them, how they are built
//! and started, and what they wait for.

pub mod build;
pub mod doctor;
pub mod exhibit;
pub mod look;
pub mod looks;
pub mod machine;
pub mod start;
