//! How far the student is.

use std::fmt;

/// Where a lesson or an exercise stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// A lesson that ran to its end with status 0; an exercise whose tests passed.
    Done,
    /// Tried, and not done.
    Open,
    NeverTried,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            State::Done => "done",
            State::Open => "open",
            State::NeverTried => "never tried",
        })
    }
}
