//! How much of the sandbox this machine can make.

use std::collections::BTreeSet;

/// The level that is reached, for every report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Level {
    /// All defences stand.
    Full,
    /// These are missing.
    Degraded(BTreeSet<String>),
    /// There is no sandbox, because whoever grades asked for none.
    None,
}
